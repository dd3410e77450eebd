import type { KubeObject } from "../../src/api/objects.ts";
import {
  PlainObject,
  stampRevision,
  type StoredObject,
} from "../../src/control-plane/apiserver/stored/stored-object.ts";
import { type EtcdDoor, openEtcdDoor } from "../../src/control-plane/store/etcd/door/etcd-door.ts";
import { MemoryStore } from "../../src/control-plane/store/memory-store.ts";
import type { Store } from "../../src/control-plane/store/store.ts";
import { wallClock } from "../../src/kernel/wall-clock.ts";

/** What is JSON, whatever kind it is of. */
const codec = {
  encode: (stored: StoredObject) => {
    const { metadata, ...rest } = stored.toObject();
    const { resourceVersion: _, ...kept } = metadata;
    return Buffer.from(JSON.stringify({ ...rest, metadata: kept }));
  },
  decode: (bytes: Uint8Array) =>
    new PlainObject(JSON.parse(Buffer.from(bytes).toString()) as KubeObject),
};

/**
 * Something that speaks etcd's protocol and may be shut and opened again, where there is no real etcd. Its
 * time passes twenty times as fast.
 */
export class DoorToMemory {
  readonly store: Store<StoredObject>;
  #door: EtcdDoor;

  constructor(store: Store<StoredObject>, door: EtcdDoor) {
    this.store = store;
    this.#door = door;
  }

  static async open(): Promise<DoorToMemory> {
    const clock = {
      get nowUs() {
        return wallClock.nowUs() * haste;
      },
      after: (delayUs: number, act: () => void) =>
        void wallClock.wakeAfter(delayUs / 1_000 / haste, act),
    };
    const store = new MemoryStore<StoredObject>(stampRevision, { codec, clock });
    return new DoorToMemory(store, await openAt(store, 0));
  }

  get url(): string {
    return this.#door.url;
  }

  /** From now on nobody is answered. */
  shut(): void {
    this.#door.close();
  }

  async openAgain(): Promise<void> {
    this.#door = await openAt(this.store, this.#door.port);
  }

  put(key: string, object: KubeObject, lease = 0n): void {
    const value = new PlainObject(object);
    this.store.transact({ compares: [], then: [{ type: "put", key, value, lease }] }, () => {});
  }

  get(key: string): KubeObject | undefined {
    return this.store.direct?.get(key)?.value.toObject();
  }

  lease(ttlSeconds: number): bigint {
    let lease = 0n;
    this.store.grantLease({ ttlSeconds }, (_error, { id }) => (lease = id));
    return lease;
  }

  /** Ends all leases now. */
  endLeases(): void {
    this.store.leases((_error, leases) => {
      for (const lease of leases) this.store.revokeLease(lease, () => {});
    });
  }
}

const haste = 20;

function openAt(store: Store<StoredObject>, port: number): Promise<EtcdDoor> {
  return openEtcdDoor({ store, codec, port, submit: (handle) => handle() });
}
