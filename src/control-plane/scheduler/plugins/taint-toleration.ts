import type { Taint } from "../../../api/objects.ts";
import { type FilterPlugin, fits, nodeScoreMax, refuses, type ScorePlugin } from "../framework.ts";
import { tolerates } from "../tolerates.ts";

/**
 * Keeps pods off nodes whose taints they do not tolerate, and prefers nodes with fewer taints that
 * merely discourage.
 *
 * @see kubernetes `pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go`
 */
export const taintToleration: FilterPlugin & ScorePlugin = {
  name: "TaintToleration",
  weight: 3,

  filter({ spec }, { taints }) {
    const taint = taints.find(
      (candidate) => isHard(candidate) && !tolerates(spec.tolerations, candidate),
    );
    return taint === undefined ? fits : refuses("node(s) had untolerated taint(s)");
  },

  score({ spec }, { taints }) {
    return taints.filter(
      (taint) => taint.effect === "PreferNoSchedule" && !tolerates(spec.tolerations, taint),
    ).length;
  },

  normalize(scores) {
    const most = Math.max(0, ...scores);
    if (most === 0) return scores.map(() => nodeScoreMax);
    return scores.map((score) => nodeScoreMax - Math.floor((nodeScoreMax * score) / most));
  },
};

function isHard({ effect }: Taint): boolean {
  return effect === "NoSchedule" || effect === "NoExecute";
}
