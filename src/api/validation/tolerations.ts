import type { StatusCause } from "../errors.ts";
import { invalidValue, notSupported } from "../field-errors.ts";
import { labelValue, qualifiedName } from "../names.ts";
import type { Toleration } from "../objects.ts";
import { invalidFor } from "./field-checks.ts";

/** What a taint does to pods that do not tolerate it, in the order in which upstream lists it. */
export const taintEffects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/**
 * What is wrong with a pod's tolerations.
 *
 * @see kubernetes `pkg/apis/core/validation/validation.go`: `ValidateTolerations`
 */
export function validateTolerations(
  tolerations: readonly Toleration[] = [],
  field: string,
): StatusCause[] {
  return tolerations.flatMap((toleration, index) => {
    const at = `${field}[${index}]`;
    const { key = "", operator = "", effect = "", tolerationSeconds } = toleration;
    const needsExists = key === "" && operator !== "Exists";
    const existsRule =
      'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    const isTimed = tolerationSeconds !== undefined && effect !== "NoExecute";
    const timedRule = "effect must be 'NoExecute' when `tolerationSeconds` is set";
    return [
      ...(key === "" ? [] : invalidFor(`${at}.key`, key, qualifiedName(key))),
      ...(needsExists ? [invalidValue(`${at}.operator`, operator, existsRule)] : []),
      ...(isTimed ? [invalidValue(`${at}.effect`, effect, timedRule)] : []),
      ...validateOperator(toleration, at),
      ...(effect === "" || taintEffects.includes(effect)
        ? []
        : [notSupported(`${at}.effect`, effect, taintEffects)]),
    ];
  });
}

/** Upstream reports a wrong value of `Equal` and `Exists` at the operator. */
function validateOperator(toleration: Toleration, at: string): StatusCause[] {
  const field = `${at}.operator`;
  const operator: string = toleration.operator ?? "";
  const { value = "" } = toleration;
  switch (operator) {
    case "":
    case "Equal": {
      const problems = labelValue(value);
      return problems.length === 0 ? [] : [invalidValue(field, value, problems.join(";"))];
    }
    case "Exists":
      return value === ""
        ? []
        : [invalidValue(field, value, "value must be empty when `operator` is 'Exists'")];
    case "Lt":
    case "Gt":
      // A gate guards these comparisons, and it is closed by default.
      return [notSupported(field, operator, ["Equal", "Exists", "Lt", "Gt"])];
    default:
      return [notSupported(field, operator, ["Equal", "Exists"])];
  }
}
