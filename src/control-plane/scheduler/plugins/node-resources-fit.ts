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

  filter({ requests }, { allocatable, allocatablePods, requested, podCount }) {
    const reasons: string[] = [];
    if (podCount + 1 > allocatablePods) reasons.push("Too many pods");
    const isShort = (asked: number, used: number, capacity: number): boolean =>
      asked > 0 && asked > capacity - used;
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
    let total = 0;
    let weights = 0;
    for (const resource of ["cpuMilli", "memoryBytes"] as const) {
      if (allocatable[resource] === 0) continue;
      const requested = requestedNonZero[resource] + requestsNonZero[resource];
      total += freeShare(requested, allocatable[resource]);
      weights++;
    }
    return weights === 0 ? 0 : Math.floor(total / weights);
  },
};

/** Free share of a capacity, 0 to 100, rounded down as Go's integer division does. */
function freeShare(requested: number, capacity: number): number {
  if (requested > capacity) return 0;
  return Math.floor(((capacity - requested) * nodeScoreMax) / capacity);
}
