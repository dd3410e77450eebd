export { Cluster, createCluster } from "./cluster/cluster.ts";
export {
  type ClusterOptions,
  ClusterOptionsError,
  type NodePool,
  type SimulatedEtcdOptions,
} from "./cluster/cluster-options.ts";
export type { ExploreOdds, ExploreOptions, FaultOptions } from "./cluster/fault-options.ts";
export {
  type ClusterAddress,
  LiveCluster,
  type LiveClusterOptions,
  startLiveCluster,
} from "./cluster/live-cluster.ts";
export { RestoreError, type RestoreOptions, restoreLiveCluster } from "./cluster/restore.ts";
export { SnapshotError } from "./cluster/snapshot.ts";
export { ManifestError, type StartManifest } from "./cluster/start-manifests.ts";
export { type PodLife, simulatePodLife } from "./cluster/pod-life.ts";
export { RunError, type RunPlace } from "./cluster/run-error.ts";
export { sweepPodLives } from "./cluster/sweep.ts";
export type { EtcdFault } from "./control-plane/store/simulated/etcd-faults.ts";
export type { DecisionRead, DecisionRecord } from "./kernel/decision-log.ts";
export type { DecisionMap } from "./kernel/decisions.ts";
export type { ActorFault, Fault, LinkFault } from "./kernel/faults.ts";
export type { Fact, FactData } from "./kernel/trace.ts";
