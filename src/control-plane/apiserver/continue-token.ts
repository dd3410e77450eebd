import { badRequest } from "../../api/errors.ts";

/** Where the next page of a list begins, and the revision all its pages are of. */
export interface ContinueToken {
  readonly revision: number;
  /** The first key not listed yet, without the kind's prefix. */
  readonly start: string;
}

/** @see kubernetes `staging/src/k8s.io/apiserver/pkg/storage/continue.go`: the same JSON */
export function encodeContinueToken({ revision, start }: ContinueToken): string {
  const json = JSON.stringify({ v: "meta.k8s.io/v1", rv: revision, start: `/${start}` });
  return Buffer.from(json).toString("base64url");
}

/** @throws {ApiError} BadRequest */
export function decodeContinueToken(token: string): ContinueToken {
  const json = Buffer.from(token, "base64url").toString();
  let parsed: { readonly v?: unknown; readonly rv?: unknown; readonly start?: unknown };
  try {
    parsed = JSON.parse(json) as typeof parsed;
  } catch {
    throw badRequest(
      "invalid continue token: continue key is not valid: illegal base64 data at input byte 0",
    );
  }
  const { v, rv, start } = parsed;
  if (v !== "meta.k8s.io/v1" || typeof rv !== "number" || typeof start !== "string") {
    throw badRequest(
      `invalid continue token: continue key is not valid: server does not recognize this encoded version ${JSON.stringify(v)}`,
    );
  }
  if (!start.startsWith("/") || start.includes("/../")) {
    throw badRequest(`invalid continue token: continue key is not valid: ${JSON.stringify(start)}`);
  }
  return { revision: rv, start: start.slice(1) };
}
