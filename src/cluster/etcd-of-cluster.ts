import { kinds } from "../control-plane/apiserver/kinds/kinds.ts";
import { storedCodecOf } from "../control-plane/apiserver/stored/stored-codec.ts";
import {
  stampRevision,
  type StoredObject,
} from "../control-plane/apiserver/stored/stored-object.ts";
import { CheckedStore } from "../control-plane/store/check/checked-store.ts";
import { StoreObserver } from "../control-plane/store/check/store-observer.ts";
import { EtcdFaults } from "../control-plane/store/simulated/etcd-faults.ts";
import { SimulatedEtcdClient } from "../control-plane/store/simulated/simulated-client.ts";
import { SimulatedEtcd } from "../control-plane/store/simulated/simulated-etcd.ts";
import type { Store, StoreClock } from "../control-plane/store/store.ts";
import type { Victim } from "../kernel/actor-faults.ts";
import type { Chance } from "../kernel/chance.ts";
import type { Environment } from "../kernel/environment.ts";
import { Link } from "../kernel/link.ts";
import type { ActorRef, Timeline } from "../kernel/timeline.ts";
import type { Trace } from "../kernel/trace.ts";
import type { ResolvedOptions, SimulatedEtcdOptions } from "./cluster-options.ts";
import { isEtcdFault } from "./fault-options.ts";

/** What a simulated etcd is made of. */
export interface EtcdParts {
  readonly actor: ActorRef;
  readonly options: ResolvedOptions & { readonly simulatedEtcd: Required<SimulatedEtcdOptions> };
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly chance: Chance;
  readonly clock: StoreClock;
  readonly environment: Environment;
  /** Holds it, and what its clients hear, to etcd's promises; where it gives them. */
  readonly isChecked: boolean;
}

/** The simulated etcd of a cluster, and its clients. */
export class EtcdOfCluster {
  readonly victim: Victim;
  readonly #parts: EtcdParts;
  readonly #etcd: SimulatedEtcd<StoredObject>;
  readonly #observer: StoreObserver<StoredObject> | undefined;

  constructor(parts: EtcdParts) {
    const { actor, options, timeline, trace, chance, clock, environment } = parts;
    const { fsyncUs, unsafeNoFsync } = options.simulatedEtcd;
    this.#parts = parts;
    // One that breaks its promises on purpose is not held to them.
    const observer =
      parts.isChecked && !unsafeNoFsync
        ? new StoreObserver<StoredObject>({ items: [], revision: 1 }, storedCodecOf(kinds))
        : undefined;
    this.#observer = observer;
    const faults = new EtcdFaults({
      actor,
      timeline,
      chance,
      environment,
      fsyncUs,
      faults: (options.faults ?? []).filter(isEtcdFault),
      startUs: options.startUs,
      record: (kind, data) =>
        trace.record(actor, timeline.nowUs, kind, `actors/${actor.name}`, data),
    });
    const etcd = new SimulatedEtcd<StoredObject>({
      actor,
      timeline,
      stamp: stampRevision,
      codec: storedCodecOf(kinds),
      clock,
      environment: faults,
      isUnsafe: unsafeNoFsync,
      onLife: (store) => observer?.followRecovered(store),
    });
    faults.begin(etcd);
    this.#etcd = etcd;
    this.victim = { actor, crash: () => etcd.crash(), restart: () => etcd.restart() };
  }

  /**
   * The store as an actor reaches it.
   *
   * @param lagUs What changes take on their way to it, µs.
   */
  storeOf(client: ActorRef, lagUs: number): Store<StoredObject> {
    const { actor, options, timeline, environment } = this.#parts;
    const { latencyUs, requestTimeoutUs } = options.simulatedEtcd;
    const there = environment.network.between(client.name, actor.name);
    const back = environment.network.between(actor.name, client.name);
    const links = {
      requests: new Link(timeline, client, actor, latencyUs, there),
      answers: new Link(timeline, actor, client, latencyUs, back),
      changes: new Link(timeline, actor, client, lagUs, back),
    };
    const etcd = this.#etcd;
    const store = new SimulatedEtcdClient({
      etcd,
      timeline,
      actor: client,
      links,
      requestTimeoutUs,
    });
    const observer = this.#observer;
    if (observer === undefined) return store;
    return new CheckedStore(store, { codec: storedCodecOf(kinds), isRemote: true }, observer);
  }
}
