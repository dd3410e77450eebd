import type { Node, Pod } from "../../../api/objects.ts";
import { sortedKeys } from "../sorted-json.ts";
import { since } from "./lines.ts";
import { amountOf, amountText, podAmount, shareText, sum } from "./pod-resources.ts";

/**
 * What the pods on a node ask for, each and together, as a share of what the node has to give.
 *
 * @see kubectl `describe/describe.go`: describeNodeResource
 */
export function nodeResourceLines(
  { status = {} }: Node,
  pods: readonly Pod[],
  nowUs: number,
): readonly string[] {
  const allocatable = status.allocatable ?? status.capacity ?? {};
  const share = (of: readonly Pod[], bound: "requests" | "limits", resource: string): string =>
    shareText(
      sum(of.map((pod) => podAmount(pod, bound, resource))),
      amountOf(allocatable[resource]),
      resource === "cpu" ? milli : unit,
    );
  const totals = (resource: string): string =>
    `  ${resource}\t${share(pods, "requests", resource)}\t${share(pods, "limits", resource)}`;
  const names = sortedKeys(allocatable);

  return [
    `Non-terminated Pods:\t(${pods.length} in total)`,
    "  Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge",
    "  ---------\t----\t\t------------\t----------\t---------------\t-------------\t---",
    ...pods.map((pod) => {
      const { namespace = "", name = "", creationTimestamp } = pod.metadata;
      const shares = ["cpu", "memory"].flatMap((resource) => [
        share([pod], "requests", resource),
        share([pod], "limits", resource),
      ]);
      return [`  ${namespace}`, name, "", ...shares, since(creationTimestamp, nowUs)].join("\t");
    }),
    "Allocated resources:",
    "  (Total limits may be over 100 percent, i.e., overcommitted.)",
    "  Resource\tRequests\tLimits",
    "  --------\t--------\t------",
    ...["cpu", "memory", "ephemeral-storage"].map(totals),
    ...names.filter((name) => name.startsWith("hugepages-")).map(totals),
    ...names
      .filter((name) => !isStandard(name))
      .map((name) => {
        const total = (bound: "requests" | "limits"): string =>
          amountText(sum(pods.map((pod) => podAmount(pod, bound, name))));
        return `  ${name}\t${total("requests")}\t${total("limits")}`;
      }),
  ];
}

const unit = 1_000_000_000n;
const milli = unit / 1000n;

function isStandard(name: string): boolean {
  return (
    ["cpu", "memory", "ephemeral-storage", "pods"].includes(name) || name.startsWith("hugepages-")
  );
}
