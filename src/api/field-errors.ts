import type { StatusCause } from "./errors.ts";
import { goJson, goQuote } from "./go-format.ts";

/**
 * What is wrong with one field, in upstream's words.
 *
 * A value is printed as Go prints it: strings quoted, numbers and booleans plain, `null` for nothing,
 * everything else as JSON.
 *
 * @see kubernetes `apimachinery/pkg/util/validation/field/errors.go`
 */
export function required(field: string, detail = ""): StatusCause {
  return cause("FieldValueRequired", field, "Required value", detail);
}

export function invalidValue(field: string, value: unknown, detail: string): StatusCause {
  return cause("FieldValueInvalid", field, `Invalid value: ${printed(value)}`, detail);
}

/** `supported` is printed in the order given; upstream sorts most of its lists, callers do the same. */
export function notSupported(
  field: string,
  value: unknown,
  supported: readonly string[],
): StatusCause {
  const detail =
    supported.length === 0 ? "" : `supported values: ${supported.map(goQuote).join(", ")}`;
  return cause("FieldValueNotSupported", field, `Unsupported value: ${printed(value)}`, detail);
}

export function forbiddenField(field: string, detail: string): StatusCause {
  return cause("FieldValueForbidden", field, "Forbidden", detail);
}

export function duplicateValue(field: string, value: unknown): StatusCause {
  return cause("FieldValueDuplicate", field, `Duplicate value: ${printed(value)}`, "");
}

/** The value itself is left out of the message, since it is too long to be worth reading. */
export function tooLong(field: string, _value: unknown, max: number): StatusCause {
  const detail = `may not be more than ${max} ${max === 1 ? "byte" : "bytes"}`;
  return cause("FieldValueTooLong", field, "Too long", detail);
}

export function tooMany(field: string, actual: number, max: number): StatusCause {
  const detail = `must have at most ${max} ${max === 1 ? "item" : "items"}`;
  return cause("FieldValueTooMany", field, `Too many: ${actual}`, detail);
}

export function notFoundField(field: string, value: unknown): StatusCause {
  return cause("FieldValueNotFound", field, `Not found: ${printed(value)}`, "");
}

function cause(reason: string, field: string, problem: string, detail: string): StatusCause {
  return { reason, message: detail === "" ? problem : `${problem}: ${detail}`, field };
}

function printed(value: unknown): string {
  return typeof value === "string" ? goQuote(value) : goJson(value);
}
