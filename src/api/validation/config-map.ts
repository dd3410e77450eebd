import { equalJson } from "../equal-json.ts";
import type { StatusCause } from "../errors.ts";
import { forbiddenField, invalidValue, tooLong } from "../field-errors.ts";
import { base64ByteLength } from "../base64.ts";
import { byteLength, configMapKey } from "../names.ts";
import type { ConfigMap } from "../objects.ts";
import { invalidFor } from "./field-checks.ts";
import { validateFinalizerNames } from "./finalizer-names.ts";

/** All values of one ConfigMap or Secret together. */
export const dataBytesMax = 1024 * 1024;

/** @see kubernetes `pkg/apis/core/validation/validation.go`: `ValidateConfigMap` */
export function validateConfigMap({ metadata, data, binaryData }: ConfigMap): StatusCause[] {
  const texts = Object.entries(data ?? {});
  const binaries = Object.entries(binaryData ?? {});
  const bytes =
    texts.reduce((sum, [, value]) => sum + byteLength(value), 0) +
    binaries.reduce((sum, [, value]) => sum + base64ByteLength(value), 0);
  const twice = "duplicate of key present in binaryData";
  return [
    ...validateFinalizerNames(metadata),
    ...texts.flatMap(([key]) => [
      ...invalidFor(`data[${key}]`, key, configMapKey(key)),
      ...(Object.hasOwn(binaryData ?? {}, key) ? [invalidValue(`data[${key}]`, key, twice)] : []),
    ]),
    ...binaries.flatMap(([key]) => invalidFor(`binaryData[${key}]`, key, configMapKey(key))),
    ...(bytes > dataBytesMax ? [tooLong("", "", dataBytesMax)] : []),
  ];
}

/** @see kubernetes `pkg/apis/core/validation/validation.go`: `ValidateConfigMapUpdate` */
export function validateConfigMapUpdate(configMap: ConfigMap, old: ConfigMap): StatusCause[] {
  return validateImmutableData(configMap, old, ["data", "binaryData"]);
}

/** Data once declared immutable stays as it is, and stays immutable. */
export function validateImmutableData<Fields extends string>(
  object: { readonly immutable?: boolean } & { readonly [Field in Fields]?: object },
  old: { readonly immutable?: boolean } & { readonly [Field in Fields]?: object },
  fields: readonly Fields[],
): StatusCause[] {
  if (old.immutable !== true) return [];
  const rule = "field is immutable when `immutable` is set";
  return [
    ...(object.immutable === true ? [] : [forbiddenField("immutable", rule)]),
    ...fields.flatMap((field) =>
      equalJson(object[field] ?? {}, old[field] ?? {}) ? [] : [forbiddenField(field, rule)],
    ),
  ];
}
