import { goQuote } from "../go-format.ts";
import { DecodeError } from "./decode-error.ts";
import { type Decoded, decodeValue } from "./decode-value.ts";
import { describeJson } from "./go-scalars.ts";
import { parseJson } from "./parse-json.ts";
import { RepeatedKeys } from "./read-json.ts";
import { typeOf } from "./schema.ts";

export interface ObjectKind {
  readonly apiVersion: string;
  readonly kind: string;
}

export interface DecodedObject extends Decoded, ObjectKind {}

/**
 * A JSON text decoded into the type that it says it is.
 *
 * @param defaults Fill in for a text that names no kind or version, as the URL of a request does.
 * @throws {DecodeError} as `decodeJson`, and for a text without kind or of an unknown one.
 * @see kubernetes `apimachinery/pkg/runtime/serializer/json/json.go`: `Serializer.Decode`
 */
export function decodeObject(text: string, defaults?: ObjectKind): DecodedObject {
  const { value, ...stated } = interpretJson(text);
  const { apiVersion, kind } = withDefaults(stated, defaults);
  if (kind === "") throw new DecodeError(`Object 'Kind' is missing in '${text}'`);
  if (apiVersion === "") throw new DecodeError(`Object 'apiVersion' is missing in '${text}'`);
  const type = typeOf(apiVersion, kind);
  if (type === undefined) throw new DecodeError(noKindRegistered({ apiVersion, kind }));
  return { apiVersion, kind, ...decodeValue(type, value) };
}

/**
 * What a JSON text says it is; empty where it says nothing. The value is for `decodeValue`.
 *
 * Go looks the two fields up regardless of case, though it decodes the object itself exactly.
 *
 * @throws {DecodeError} `couldn't get version/kind; json parse error: …`
 */
export function interpretJson(text: string): ObjectKind & { readonly value: unknown } {
  let interpreted: ObjectKind & { readonly value: unknown };
  try {
    const value = parseJson(text);
    interpreted = { ...readTypeMeta(value), value };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new DecodeError(`couldn't get version/kind; json parse error: ${error.message}`);
  }
  if (interpreted.apiVersion.split("/").length > 2) {
    throw new DecodeError(`unexpected GroupVersion string: ${interpreted.apiVersion}`);
  }
  return interpreted;
}

/** The place in its source that upstream's API server names when it does not know a kind. */
const serverScheme = "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30";

/** Upstream's words for a kind that a scheme does not have. */
export function noKindRegistered(object: ObjectKind, scheme = serverScheme): string {
  const { apiVersion, kind } = object;
  return `no kind ${goQuote(kind)} is registered for version ${goQuote(apiVersion)} in scheme ${goQuote(scheme)}`;
}

const typeMetaStruct =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

function readTypeMeta(value: unknown): ObjectKind {
  if (value === null) return { apiVersion: "", kind: "" };
  if (typeof value !== "object" || Array.isArray(value) || describeJson(value) !== "object") {
    const found = describeJson(value);
    throw new DecodeError(
      `json: cannot unmarshal ${found} into Go value of type ${typeMetaStruct}`,
    );
  }
  const entries = value instanceof RepeatedKeys ? value.entries : Object.entries(value);
  return { apiVersion: stringIn(entries, "apiVersion"), kind: stringIn(entries, "kind") };
}

function stringIn(entries: readonly (readonly [string, unknown])[], name: string): string {
  let found = "";
  for (const [key, value] of entries) {
    if (key.toLowerCase() !== name.toLowerCase() || value === null) continue;
    if (typeof value !== "string") {
      const target = `Go struct field .${name} of type string`;
      throw new DecodeError(`json: cannot unmarshal ${describeJson(value)} into ${target}`);
    }
    found = value;
  }
  return found;
}

function withDefaults(stated: ObjectKind, defaults: ObjectKind | undefined): ObjectKind {
  return {
    apiVersion: stated.apiVersion || (defaults?.apiVersion ?? ""),
    kind: stated.kind || (defaults?.kind ?? ""),
  };
}
