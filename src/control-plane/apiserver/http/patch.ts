import jsonPatch, { type Operation } from "fast-json-patch";
import {
  ApiError,
  badRequest,
  invalid,
  invalidPatch,
  unexpectedError,
} from "../../../api/errors.ts";
import { invalidValue } from "../../../api/field-errors.ts";
import type { KubeObject } from "../../../api/objects.ts";
import { mergePatch } from "../../../api/schema/merge-patch.ts";
import { parseJson } from "../../../api/schema/parse-json.ts";
import { DecodeError } from "../../../api/schema/decode-error.ts";
import { describeJson } from "../../../api/schema/go-scalars.ts";
import { goPrint, PatchError } from "../../../api/schema/patch-error.ts";
import { plainJson } from "../../../api/schema/read-json.ts";
import { type SchemaType, typeOf } from "../../../api/schema/schema.ts";
import { strategicMergePatch } from "../../../api/schema/strategic-merge-patch.ts";
import { type DecodedBody, decodeTyped, type ExpectedKind, mediaTypeOf } from "./body.ts";

const patchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];

/** What a PATCH body does to a stored object. */
export interface Patch {
  /** The result is plain: it is decoded as a body is. @throws {ApiError} Invalid, BadRequest */
  apply(stored: KubeObject): unknown;
  /** What upstream shows of a patch whose result does not decode. */
  shown(patched: unknown): string;
}

/** @throws {ApiError} UnsupportedMediaType, BadRequest */
export function readPatch(body: Buffer, contentType: string | undefined): Patch {
  const mediaType = mediaTypeOf(contentType, patchTypes);
  const patch = parsePatch(body);
  const shown = JSON.stringify;
  if (mediaType === "application/json-patch+json") {
    if (!Array.isArray(patch)) {
      throw badRequest(
        `error decoding patch: json: cannot unmarshal ${describeJson(patch)} into Go value of type []handlers.jsonPatchOp`,
      );
    }
    return { apply: (stored) => jsonPatched(stored, patch as Operation[]), shown };
  }
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${describeJson(patch)} into Go value of type map[string]interface {}`,
    );
  }
  if (mediaType === "application/merge-patch+json") {
    return { apply: (stored) => mergePatch(stored, patch), shown };
  }
  const fields = patch as Readonly<Record<string, unknown>>;
  return { apply: (stored) => strategicallyMerged(stored, fields), shown: () => goPrint(patch) };
}

/**
 * Patches a stored object and decodes what comes of it.
 *
 * @throws {ApiError} What `apply` throws, and Invalid when the result is no object of this kind.
 * @see kubernetes `apiserver/pkg/endpoints/handlers/patch.go`: `applyPatchToCurrentObject`
 */
export function decodePatched(
  patch: Patch,
  stored: KubeObject,
  kind: ExpectedKind,
  fieldValidation: string,
): DecodedBody {
  const patched = patch.apply(stored);
  try {
    return decodeTyped(patched, kind, fieldValidation);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw invalid({ group: "", kind: "" }, "", [
      invalidValue("patch", patch.shown(patched), error.message),
    ]);
  }
}

function parsePatch(body: Buffer): unknown {
  try {
    return plainJson(parseJson(body.toString()));
  } catch (error) {
    throw badRequest(`error decoding patch: ${(error as Error).message}`);
  }
}

function jsonPatched(stored: KubeObject, patch: Operation[]): unknown {
  try {
    // The library changes what it is given in places it replaces whole, so it gets a copy.
    return jsonPatch.applyPatch(structuredClone(stored), patch, true, true, true).newDocument;
  } catch {
    throw invalidPatch();
  }
}

function strategicallyMerged(
  stored: KubeObject,
  patch: Readonly<Record<string, unknown>>,
): unknown {
  const type = typeOf(stored.apiVersion, stored.kind) as SchemaType;
  try {
    return strategicMergePatch(type, stored, patch);
  } catch (error) {
    if (error instanceof PatchError) throw refusalOf(error);
    throw error;
  }
}

function refusalOf({ message, code }: PatchError): ApiError {
  if (code === 400) return badRequest(message);
  return code === 422 ? new ApiError("Invalid", message, {}) : unexpectedError(message);
}
