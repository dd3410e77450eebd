import { type FilterPlugin, fits, refuses } from "../framework.ts";
import { tolerates } from "../tolerates.ts";

/**
 * Keeps pods off cordoned nodes.
 *
 * @see kubernetes `pkg/scheduler/framework/plugins/nodeunschedulable/node_unschedulable.go`
 */
export const nodeUnschedulable: FilterPlugin = {
  name: "NodeUnschedulable",

  filter({ spec }, { isUnschedulable }) {
    if (!isUnschedulable) return fits;
    const taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" } as const;
    return tolerates(spec.tolerations, taint) ? fits : refuses("node(s) were unschedulable");
  },
};
