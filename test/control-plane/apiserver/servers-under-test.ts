import { namespaceLifecycle } from "../../../src/control-plane/apiserver/admission/namespace-lifecycle.ts";
import { serviceAccount } from "../../../src/control-plane/apiserver/admission/service-account.ts";
import { ApiServer } from "../../../src/control-plane/apiserver/api-server.ts";
import { kinds } from "../../../src/control-plane/apiserver/kinds/kinds.ts";
import { storedCodecOf } from "../../../src/control-plane/apiserver/stored/stored-codec.ts";
import {
  stampRevision,
  type StoredObject,
} from "../../../src/control-plane/apiserver/stored/stored-object.ts";
import { MemoryStore } from "../../../src/control-plane/store/memory-store.ts";
import type { Store } from "../../../src/control-plane/store/store.ts";
import { bootstrap } from "../../../src/cluster/bootstrap.ts";
import { checkedOf } from "../../../src/cluster/store-checks.ts";
import { Chance } from "../../../src/kernel/chance.ts";
import { Timeline } from "../../../src/kernel/timeline.ts";
import { Trace } from "../../../src/kernel/trace.ts";
import { ApiDriver } from "./api-driver.ts";
import { startUs } from "./server-under-test.ts";

/** An API server whose watch of the store is late, and can be cut. */
export class LateServer extends ApiDriver {
  readonly #way: { lagMs: number; isCut: boolean };

  constructor(server: ApiServer, way: { lagMs: number; isCut: boolean }) {
    super(server);
    this.#way = way;
  }

  /** From now on what the store says takes so long. */
  set lagMs(lagMs: number) {
    this.#way.lagMs = lagMs;
  }

  /** While it is cut, what the store says is lost. */
  set isCut(isCut: boolean) {
    this.#way.isCut = isCut;
  }
}

/** Several API servers of one store: the first hears of writes at once, the others 100 ms later. */
export class ServersUnderTest {
  readonly timeline = new Timeline(startUs);
  readonly trace = new Trace();
  readonly store: Store<StoredObject>;
  readonly first: LateServer;
  readonly second: LateServer;
  readonly third: LateServer;

  /** @param options.isElsewhere Whether the store is asked by callbacks only, as one over a network is. */
  constructor({ isElsewhere = false } = {}) {
    const store = new MemoryStore<StoredObject>(stampRevision, { codec: storedCodecOf(kinds) });
    if (isElsewhere) Object.defineProperty(store, "direct", { value: undefined });
    this.store = checkedOf(store, storedCodecOf(kinds));
    this.first = this.#server(1, 0);
    bootstrap(this.first.server);
    this.second = this.#server(2, 100);
    this.third = this.#server(3, 100);
    this.first.create("serviceaccounts", {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "default" },
    });
    this.pass(0.1);
  }

  /** Lets `seconds` of virtual time pass, with all that is due in them. */
  pass(seconds: number): void {
    const untilUs = this.timeline.nowUs + seconds * 1_000_000;
    this.timeline.runBefore(untilUs + 1);
    this.timeline.moveTo(untilUs);
  }

  #server(number: number, lagMs: number): LateServer {
    const { timeline } = this;
    const actor = { id: 1 + number, name: `api-${number}` };
    const etcd = { id: 9, name: "etcd" };
    const way = { lagMs, isCut: false };
    let lastUs = 0;
    const fromStore = (handle: () => void): boolean => {
      if (way.isCut) return false;
      lastUs = Math.max(lastUs, timeline.nowUs + way.lagMs * 1_000);
      timeline.deliver(lastUs, etcd, actor, handle);
      return true;
    };
    const server = new ApiServer({
      actor,
      timeline,
      trace: this.trace,
      chance: new Chance(1),
      store: this.store,
      kinds,
      admission: [namespaceLifecycle, serviceAccount],
      fromStore: lagMs === 0 ? undefined : fromStore,
      keepsHouse: number === 1,
    });
    return new LateServer(server, way);
  }
}
