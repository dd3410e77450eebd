import { type FilterPlugin, fits, nodeScoreMax, refuses, type ScorePlugin } from "../framework.ts";

/**
 * Keeps pods off nodes that cannot hold their requests, and prefers the emptiest of the rest: cpu
 * and memory weigh the same.
 *
 * @see kubernetes `pkg/scheduler/framework/plugins/noderesources/{fit,least_allocated}.go`
 */
export const nodeResourcesFit: FilterPlugin & ScorePlugin = {
  name: "NodeResourcesFit",
  weight: 1,
  followsUsage: true,

  filter({ requests }, { allocatable, allocatablePods, requested, podCount }) {
    const reasons: string[] = [];
    if (podCount + 1 > allocatablePods) reasons.push("Too many pods");
    if (isShort(requests.cpuMilli, requested.cpuMilli, allocatable.cpuMilli)) {
      reasons.push("Insufficient cpu");
    }
    if (isShort(requests.memoryBytes, requested.memoryBytes, allocatable.memoryBytes)) {
      reasons.push("Insufficient memory");
    }
    const storage = "ephemeralStorageBytes";
    if (isShort(requests[storage], requested[storage], allocatable[storage])) {
      reasons.push("Insufficient ephemeral-storage");
    }
    for (const name in requests.others) {
      const capacity = allocatable.others[name] ?? 0;
      if (isShort(requests.others[name] ?? 0, requested.others[name] ?? 0, capacity)) {
        reasons.push(`Insufficient ${name}`);
      }
    }
    return reasons.length === 0 ? fits : refuses(...reasons);
  },

  score({ requestsNonZero }, { allocatable, requestedNonZero }) {
    const cpu = freeShare(
      requestedNonZero.cpuMilli + requestsNonZero.cpuMilli,
      allocatable.cpuMilli,
    );
    const memory = freeShare(
      requestedNonZero.memoryBytes + requestsNonZero.memoryBytes,
      allocatable.memoryBytes,
    );
    const weights = Number(allocatable.cpuMilli !== 0) + Number(allocatable.memoryBytes !== 0);
    return weights === 0 ? 0 : Math.floor((cpu + memory) / weights);
  },
};

function isShort(asked: number, used: number, capacity: number): boolean {
  return asked > 0 && asked > capacity - used;
}

/** Free share of a capacity, 0 to 100, rounded down as Go's integer division does. */
function freeShare(requested: number, capacity: number): number {
  if (requested > capacity || capacity === 0) return 0;
  return Math.floor(((capacity - requested) * nodeScoreMax) / capacity);
}
