import type { StatusCause } from "../errors.ts";
import { invalidValue } from "../field-errors.ts";
import type { ObjectMeta } from "../objects.ts";

/**
 * What the core group says of finalizers beyond `validateObjectMeta`.
 *
 * @see kubernetes `pkg/apis/core/validation/validation.go`: `validateKubeFinalizerName`
 */
export function validateFinalizerNames({ finalizers = [] }: ObjectMeta): StatusCause[] {
  return finalizers.flatMap((finalizer, index) =>
    validateFinalizerName(`metadata.finalizers[${index}]`, finalizer),
  );
}

/** A finalizer without a domain must be one of the three that Kubernetes itself defines. */
export function validateFinalizerName(field: string, finalizer: string): StatusCause[] {
  if (finalizer.includes("/") || standardFinalizers.includes(finalizer)) return [];
  const problem = "name is neither a standard finalizer name nor is it fully qualified";
  return [invalidValue(field, finalizer, problem)];
}

const standardFinalizers = ["kubernetes", "orphan", "foregroundDeletion"];
