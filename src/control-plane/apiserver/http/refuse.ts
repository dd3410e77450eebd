import { type ApiError, internalError, isApiError, methodNotAllowed } from "../../../api/errors.ts";
import { InvariantError } from "../../../kernel/invariant.ts";
import { groupResourceOf, type Resource } from "../resource.ts";
import { commonHeaders, type HttpReply, jsonType } from "./exchange.ts";

/** Writes a Status; what is not meant for clients becomes a 500 that names no internals. */
export function sendError(reply: HttpReply, error: unknown): void {
  if (error instanceof InvariantError) throw error;
  const refusal = isApiError(error)
    ? error
    : internalError(error instanceof Error ? error.message : String(error));
  const retryAfter = refusal.details?.retryAfterSeconds;
  reply.send(
    refusal.code,
    {
      ...commonHeaders(jsonType),
      ...(retryAfter !== undefined && { "retry-after": String(retryAfter) }),
    },
    `${JSON.stringify(refusal.status)}\n`,
  );
}

/** A verb that a kind does not have. @throws never; returns the error to throw. */
export function methodOnResource(resource: Resource, method: string): ApiError {
  const action = { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" }[method];
  return methodNotAllowed(groupResourceOf(resource), action ?? method.toLowerCase());
}
