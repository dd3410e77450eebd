import { decodeValue } from "./decode-value.ts";
import type { SchemaType } from "./schema.ts";

/**
 * A plain value after a round trip through Go: what the API server stores and answers.
 *
 * Unknown fields, nulls and empty `omitempty` values go; structs that are no pointers come as `{}`
 * (`resources`, `status`), required scalars as zeros, times and lists that were never set as null
 * where Go writes null; quantities and times become canonical; fields are in struct order and map
 * keys sorted. Parts that are so already are shared with the input.
 *
 * @throws {DecodeError} where a value has a wrong type.
 */
export function normalize(
  type: SchemaType,
  value: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return decodeValue(type, value).value;
}
