import type { StatusCause } from "../errors.ts";
import { invalidValue } from "../field-errors.ts";
import type { Lease } from "../objects.ts";
import { nonNegative } from "./field-checks.ts";

/** @see kubernetes `pkg/apis/coordination/validation/validation.go`: `ValidateLeaseSpec` */
export function validateLease({ spec }: Lease): StatusCause[] {
  const duration = spec?.leaseDurationSeconds;
  return [
    ...(duration !== undefined && duration <= 0
      ? [invalidValue("spec.leaseDurationSeconds", duration, "must be greater than 0")]
      : []),
    ...nonNegative("spec.leaseTransitions", spec?.leaseTransitions),
  ];
}
