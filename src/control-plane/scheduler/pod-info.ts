import type { PodSpec } from "../../api/objects.ts";
import { podRequests, podRequestsNonZero } from "../../api/pod-resources.ts";
import type { PodInfo } from "./framework.ts";

/** Specs are immutable and pods of one template share theirs: each is worked out once. */
const known = new WeakMap<PodSpec, PodInfo>();

export function podInfoOf(spec: PodSpec): PodInfo {
  let info = known.get(spec);
  if (info === undefined) {
    const requests = podRequests({ spec });
    const requestsNonZero = podRequestsNonZero({ spec });
    info = { spec, requests, requestsNonZero, classKey: classKey(spec, requests, requestsNonZero) };
    known.set(spec, info);
  }
  return info;
}

function classKey(spec: PodSpec, ...requests: readonly object[]): string {
  const { nodeName, nodeSelector, affinity, tolerations, topologySpreadConstraints, hostNetwork } =
    spec;
  return JSON.stringify([
    requests,
    nodeName,
    nodeSelector,
    affinity,
    tolerations,
    topologySpreadConstraints,
    hostNetwork,
  ]);
}
