import { type Decoded, decodeValue } from "./decode-value.ts";
import { parseJson } from "./parse-json.ts";
import type { SchemaType } from "./schema.ts";

/**
 * A JSON text decoded into a type. `strictErrors` are for the caller to refuse, warn of or ignore,
 * as `fieldValidation` says.
 *
 * @throws {DecodeError} with Go's words for a text that is not JSON and for values of a wrong type.
 */
export function decodeJson(text: string, type: SchemaType): Decoded {
  return decodeValue(type, parseJson(text));
}
