import { rfc3339 } from "../api/time.ts";
import type { EtcdOptions } from "../control-plane/store/etcd/etcd-options.ts";
import type { EtcdStore } from "../control-plane/store/etcd/etcd-store.ts";
import { openEtcdStore } from "../control-plane/store/etcd/open-etcd-store.ts";
import type { Codec, KeyValue, LeaseId, TransactionResult } from "../control-plane/store/store.ts";
import { LeaseNotFoundError, StoreError } from "../control-plane/store/store-errors.ts";
import { wallClock } from "../kernel/wall-clock.ts";
import { processName } from "./machine.ts";

/** Who drives a cluster, or did last. */
export interface Driver {
  readonly apiVersion: "coordination.k8s.io/v1";
  readonly kind: "Lease";
  readonly metadata: { readonly name: string };
  readonly spec: { readonly holderIdentity: string; readonly acquireTime: string };
}

export interface DriverLockOptions extends EtcdOptions {
  readonly onWait?: (driver: string) => void;
  readonly timing?: DriverLockTiming;
}

/** Somebody else drives the cluster. */
export class DriverLockedError extends Error {
  override readonly name = "DriverLockedError";

  constructor({ spec }: Driver) {
    super(`${spec.holderIdentity} drives its nodes since ${spec.acquireTime}`);
  }
}

/** Where the lock is; it goes when its driver dies, with an etcd lease. Caches of objects pass it by. */
const lockKey = "/registry/podrace/driver";
/** Who had it last; this one stays. */
const lastKey = "/registry/podrace/last-driver";

export interface DriverLockTiming {
  /** How long a driver that is gone keeps the lock. */
  readonly ttlSeconds: number;
  readonly renewMs: number;
  /** How often who waits for it looks. */
  readonly pollMs: number;
}

const usualTiming: DriverLockTiming = { ttlSeconds: 6, renewMs: 2_000, pollMs: 250 };
/** A lease that was renewed so often while somebody waited belongs to a driver that lives. */
const renewalsMax = 2;

/**
 * That one process alone drives the nodes and controllers of a cluster that several serve: a key in
 * etcd with a lease that is kept alive. A driver that was cut off for longer takes it again, unless
 * somebody else had it meanwhile.
 */
export class DriverLock {
  readonly #store: EtcdStore<Driver>;
  readonly #timing: DriverLockTiming;
  readonly #self: Driver;
  #lease: LeaseId = 0n;
  #failure: DriverLockedError | undefined;
  #stopRenewing: () => void = () => {};
  #isReleased = false;

  private constructor(store: EtcdStore<Driver>, timing: DriverLockTiming) {
    this.#store = store;
    this.#timing = timing;
    this.#self = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "podrace" },
      spec: { holderIdentity: processName, acquireTime: rfc3339(wallClock.nowUs()) },
    };
  }

  /**
   * Takes the lock, or waits until a driver that died loses it.
   *
   * @param options.onWait Told once whom it waits for.
   * @throws {DriverLockedError} When somebody else has it, and lives.
   * @throws {StoreError} When etcd does not answer.
   */
  static async take(options: DriverLockOptions): Promise<DriverLock> {
    const { onWait = () => {}, timing = usualTiming } = options;
    // A connection of its own: it is not held up by what objects are written.
    const parts = { codec: driverCodec, stamp: (driver: Driver) => driver };
    const lock = new DriverLock(await openEtcdStore<Driver>({ ...options, ...parts }), timing);
    try {
      await lock.#take(onWait);
    } catch (error) {
      await lock.#close();
      throw error;
    }
    lock.#renewLater();
    return lock;
  }

  /** That it is somebody else's now: this process must not drive the cluster any more. */
  get failure(): DriverLockedError | undefined {
    return this.#failure;
  }

  /** Gives it back, if etcd answers. */
  async release(): Promise<void> {
    this.#isReleased = true;
    this.#stopRenewing();
    await Promise.all([this.#revoke(), this.#close()]);
  }

  async #revoke(): Promise<void> {
    try {
      await answerOf<number>((done) => this.#store.revokeLease(this.#lease, done));
    } catch (error) {
      // Then it ends by itself.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  #close(): Promise<void> {
    return new Promise((resolve) => this.#store.close(() => resolve()));
  }

  async #take(onWait: (driver: string) => void): Promise<void> {
    let renewals = 0;
    let lastTtl = Infinity;
    for (;;) {
      const holder = await this.#read(lockKey);
      if (holder === undefined) {
        if (await this.#tryTaking()) return;
        continue;
      }
      if (lastTtl === Infinity) onWait(holder.value.spec.holderIdentity);
      const ttl = await this.#remainingSeconds(holder.lease);
      if (ttl > lastTtl) renewals++;
      if (renewals >= renewalsMax) throw new DriverLockedError(holder.value);
      lastTtl = ttl;
      await pause(this.#timing.pollMs);
    }
  }

  async #tryTaking(isAgain = false): Promise<boolean> {
    const { id } = await answerOf<{ readonly id: LeaseId }>((done) =>
      this.#store.grantLease({ ttlSeconds: this.#timing.ttlSeconds }, done),
    );
    const unlessOthers = { key: lastKey, target: "value", is: "=", than: this.#self } as const;
    const result = await answerOf<TransactionResult<Driver>>((done) =>
      this.#store.transact(
        {
          compares: [{ key: lockKey, modRevision: 0 }, ...(isAgain ? [unlessOthers] : [])],
          then: [
            { type: "put", key: lockKey, value: this.#self, lease: id },
            { type: "put", key: lastKey, value: this.#self },
          ],
        },
        done,
      ),
    );
    if (result.succeeded) this.#lease = id;
    return result.succeeded;
  }

  #renewLater(): void {
    if (this.#isReleased) return;
    this.#stopRenewing = wallClock.wakeAfter(this.#timing.renewMs, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    try {
      await answerOf((done) => this.#store.keepLeaseAlive(this.#lease, done));
    } catch (error) {
      if (error instanceof LeaseNotFoundError) return this.#takeAgain();
      if (!(error instanceof StoreError)) throw error;
      // Nobody is reached: whoever else wants it waits as well.
    }
    this.#renewLater();
  }

  /** It was silent for too long. */
  async #takeAgain(): Promise<void> {
    try {
      if (!this.#isReleased && !(await this.#tryTaking(true))) {
        const holder = (await this.#read(lockKey)) ?? (await this.#read(lastKey));
        const isOwn = holder?.value.spec.holderIdentity === processName;
        if (holder !== undefined && !isOwn) {
          this.#failure = new DriverLockedError(holder.value);
          return;
        }
        // An attempt before was done, though its answer got lost.
        if (holder?.key === lockKey) this.#lease = holder.lease;
      }
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
    this.#renewLater();
  }

  async #read(key: string): Promise<KeyValue<Driver> | undefined> {
    const { items } = await answerOf<{ readonly items: readonly KeyValue<Driver>[] }>((done) =>
      this.#store.range({ key }, done),
    );
    return items[0];
  }

  /** 0 for a lease that is over. */
  async #remainingSeconds(lease: LeaseId): Promise<number> {
    try {
      const status = await answerOf<{ readonly ttlSeconds: number }>((done) =>
        this.#store.leaseStatus(lease, done),
      );
      return status.ttlSeconds;
    } catch (error) {
      if (error instanceof LeaseNotFoundError) return 0;
      throw error;
    }
  }
}

/** How the lock is kept: as JSON, like objects. */
const driverCodec: Codec<Driver> = {
  encode: (driver) => Buffer.from(JSON.stringify(driver)),
  decode: (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as Driver,
};

function answerOf<R>(
  ask: (done: (error: Error | undefined, result: R) => void) => void,
): Promise<R> {
  return new Promise((resolve, reject) =>
    ask((error, result) => (error === undefined ? resolve(result) : reject(error))),
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void wallClock.wakeAfter(ms, resolve));
}
