import type { StatusCause } from "../errors.ts";
import type { ServiceAccount } from "../objects.ts";
import { validateFinalizerNames } from "./finalizer-names.ts";

/** @see kubernetes `pkg/apis/core/validation/validation.go`: `ValidateServiceAccount` */
export function validateServiceAccount({ metadata }: ServiceAccount): StatusCause[] {
  return validateFinalizerNames(metadata);
}
