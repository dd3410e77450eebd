import { goQuote } from "./go-format.ts";

/** A resource by its plural name; the group is empty for the core group. */
export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

/** One thing that is wrong. `field` is a path such as `spec.containers[0].name`. */
export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** `kind` is the resource's plural for most reasons, and the Kind for `Invalid`. */
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly Partial<StatusCause>[];
  readonly retryAfterSeconds?: number;
}

export interface StatusMetadata {
  /** With `Expired`: a token to go on with, if an inconsistent list will do. */
  readonly continue?: string;
}

/** The body of every answer that is not an object. @see kubernetes `metav1.Status` */
export interface Status {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: StatusMetadata;
  readonly status: "Success" | "Failure";
  readonly message?: string;
  readonly reason?: StatusReason;
  readonly details?: StatusDetails;
  readonly code?: number;
}

/** Why the API server refuses, with its HTTP code. @see kubernetes `metav1.StatusReason` */
export const statusCodes = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const;

export type StatusReason = keyof typeof statusCodes;

/**
 * An answer that a real client can get and must handle. A broken invariant is not one of these.
 *
 * `reason` is empty where the real server names none (it then answers 500 with the bare message).
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly reason: StatusReason | "";
  readonly code: number;
  readonly details?: StatusDetails;
  readonly metadata: StatusMetadata;

  constructor(
    reason: StatusReason | "",
    message: string,
    details?: StatusDetails,
    code: number = reason === "" ? 500 : statusCodes[reason],
    metadata: StatusMetadata = {},
  ) {
    super(message);
    this.reason = reason;
    this.code = code;
    this.metadata = metadata;
    if (details !== undefined) this.details = details;
  }

  /** The response body, keys in the real server's order. */
  get status(): Status {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: this.metadata,
      status: "Failure",
      message: this.message,
      ...(this.reason !== "" && { reason: this.reason }),
      ...(this.details !== undefined && { details: this.details }),
      code: this.code,
    };
  }
}

/** By name, not `instanceof`: an error that crossed a thread is a copy. */
export function isApiError(error: unknown, reason?: StatusReason): error is ApiError {
  return (
    error instanceof Error &&
    error.name === "ApiError" &&
    (reason === undefined || (error as ApiError).reason === reason)
  );
}

/**
 * Whether the server, or what it keeps its objects in, failed: the same request may do better later. It
 * may have been carried out all the same.
 */
export function isServerFailure(error: unknown): boolean {
  return isApiError(error) && (error.code >= 500 || error.reason === "TooManyRequests");
}

export function notFound(resource: GroupResource, name: string): ApiError {
  const message = `${qualified(resource)} ${goQuote(name)} not found`;
  return new ApiError("NotFound", message, about(resource, name));
}

export function alreadyExists(resource: GroupResource, name: string): ApiError {
  const message = `${qualified(resource)} ${goQuote(name)} already exists`;
  return new ApiError("AlreadyExists", message, about(resource, name));
}

const staleVersion =
  "the object has been modified; please apply your changes to the latest version and try again";

/** `why` defaults to the words for a stale `resourceVersion`. */
export function conflict(resource: GroupResource, name: string, why = staleVersion): ApiError {
  const message = `Operation cannot be fulfilled on ${qualified(resource)} ${goQuote(name)}: ${why}`;
  return new ApiError("Conflict", message, about(resource, name));
}

/** What every cause says goes into the message once, however often it is among the causes. */
export function invalid(kind: GroupKind, name: string, causes: readonly StatusCause[]): ApiError {
  const what = { group: kind.group, resource: kind.kind };
  const problems = [...new Set(causes.map(({ field, message }) => `${field}: ${message}`))];
  const [first = "", ...more] = problems;
  const summary = more.length === 0 ? first : `[${problems.join(", ")}]`;
  const message = `${qualified(what)} ${goQuote(name)} is invalid${summary && `: ${summary}`}`;
  const details = { ...about(what, name), ...(causes.length > 0 && { causes }) };
  return new ApiError("Invalid", message, details);
}

export function badRequest(message: string): ApiError {
  return new ApiError("BadRequest", message);
}

export function unauthorized(): ApiError {
  return new ApiError("Unauthorized", "Unauthorized");
}

/** Without a name the message speaks of the whole resource, as for a list. */
export function forbidden(resource: GroupResource, name: string, why: string): ApiError {
  const subject = name === "" ? "" : ` ${goQuote(name)}`;
  const message = `${qualified(resource)}${subject} is forbidden: ${why}`;
  return new ApiError("Forbidden", message, about(resource, name));
}

export function methodNotAllowed(resource: GroupResource, action: string): ApiError {
  const message = `${action} is not supported on resources of kind ${goQuote(qualified(resource))}`;
  return new ApiError("MethodNotAllowed", message, about(resource, ""));
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  const problem = "the body of the request was in an unknown format";
  const message = `${problem} - accepted media types include: ${accepted.join(", ")}`;
  return new ApiError("UnsupportedMediaType", message);
}

export function notAcceptable(accepted: readonly string[]): ApiError {
  const message = `only the following media types are accepted: ${accepted.join(", ")}`;
  return new ApiError("NotAcceptable", message);
}

/** A revision that has been compacted away, asked for by a list, a watch or a continue token. */
export function expired(message: string, metadata: StatusMetadata = {}): ApiError {
  return new ApiError("Expired", message, undefined, undefined, metadata);
}

/** The client has seen a revision that this server has not reached; it should come back in a second. */
export function tooLargeResourceVersion(asked: number, current: number): ApiError {
  const message = `Timeout: Too large resource version: ${asked}, current: ${current}`;
  return new ApiError("Timeout", message, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
}

export function internalError(message: string): ApiError {
  const details = { causes: [{ message }] };
  return new ApiError("InternalError", `Internal error occurred: ${message}`, details);
}

/** A failure for which the real server has no reason: a bare 500. */
export function unexpectedError(message: string): ApiError {
  return new ApiError("", message);
}

/** The path names no resource that is served. */
export function noSuchResource(): ApiError {
  return new ApiError("NotFound", "the server could not find the requested resource", {});
}

export function tooManyRequests(
  message: string,
  retryAfterSeconds: number,
  causes: readonly Partial<StatusCause>[] = [],
): ApiError {
  return new ApiError("TooManyRequests", message, {
    ...(causes.length > 0 && { causes }),
    ...(retryAfterSeconds > 0 && { retryAfterSeconds }),
  });
}

export function requestEntityTooLarge(message: string): ApiError {
  return new ApiError("RequestEntityTooLarge", `Request entity too large: ${message}`);
}

/** A well-formed JSON patch that does not apply to the object. */
export function invalidPatch(): ApiError {
  const message = "the server rejected our request due to an error in our request";
  return new ApiError("Invalid", message, {});
}

/** `pods`, `deployments.apps`: how upstream names a resource or a kind in its messages. */
function qualified({ group, resource }: GroupResource): string {
  return group === "" ? resource : `${resource}.${group}`;
}

function about({ group, resource }: GroupResource, name: string): StatusDetails {
  return {
    ...(name !== "" && { name }),
    ...(group !== "" && { group }),
    ...(resource !== "" && { kind: resource }),
  };
}
