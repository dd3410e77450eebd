/**
 * Why no node took a pod, in upstream's words: `0/3 nodes are available: 3 Insufficient cpu.`
 *
 * @see kubernetes `pkg/scheduler/framework/types.go`, `FitError.Error`
 */
export function failureMessage(nodes: number, refusals: ReadonlyMap<string, number>): string {
  const message = `0/${nodes} nodes are available`;
  if (nodes === 0) return "no nodes available to schedule pods";
  const reasons = [...refusals].map(([reason, count]) => `${count} ${reason}`).toSorted();
  return reasons.length === 0 ? `${message}.` : `${message}: ${reasons.join(", ")}.`;
}
