import { ApiError, internalError, isApiError } from "../../../api/errors.ts";
import { InvariantError } from "../../../kernel/invariant.ts";
import { commonHeaders, type Headers, type HttpReply, jsonType } from "./exchange.ts";

/** How an error is answered. */
export interface Refusal {
  readonly code: number;
  /** Besides those of every answer. */
  readonly headers: Headers;
  /** A Status. */
  readonly json: string;
}

/**
 * What is not meant for clients becomes a 500 that names no internals; a broken invariant is thrown
 * on, since it ends the run.
 */
export function refusalFor(error: unknown): Refusal {
  if (error instanceof InvariantError) throw error;
  const { code, status, details } = isApiError(error)
    ? error
    : internalError(error instanceof Error ? error.message : String(error));
  const retryAfter = details?.retryAfterSeconds;
  return {
    code,
    headers: retryAfter === undefined ? {} : { "retry-after": String(retryAfter) },
    json: JSON.stringify(status),
  };
}

/** Refuses a request of which nothing is known, in plain JSON. */
export function sendError(reply: HttpReply, error: unknown): void {
  const { code, headers, json } = refusalFor(error);
  reply.send(code, { ...commonHeaders(jsonType), ...headers }, `${json}\n`);
}

/** A method that a path does not have. */
export function noSuchMethod(): ApiError {
  const message = "the server does not allow this method on the requested resource";
  return new ApiError("MethodNotAllowed", message, {});
}
