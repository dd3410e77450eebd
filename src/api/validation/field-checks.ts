import type { StatusCause } from "../errors.ts";
import { invalidValue, notSupported, required } from "../field-errors.ts";
import { between, labelValue, qualifiedName } from "../names.ts";

/** One cause for each thing that is wrong with a value. */
export function invalidFor(
  field: string,
  value: unknown,
  problems: readonly string[],
): StatusCause[] {
  return problems.map((problem) => invalidValue(field, value, problem));
}

/** A choice that must be made: `supported` in the order in which upstream lists it. */
export function requiredChoice(
  field: string,
  value: string | undefined,
  supported: readonly string[],
): StatusCause[] {
  if (value === undefined || value === "") return [required(field)];
  return supported.includes(value) ? [] : [notSupported(field, value, supported)];
}

export function requiredText(field: string, value: string | undefined): StatusCause[] {
  return value === undefined || value === "" ? [required(field)] : [];
}

export function nonNegative(field: string, value: number | undefined): StatusCause[] {
  return value !== undefined && value < 0
    ? [invalidValue(field, value, "must be greater than or equal to 0")]
    : [];
}

export function inRange(
  field: string,
  value: number | undefined,
  low: number,
  high: number,
): StatusCause[] {
  return value !== undefined && (value < low || value > high)
    ? [invalidValue(field, value, between(low, high))]
    : [];
}

/** Keys and values of labels, or of anything that selects by them. */
export function validateLabels(
  labels: Readonly<Record<string, string>> | undefined,
  field: string,
): StatusCause[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...invalidFor(field, key, qualifiedName(key)),
    ...invalidFor(field, value, labelValue(value)),
  ]);
}
