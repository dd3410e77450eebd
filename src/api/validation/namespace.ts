import type { StatusCause } from "../errors.ts";
import { invalidValue } from "../field-errors.ts";
import { qualifiedName } from "../names.ts";
import type { Namespace } from "../objects.ts";
import { invalidFor } from "./field-checks.ts";
import { validateFinalizerName, validateFinalizerNames } from "./finalizer-names.ts";

/** @see kubernetes `pkg/apis/core/validation/validation.go`: `ValidateNamespace` */
export function validateNamespace({ metadata, spec }: Namespace): StatusCause[] {
  return [
    ...validateFinalizerNames(metadata),
    ...(spec?.finalizers ?? []).flatMap((finalizer) =>
      validateSpecFinalizer("spec.finalizers", finalizer),
    ),
  ];
}

/** What is wrong with an update of `namespaces/status`: `Terminating` means being deleted. */
export function validateNamespaceStatus({ metadata, status }: Namespace): StatusCause[] {
  const phase = status?.phase ?? "";
  const isDeleted = metadata.deletionTimestamp !== undefined;
  const expected = isDeleted ? "Terminating" : "Active";
  if (phase === expected) return [];
  const when = isDeleted ? "is not empty" : "is empty";
  const rule = `may only be '${expected}' if \`deletionTimestamp\` ${when}`;
  return [invalidValue("status.Phase", phase, rule)];
}

/** What is wrong with an update of `namespaces/finalize`. */
export function validateNamespaceFinalize({ spec }: Namespace): StatusCause[] {
  return (spec?.finalizers ?? []).flatMap((finalizer, index) =>
    validateSpecFinalizer(`spec.finalizers[${index}]`, finalizer),
  );
}

function validateSpecFinalizer(field: string, finalizer: string): StatusCause[] {
  return [
    ...invalidFor(field, finalizer, qualifiedName(finalizer)),
    ...validateFinalizerName(field, finalizer),
  ];
}
