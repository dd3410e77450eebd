import type { StatusCause } from "../errors.ts";
import { invalidValue, required } from "../field-errors.ts";
import { configMapKey, dns1123Subdomain, envVarName } from "../names.ts";
import type { EnvFromSource, EnvVar } from "../objects.ts";
import { validateFieldRef, validateResourceFieldRef } from "./downward-api.ts";
import { invalidFor, requiredText } from "./field-checks.ts";

/**
 * What is wrong with a container's environment variables.
 *
 * @see kubernetes `pkg/apis/core/validation/validation.go`: `ValidateEnv`
 */
export function validateEnv(variables: readonly EnvVar[] = [], field: string): StatusCause[] {
  return variables.flatMap((variable, index) => {
    const at = `${field}[${index}]`;
    return [
      ...(variable.name === ""
        ? [required(`${at}.name`)]
        : invalidFor(`${at}.name`, variable.name, envVarName(variable.name))),
      ...validateValueFrom(variable, `${at}.valueFrom`),
    ];
  });
}

/** What is wrong with the ConfigMaps and Secrets whose every key becomes a variable. */
export function validateEnvFrom(
  sources: readonly EnvFromSource[] = [],
  field: string,
): StatusCause[] {
  return sources.flatMap(({ prefix = "", configMapRef, secretRef }, index) => {
    const at = `${field}[${index}]`;
    const given = [configMapRef, secretRef].filter((source) => source !== undefined);
    return [
      ...(prefix === "" ? [] : invalidFor(`${at}.prefix`, prefix, envVarName(prefix))),
      ...(configMapRef === undefined
        ? []
        : validateSourceName(configMapRef.name, `${at}.configMapRef.name`)),
      ...(secretRef === undefined
        ? []
        : validateSourceName(secretRef.name, `${at}.secretRef.name`)),
      ...(given.length === 0
        ? [invalidValue(field, "", "must specify one of: `configMapRef` or `secretRef`")]
        : []),
      ...(given.length > 1
        ? [invalidValue(field, "", "may not have more than one field specified at a time")]
        : []),
    ];
  });
}

/** Fields of the pod itself that a variable may take its value from. */
const envFieldPaths = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];

function validateValueFrom({ value = "", valueFrom }: EnvVar, field: string): StatusCause[] {
  if (valueFrom === undefined) return [];
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = valueFrom;
  const given = Object.values(valueFrom).filter((source) => source !== undefined);
  return [
    ...(fieldRef === undefined
      ? []
      : validateFieldRef(fieldRef, envFieldPaths, `${field}.fieldRef`)),
    ...(resourceFieldRef === undefined
      ? []
      : validateResourceFieldRef(resourceFieldRef, `${field}.resourceFieldRef`)),
    ...(configMapKeyRef === undefined
      ? []
      : validateKeyRef(configMapKeyRef, `${field}.configMapKeyRef`)),
    ...(secretKeyRef === undefined ? [] : validateKeyRef(secretKeyRef, `${field}.secretKeyRef`)),
    ...(fileKeyRef === undefined
      ? []
      : [
          ...requiredText(`${field}.fileKeyRef.key`, fileKeyRef.key),
          ...requiredText(`${field}.fileKeyRef.volumeName`, fileKeyRef.volumeName),
          ...requiredText(`${field}.fileKeyRef.path`, fileKeyRef.path),
        ]),
    ...sourceCount(given.length, value, field),
  ];
}

function sourceCount(count: number, value: string, field: string): StatusCause[] {
  if (count === 0) {
    const sources =
      "`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
    return [invalidValue(field, "", `must specify one of: ${sources}`)];
  }
  if (value !== "") {
    return [invalidValue(field, "", "may not be specified when `value` is not empty")];
  }
  return count > 1
    ? [invalidValue(field, "", "may not have more than one field specified at a time")]
    : [];
}

function validateKeyRef(
  { name = "", key }: { readonly name?: string; readonly key: string },
  field: string,
): StatusCause[] {
  return [
    ...invalidFor(`${field}.name`, name, dns1123Subdomain(name)),
    ...(key === ""
      ? [required(`${field}.key`)]
      : invalidFor(`${field}.key`, key, configMapKey(key))),
  ];
}

function validateSourceName(name = "", field: string): StatusCause[] {
  return name === "" ? [required(field)] : invalidFor(field, name, dns1123Subdomain(name));
}
