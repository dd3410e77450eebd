import type { StatusCause } from "../errors.ts";
import { invalidValue } from "../field-errors.ts";
import type { OwnerReference } from "../objects.ts";

const field = "metadata.ownerReferences";

/**
 * What is wrong with an object's owners. Upstream does not say which reference it speaks of.
 *
 * @see kubernetes `apimachinery/pkg/api/validation/objectmeta.go`: `ValidateOwnerReferences`
 */
export function validateOwnerReferences(references: readonly OwnerReference[] = []): StatusCause[] {
  const causes: StatusCause[] = [];
  let controller: string | undefined;
  for (const reference of references) {
    causes.push(...validateOwnerReference(reference));
    if (reference.controller !== true) continue;
    const name = `${reference.kind}/${reference.name}`;
    if (controller === undefined) {
      controller = name;
    } else {
      const rule = "Only one reference can have Controller set to true.";
      const problem = `${rule} Found "true" in references for ${controller} and ${name}`;
      causes.push(invalidValue(field, references, problem));
    }
  }
  return causes;
}

function validateOwnerReference(reference: OwnerReference): StatusCause[] {
  const { apiVersion, kind, name, uid } = reference;
  const isBanned = apiVersion === "v1" && kind === "Event";
  return [
    ...(versionOf(apiVersion) === ""
      ? [invalidValue(`${field}.apiVersion`, apiVersion, "version must not be empty")]
      : []),
    ...(kind === "" ? [invalidValue(`${field}.kind`, kind, "must not be empty")] : []),
    ...(name === "" ? [invalidValue(`${field}.name`, name, "must not be empty")] : []),
    ...(uid === "" ? [invalidValue(`${field}.uid`, uid, "must not be empty")] : []),
    ...(isBanned
      ? [invalidValue(field, reference, "/v1, Kind=Event is disallowed from being an owner")]
      : []),
  ];
}

function versionOf(apiVersion: string): string {
  const parts = apiVersion.split("/");
  return parts.length > 2 ? "" : (parts.at(-1) ?? "");
}
