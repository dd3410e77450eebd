import jsonPatch, { type Operation } from "fast-json-patch";
import { ApiError, badRequest, invalidPatch, unexpectedError } from "../../../api/errors.ts";
import type { KubeObject } from "../../../api/objects.ts";
import { mergePatch } from "../../../api/schema/merge-patch.ts";
import { parseJson } from "../../../api/schema/parse-json.ts";
import { PatchError } from "../../../api/schema/patch-error.ts";
import { plainJson } from "../../../api/schema/read-json.ts";
import { type SchemaType, typeOf } from "../../../api/schema/schema.ts";
import { strategicMergePatch } from "../../../api/schema/strategic-merge-patch.ts";
import { mediaTypeOf } from "./body.ts";

const patchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];

/**
 * What a PATCH body does to a stored object. The result is plain: it is decoded as a body is.
 *
 * @throws {ApiError} UnsupportedMediaType, BadRequest; the returned function: Invalid.
 */
export function readPatch(
  body: Buffer,
  contentType: string | undefined,
): (stored: KubeObject) => unknown {
  const mediaType = mediaTypeOf(contentType, patchTypes);
  const patch = parsePatch(body);
  if (mediaType === "application/json-patch+json") return (stored) => jsonPatched(stored, patch);
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${Array.isArray(patch) ? "array" : typeof patch} into Go value of type map[string]interface {}`,
    );
  }
  if (mediaType === "application/merge-patch+json") return (stored) => mergePatch(stored, patch);
  return (stored) => strategicallyMerged(stored, patch as Readonly<Record<string, unknown>>);
}

function parsePatch(body: Buffer): unknown {
  try {
    return plainJson(parseJson(body.toString()));
  } catch (error) {
    throw badRequest(`error decoding patch: ${(error as Error).message}`);
  }
}

function jsonPatched(stored: KubeObject, patch: unknown): unknown {
  if (!Array.isArray(patch)) {
    throw badRequest(
      "error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch",
    );
  }
  try {
    // The library changes what it is given in places it replaces whole, so it gets a copy.
    return jsonPatch.applyPatch(structuredClone(stored), patch as Operation[], true, true, true)
      .newDocument;
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
