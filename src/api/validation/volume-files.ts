import type { StatusCause } from "../errors.ts";
import { invalidValue } from "../field-errors.ts";
import type { KeyToPath } from "../objects.ts";
import { requiredText } from "./field-checks.ts";

/** Which keys of a ConfigMap or Secret become which files of a volume. */
export function validateKeyPaths(items: readonly KeyToPath[] = [], field: string): StatusCause[] {
  return items.flatMap(({ key, path, mode }, index) => {
    const at = `${field}[${index}]`;
    return [
      ...requiredText(`${at}.key`, key),
      ...requiredText(`${at}.path`, path),
      ...validateLocalPath(path, `${at}.path`),
      ...validateMode(mode, `${at}.mode`),
    ];
  });
}

export function validateMode(mode: number | undefined, field: string): StatusCause[] {
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return [];
  const problem = "must be a number between 0 and 0777 (octal), both inclusive";
  return [invalidValue(field, mode, problem)];
}

/** A path within the volume, and not one of the names that the kubelet keeps for itself there. */
export function validateLocalPath(path: string, field: string): StatusCause[] {
  const wrong = validateDescendingPath(path, field);
  // `..data` is how the kubelet swaps files; a first part of just `..` is told of already.
  if (!path.startsWith("..") || path.startsWith("../")) return wrong;
  return [...wrong, invalidValue(field, path, "must not start with '..'")];
}

export function validateDescendingPath(path: string, field: string): StatusCause[] {
  return [
    ...(path.startsWith("/") ? [invalidValue(field, path, "must be a relative path")] : []),
    ...validatePathWithoutBacksteps(path, field),
  ];
}

export function validatePathWithoutBacksteps(path: string, field: string): StatusCause[] {
  return path.split("/").includes("..") ? [invalidValue(field, path, "must not contain '..'")] : [];
}
