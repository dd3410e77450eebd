import { badRequest } from "../../api/errors.ts";
import { DecodeError } from "../../api/schema/decode-error.ts";
import { describeJson } from "../../api/schema/go-scalars.ts";
import { parseJson } from "../../api/schema/parse-json.ts";

/** Where the next page of a list begins, and the revision all its pages are of. */
export interface ContinueToken {
  /** Below zero for a list whose revision is gone: the rest is of whatever is there. */
  readonly revision: number;
  /** The first key not listed yet, without the kind's prefix. */
  readonly start: string;
}

const version = "meta.k8s.io/v1";

/** @see kubernetes `staging/src/k8s.io/apiserver/pkg/storage/continue.go`: the same JSON */
export function encodeContinueToken({ revision, start }: ContinueToken): string {
  const json = JSON.stringify({ v: version, rv: revision, start: `/${start}` });
  return Buffer.from(json).toString("base64url");
}

/** @throws {ApiError} BadRequest */
export function decodeContinueToken(token: string): ContinueToken {
  const corruptAt = firstCorruptByte(token);
  if (corruptAt !== -1) throw invalidToken(`: illegal base64 data at input byte ${corruptAt}`);
  const { v = "", rv = 0, start = "" } = readJson(Buffer.from(token, "base64url").toString());
  if (v !== version) {
    throw invalidToken(`: server does not recognize this encoded version ${JSON.stringify(v)}`);
  }
  if (typeof rv !== "number" || rv === 0) {
    throw invalidToken(`: incorrect encoded start resourceVersion (version ${version})`);
  }
  if (typeof start !== "string" || start === "") {
    throw invalidToken(`: encoded start key empty (version ${version})`);
  }
  const key = start.replace(/^\//, "");
  // A token is anybody's to write: it must not lead out of the kind it is for.
  if (key.split("/").some((part) => ["", ".", ".."].includes(part))) {
    throw invalidToken(`: ${start}`);
  }
  return { revision: rv, start: key };
}

interface TokenJson {
  readonly v?: unknown;
  readonly rv?: unknown;
  readonly start?: unknown;
}

function readJson(text: string): TokenJson {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw error instanceof DecodeError ? invalidToken(`: ${error.message}`) : error;
  }
  const found = describeJson(value);
  if (found === "object") return value ?? {};
  throw invalidToken(
    `: json: cannot unmarshal ${found} into Go value of type storage.continueToken`,
  );
}

/** Where Go's decoder of unpadded base64url gives up; -1 when it does not. */
function firstCorruptByte(token: string): number {
  const foreign = token.search(/[^\w-]/);
  if (foreign !== -1) return foreign;
  return token.length % 4 === 1 ? token.length - 1 : -1;
}

function invalidToken(why: string): Error {
  return badRequest(`invalid continue token: continue key is not valid${why}`);
}
