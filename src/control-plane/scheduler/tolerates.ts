import type { Taint, Toleration } from "../../api/objects.ts";

/**
 * Whether some toleration covers the taint.
 *
 * @see kubernetes `staging/src/k8s.io/api/core/v1/toleration.go`, `ToleratesTaint`
 */
export function tolerates(
  tolerations: readonly Toleration[] | undefined,
  taint: Pick<Taint, "key" | "value" | "effect">,
): boolean {
  return (tolerations ?? []).some(({ key, operator, value, effect }) => {
    if (effect && effect !== taint.effect) return false;
    if (key && key !== taint.key) return false;
    if (operator === "Exists") return true;
    return (!operator || operator === "Equal") && (value ?? "") === (taint.value ?? "");
  });
}
