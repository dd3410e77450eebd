import { parse } from "yaml";
import { ApiError, badRequest, invalid, unsupportedMediaType } from "../../../api/errors.ts";
import { notSupported } from "../../../api/field-errors.ts";
import type { KubeObject } from "../../../api/objects.ts";
import { DecodeError } from "../../../api/schema/decode-error.ts";
import { interpretJson } from "../../../api/schema/decode-object.ts";
import { decodeProtobuf } from "../../../api/schema/decode-protobuf.ts";
import { decodeValue } from "../../../api/schema/decode-value.ts";
import { type SchemaType, typeOf } from "../../../api/schema/schema.ts";

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
  if (mediaType === "application/vnd.kubernetes.protobuf")
    return decodeProtobufBody(body, expected);
  const text = mediaType === "application/yaml" ? yamlToJson(body.toString()) : body.toString();
  const { apiVersion, kind, value } = interpreted(text, expected);
  requireKind(
    { apiVersion: apiVersion || expected.apiVersion, kind: kind || expected.kind },
    expected,
  );
  return decodeTyped(value, expected, fieldValidation);
}

/** Decodes a plain value, e.g. a patched object, as a body of its kind is. */
export function decodeTyped(
  value: unknown,
  expected: ExpectedKind,
  fieldValidation: string,
): DecodedBody {
  const type = typeOf(expected.apiVersion, expected.kind) as SchemaType;
  let decoded: ReturnType<typeof decodeValue>;
  try {
    decoded = decodeValue(type, value);
  } catch (error) {
    throw cannotBeHandled(error, expected);
  }
  const { strictErrors } = decoded;
  if (strictErrors.length > 0 && fieldValidation === "Strict") {
    throw badRequest(
      `${expected.kind} in version "${versionOf(expected)}" cannot be handled as a ${expected.kind}: strict decoding error: ${strictErrors.join(", ")}`,
    );
  }
  const object = { ...decoded.value, apiVersion: expected.apiVersion, kind: expected.kind };
  return {
    object: object as unknown as KubeObject,
    warnings: fieldValidation === "Ignore" ? [] : strictErrors,
  };
}

/** @throws {ApiError} UnsupportedMediaType, with what this door takes. */
export function mediaTypeOf(contentType: string | undefined, accepted = bodyTypes): string {
  const [mediaType = ""] = (contentType ?? "application/json").split(";");
  const trimmed = mediaType.trim().toLowerCase();
  if (trimmed === "" || trimmed === "*/*") return "application/json";
  if (!accepted.includes(trimmed)) throw unsupportedMediaType(accepted);
  return trimmed;
}

/** @throws {ApiError} BadRequest, naming line and column. */
export function yamlToJson(text: string): string {
  try {
    return JSON.stringify(parse(text, { merge: true, uniqueKeys: true }) ?? null);
  } catch (error) {
    throw badRequest(`error converting YAML to JSON: ${firstLine(error)}`);
  }
}

/** @throws {ApiError} Invalid, for a value the option does not know. */
export function requireFieldValidation(fieldValidation: string, optionsKind: string): void {
  const supported = ["", "Ignore", "Strict", "Warn"];
  if (supported.includes(fieldValidation)) return;
  throw invalid({ group: "meta.k8s.io", kind: optionsKind }, "", [
    notSupported("fieldValidation", fieldValidation, supported),
  ]);
}

function decodeProtobufBody(body: Buffer, expected: ExpectedKind): DecodedBody {
  try {
    const { apiVersion, kind, value } = decodeProtobuf(body, expected);
    requireKind({ apiVersion, kind }, expected);
    return { object: value as unknown as KubeObject, warnings: [] };
  } catch (error) {
    throw cannotBeHandled(error, expected);
  }
}

function interpreted(text: string, { kind }: ExpectedKind): ReturnType<typeof interpretJson> {
  try {
    return interpretJson(text);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const shown = text.length > shownMax ? `${text.slice(0, shownMax)} ...` : text;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): ${error.message} (${shown})`,
    );
  }
}

/** How much of a body an error repeats. */
const shownMax = 100;

function requireKind(sent: ExpectedKind, expected: ExpectedKind): void {
  if (sent.apiVersion !== expected.apiVersion) {
    throw badRequest(
      `the API version in the data (${sent.apiVersion}) does not match the expected API version (${expected.apiVersion})`,
    );
  }
  if (sent.kind === expected.kind) return;
  const version = versionOf(sent);
  throw badRequest(
    `${sent.kind} in version "${version}" cannot be handled as a ${expected.kind}: converting (${sent.kind}) to (${expected.kind}): unknown conversion`,
  );
}

function cannotBeHandled(error: unknown, expected: ExpectedKind): unknown {
  if (error instanceof ApiError || !(error instanceof DecodeError)) return error;
  const { kind } = expected;
  return badRequest(
    `${kind} in version "${versionOf(expected)}" cannot be handled as a ${kind}: ${error.message}`,
  );
}

function versionOf({ apiVersion }: ExpectedKind): string {
  return apiVersion.slice(apiVersion.indexOf("/") + 1);
}

function firstLine(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return line.replace(/:$/, "");
}
