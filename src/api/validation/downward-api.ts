import type { StatusCause } from "../errors.ts";
import { invalidValue, notSupported, required } from "../field-errors.ts";
import { qualifiedName } from "../names.ts";
import type { ObjectFieldSelector, ResourceFieldSelector } from "../objects.ts";
import { invalidFor } from "./field-checks.ts";

/**
 * What is wrong with a reference to a field of the pod, from a variable or from a file of a volume.
 *
 * @see kubernetes `pkg/apis/core/validation/validation.go`: `validateObjectFieldSelector`
 */
export function validateFieldRef(
  { apiVersion = "", fieldPath }: ObjectFieldSelector,
  allowed: readonly string[],
  field: string,
): StatusCause[] {
  if (apiVersion === "") return [required(`${field}.apiVersion`)];
  if (fieldPath === "") return [required(`${field}.fieldPath`)];
  const [, path = fieldPath, key] = /^(.+?)\['(.*)'\]$/.exec(fieldPath) ?? [];
  if (key === undefined) {
    if (!knownFieldPaths.includes(path)) {
      const problem = `error converting fieldPath: field label not supported: ${fieldPath}`;
      return [invalidValue(`${field}.fieldPath`, fieldPath, problem)];
    }
    return allowed.includes(path) ? [] : [notSupported(`${field}.fieldPath`, path, allowed)];
  }
  const name = path === "metadata.annotations" ? key.toLowerCase() : key;
  if (path === "metadata.annotations" || path === "metadata.labels") {
    return invalidFor(field, name, qualifiedName(name));
  }
  const problem = `error converting fieldPath: field label does not support subscript: ${fieldPath}`;
  return [invalidValue(`${field}.fieldPath`, fieldPath, problem)];
}

/** What is wrong with a reference to a container's request or limit. */
export function validateResourceFieldRef(
  { resource }: ResourceFieldSelector,
  field: string,
): StatusCause[] {
  if (resource === "") return [required(`${field}.resource`)];
  const isKnown =
    resourceFields.includes(resource) || /^(?:requests|limits)\.hugepages-/.test(resource);
  return isKnown ? [] : [notSupported(`${field}.resource`, resource, resourceFields)];
}

/** Every field that has a name here, wherever it may then be used. */
const knownFieldPaths = [
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.restartPolicy",
  "spec.schedulerName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.phase",
  "status.podIP",
  "status.podIPs",
];

const resourceFields = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
];
