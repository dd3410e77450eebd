import { kinds } from "../control-plane/apiserver/kinds/kinds.ts";
import { storedCodecOf } from "../control-plane/apiserver/stored/stored-codec.ts";
import {
  stampRevision,
  type StoredObject,
} from "../control-plane/apiserver/stored/stored-object.ts";
import { MemoryStore } from "../control-plane/store/memory-store.ts";
import type { Store, StoreClock } from "../control-plane/store/store.ts";
import type { Chance } from "../kernel/chance.ts";
import type { Environment } from "../kernel/environment.ts";
import type { ActorRef, Timeline } from "../kernel/timeline.ts";
import type { Trace } from "../kernel/trace.ts";
import { etcd } from "./api-servers.ts";
import type { ResolvedOptions } from "./cluster-options.ts";
import { EtcdOfCluster } from "./etcd-of-cluster.ts";
import type { KeptState } from "./kept-state.ts";
import { checkedOf } from "./store-checks.ts";

/** Whoever writes to the store past the API servers. */
const etcdctl: ActorRef = { id: 9, name: "etcdctl" };

/** What a cluster keeps its objects in. */
export interface ClusterStore {
  /** For whoever is no API server; for those, too, unless there is an etcd. */
  readonly store: Store<StoredObject>;
  /** Absent unless it is simulated. */
  readonly etcd: EtcdOfCluster | undefined;
}

export function clusterStore(parts: {
  readonly options: ResolvedOptions;
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly chance: Chance;
  readonly clock: StoreClock;
  readonly environment: Environment | undefined;
  /** Absent for what is kept in memory. */
  readonly data: KeptState | undefined;
  /** Whether it is held to etcd's promises. */
  readonly isChecked: boolean;
}): ClusterStore {
  const { options, clock, environment, data, isChecked } = parts;
  const { simulatedEtcd } = options;
  if (simulatedEtcd !== undefined && environment !== undefined) {
    const withEtcd = { ...options, simulatedEtcd };
    const simulated = new EtcdOfCluster({ ...parts, actor: etcd, options: withEtcd, environment });
    return { store: simulated.storeOf(etcdctl, simulatedEtcd.latencyUs), etcd: simulated };
  }
  const codec = storedCodecOf(kinds);
  const kept = data?.store ?? new MemoryStore<StoredObject>(stampRevision, { codec, clock });
  return { store: isChecked ? checkedOf(kept, codec) : kept, etcd: undefined };
}

/** Leases that are kept alive go on for ever, so waiting for their end is background work. */
export function storeClock(timeline: Timeline): StoreClock {
  return {
    get nowUs() {
      return timeline.nowUs;
    },
    after: (delayUs, act) => void timeline.setBackgroundTimer(etcd, delayUs, act),
  };
}
