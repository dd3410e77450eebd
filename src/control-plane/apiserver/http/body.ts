import { badRequest, invalid, unsupportedMediaType } from "../../../api/errors.ts";
import { notSupported } from "../../../api/field-errors.ts";
import type { KubeObject } from "../../../api/objects.ts";
import { DecodeError } from "../../../api/schema/decode-error.ts";
import { interpretJson, noKindRegistered } from "../../../api/schema/decode-object.ts";
import { decodeProtobuf } from "../../../api/schema/decode-protobuf.ts";
import { decodeValue } from "../../../api/schema/decode-value.ts";
import { type SchemaType, typeOf } from "../../../api/schema/schema.ts";
import { yamlToJson } from "./yaml-to-json.ts";

/** The kind a door takes: what a body must be, and what it is when it does not say. */
export interface ExpectedKind {
  readonly apiVersion: string;
  readonly kind: string;
}

export interface DecodedBody {
  readonly object: KubeObject;
  /** For `Warning` headers. */
  readonly warnings: readonly string[];
}

export const bodyTypes = [
  "application/json",
  "application/yaml",
  "application/vnd.kubernetes.protobuf",
];

/**
 * Decodes a body of the kind a door takes.
 *
 * @param fieldValidation What unknown and duplicate fields are: `Strict` an error, `Warn` (also
 *   when empty) a warning, `Ignore` nothing.
 * @throws {ApiError} BadRequest, UnsupportedMediaType
 */
export function decodeBody(
  body: Buffer,
  contentType: string | undefined,
  expected: ExpectedKind,
  fieldValidation: string,
): DecodedBody {
  const mediaType = mediaTypeOf(contentType);
  let sent: SentBody;
  try {
    sent = readBody(body, mediaType, expected);
  } catch (error) {
    throw unrecognized(error, expected, body);
  }
  const stated = {
    apiVersion: sent.apiVersion || expected.apiVersion,
    kind: sent.kind || expected.kind,
  };
  try {
    requireKind(stated, expected);
    const { object, warnings } = decodeTyped(sent.value, expected, fieldValidation);
    const known = fieldValidation === "Ignore" ? [] : sent.strictErrors;
    if (fieldValidation === "Strict" && known.length > 0) throw strictDecodingError(known);
    return { object, warnings: [...known, ...warnings] };
  } catch (error) {
    throw cannotBeHandled(error, stated, expected);
  }
}

/**
 * Decodes a plain value, e.g. a patched object, as a body of its kind is.
 *
 * @throws {DecodeError} With upstream's words for what does not fit.
 */
export function decodeTyped(
  value: unknown,
  expected: ExpectedKind,
  fieldValidation: string,
): DecodedBody {
  const type = typeOf(expected.apiVersion, expected.kind) as SchemaType;
  const { value: decoded, strictErrors } = decodeValue(type, value);
  if (strictErrors.length > 0 && fieldValidation === "Strict") {
    throw strictDecodingError(strictErrors);
  }
  const object = { ...decoded, apiVersion: expected.apiVersion, kind: expected.kind };
  return {
    object: object as unknown as KubeObject,
    warnings: fieldValidation === "Ignore" ? [] : strictErrors,
  };
}

/** A body as it says of itself: empty where it says nothing. The value is for `decodeTyped`. */
export interface SentBody extends ExpectedKind {
  readonly value: unknown;
  /** What only the text can show, e.g. a key that stands twice in YAML. */
  readonly strictErrors: readonly string[];
}

/** @throws {DecodeError} */
export function readBody(body: Buffer, mediaType: string, defaults: ExpectedKind): SentBody {
  if (mediaType === "application/vnd.kubernetes.protobuf") {
    return { ...decodeProtobuf(body, defaults), strictErrors: [] };
  }
  const text = body.toString();
  if (mediaType === "application/json") return { ...interpretJson(text), strictErrors: [] };
  const { json, strictErrors } = yamlToJson(text);
  return { ...interpretJson(json), strictErrors };
}

/** @throws {ApiError} UnsupportedMediaType, with what this door takes. */
export function mediaTypeOf(contentType: string | undefined, accepted = bodyTypes): string {
  const [mediaType = ""] = (contentType ?? "application/json").split(";");
  const trimmed = mediaType.trim().toLowerCase();
  if (trimmed === "" || trimmed === "*/*") return "application/json";
  if (!accepted.includes(trimmed)) throw unsupportedMediaType(accepted);
  return trimmed;
}

/** @throws {ApiError} Invalid, for a value the option does not know. */
export function requireFieldValidation(fieldValidation: string, optionsKind: string): void {
  const supported = ["", "Ignore", "Strict", "Warn"];
  if (supported.includes(fieldValidation)) return;
  throw invalid({ group: "meta.k8s.io", kind: optionsKind }, "", [
    notSupported("fieldValidation", fieldValidation, supported),
  ]);
}

function strictDecodingError(strictErrors: readonly string[]): DecodeError {
  return new DecodeError(`strict decoding error: ${strictErrors.join(", ")}`);
}

/** @throws {DecodeError} */
function requireKind(sent: ExpectedKind, expected: ExpectedKind): void {
  if (sent.apiVersion === expected.apiVersion && sent.kind === expected.kind) return;
  const type = typeOf(sent.apiVersion, sent.kind);
  if (type === undefined) throw new DecodeError(noKindRegistered(sent));
  const { name } = typeOf(expected.apiVersion, expected.kind) as SchemaType;
  // Upstream's own types have no version: `core.Pod`.
  const internal = name.replace(/\.\w+\./, ".");
  throw new DecodeError(`converting (${type.goName}) to (${internal}): unknown conversion`);
}

/** @see kubernetes `apiserver/pkg/endpoints/handlers/rest.go`: `transformDecodeError` */
function unrecognized(error: unknown, { kind }: ExpectedKind, body: Buffer): unknown {
  if (!(error instanceof DecodeError)) return error;
  return badRequest(
    `the object provided is unrecognized (must be of type ${kind}): ${error.message} (${summary(body)})`,
  );
}

function cannotBeHandled(error: unknown, sent: ExpectedKind, { kind }: ExpectedKind): unknown {
  if (!(error instanceof DecodeError)) return error;
  const version = sent.apiVersion.slice(sent.apiVersion.indexOf("/") + 1);
  return badRequest(
    `${sent.kind} in version "${version}" cannot be handled as a ${kind}: ${error.message}`,
  );
}

/** How much of a body an error repeats, bytes. */
const shownMax = 30;

/** JSON as it is, anything else in hexadecimal. */
function summary(body: Buffer): string {
  if (body.length === 0) return "<empty>";
  const encoding = body.toString("utf8", 0, 1) === "{" ? "utf8" : "hex";
  const shown = body.toString(encoding, 0, shownMax);
  return body.length > shownMax ? `${shown} ...` : shown;
}
