import { ApiError, type Status, type StatusReason } from "../../api/errors.ts";
import { goQuote } from "../../api/go-format.ts";
import { ConnectionError } from "./kubectl-error.ts";

/** An answer other than 2xx, as it came. */
export interface FailedResponse {
  readonly method: string;
  readonly path: string;
  readonly code: number;
  readonly text: string;
}

/** The Status in the answer, or what client-go makes of an answer that has none. */
export function errorFromResponse(response: FailedResponse): ApiError {
  const status = statusIn(response.text);
  if (status === undefined) return genericError(response);
  return new ApiError(status.reason ?? "", status.message ?? "", status.details, response.code);
}

/** @see apimachinery `api/errors/errors.go`: NewGenericServerResponse */
function genericError({ method, path, code, text }: FailedResponse): ApiError {
  const [reason, words] = generic.get(code) ?? unknownAnswer(code, text);
  const [, group, resource, name] =
    /^\/api(?:s\/([^/]+))?\/[^/]+(?:\/namespaces\/[^/]+(?=\/))?\/([^/]+)(?:\/([^/]+))?/.exec(
      path,
    ) ?? [];
  const qualified = group === undefined ? resource : `${resource}.${group}`;
  const request = [method.toLowerCase(), qualified, name].filter((part) => part !== undefined);
  return new ApiError(
    reason,
    resource === undefined ? words : `${words} (${request.join(" ")})`,
    undefined,
    code,
  );
}

const generic: ReadonlyMap<number, readonly [StatusReason, string]> = new Map([
  [400, ["BadRequest", "the server rejected our request for an unknown reason"]],
  [401, ["Unauthorized", "the server has asked for the client to provide credentials"]],
  [403, ["Forbidden", "the server does not allow access to the requested resource"]],
  [404, ["NotFound", "the server could not find the requested resource"]],
  [405, ["MethodNotAllowed", "the server does not allow this method on the requested resource"]],
  [422, ["Invalid", "the server rejected our request due to an error in our request"]],
  [503, ["ServiceUnavailable", "the server is currently unable to handle the request"]],
]);

function unknownAnswer(code: number, text: string): readonly [StatusReason | "", string] {
  if (code >= 500) {
    const body = goQuote(text.trim());
    const words = `an error on the server (${body}) has prevented the request from succeeding`;
    return ["InternalError", words];
  }
  return [
    "",
    `the server responded with the status code ${code} but did not return more information`,
  ];
}

function statusIn(text: string): Status | undefined {
  try {
    const body = JSON.parse(text) as Partial<Status> | null;
    return body?.kind === "Status" ? (body as Status) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * No answer at all, in kubectl's words.
 *
 * @see kubectl `util/helpers.go`: StandardErrorMessage
 */
export function connectionError(error: NodeJS.ErrnoException, server: URL): Error {
  if (error.code === "ECONNREFUSED") {
    return new ConnectionError(
      `The connection to the server ${server.host} was refused - did you specify the right host or port?`,
    );
  }
  const cause = untrusted.has(error.code ?? "")
    ? "tls: failed to verify certificate: x509: certificate signed by unknown authority"
    : error.message;
  return new ConnectionError(`Unable to connect to the server: ${cause}`);
}

const untrusted = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_SIGNATURE_FAILURE",
]);
