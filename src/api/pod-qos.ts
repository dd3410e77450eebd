import { add, resourceAmounts } from "./container-resources.ts";
import type { Pod, PodStatus } from "./objects.ts";

export type PodQosClass = NonNullable<PodStatus["qosClass"]>;

/**
 * How the kubelet ranks the pod when its node runs short: `Guaranteed` when every container is
 * limited in cpu and memory and requests just that, `BestEffort` when none asks for anything.
 *
 * @see kubernetes `pkg/apis/core/helper/qos/qos.go`: `ComputePodQOS`
 */
export function podQosClass({ spec }: Pod): PodQosClass {
  const shares =
    spec.resources === undefined
      ? [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(
          (container) => container.resources ?? {},
        )
      : [spec.resources];
  const requests = new Map<string, bigint>();
  const limits = new Map<string, bigint>();
  let isEveryoneLimited = true;
  for (const share of shares) {
    const limited = computeAmounts(share.limits);
    add(requests, computeAmounts(share.requests));
    add(limits, limited);
    // A pod without limits of its own is judged by the comparison below alone.
    const isJudged = spec.resources === undefined || Object.keys(share.limits ?? {}).length > 0;
    if (isJudged && limited.size < computeResources.length) isEveryoneLimited = false;
  }
  if (requests.size === 0 && limits.size === 0) return "BestEffort";
  const isEqual =
    requests.size === limits.size &&
    [...requests].every(([name, amount]) => limits.get(name) === amount);
  return isEveryoneLimited && isEqual ? "Guaranteed" : "Burstable";
}

const computeResources = ["cpu", "memory"];

/** Only what is asked for counts: zero is as good as nothing. */
function computeAmounts(list: Readonly<Record<string, string>> | undefined): Map<string, bigint> {
  const amounts = resourceAmounts(list);
  for (const [name, amount] of amounts) {
    if (!computeResources.includes(name) || amount <= 0n) amounts.delete(name);
  }
  return amounts;
}
