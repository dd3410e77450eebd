import { ApiError, isApiError, type StatusCause } from "../../api/errors.ts";
import { goQuote } from "../../api/go-format.ts";

/** What kubectl itself has to complain about, as opposed to the server. Shown after `error: `. */
export class KubectlError extends Error {
  override readonly name: string = "KubectlError";
}

/** The server could not be reached. Shown as it is. */
export class ConnectionError extends KubectlError {
  override readonly name = "ConnectionError";
}

/** Several failures of one command: all of them, or only one as it would be alone. */
export function failAll(errors: readonly unknown[]): void {
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors);
}

/**
 * Adds what was being done with which file to a failure that is the server's or kubectl's.
 *
 * @see kubectl `util/helpers.go`: AddSourceToErr
 */
export function whileDoing(verb: string, source: string, error: unknown): unknown {
  const explained = (message: string): string =>
    `error when ${verb} ${goQuote(source)}: ${message}`;
  if (isApiError(error)) {
    return new ApiError(error.reason, explained(error.message), error.details, error.code);
  }
  return error instanceof KubectlError ? new KubectlError(explained(error.message)) : error;
}

/**
 * What kubectl prints on stderr about a failure, newline included.
 *
 * @see kubectl `util/helpers.go`: checkErr, StandardErrorMessage, MultilineError
 */
export function renderError(error: unknown): string {
  if (error instanceof AggregateError) {
    return error.errors.map((each) => `${renderPlain(each)}\n`).join("");
  }
  if (isApiError(error, "Invalid")) return `${renderInvalid(error)}\n`;
  const text = renderPlain(error);
  const isComplete = isApiError(error) || error instanceof ConnectionError;
  return isComplete || text.startsWith("error: ") ? `${text}\n` : `error: ${text}\n`;
}

function renderPlain(error: unknown): string {
  if (!isApiError(error)) return error instanceof Error ? error.message : String(error);
  if (error.reason === "Unauthorized") {
    return `error: You must be logged in to the server (${error.message})`;
  }
  const reason = error.reason === "" ? "" : ` (${error.reason})`;
  return `Error from server${reason}: ${error.message}`;
}

type InvalidError = Error & { readonly details?: InvalidDetails };
interface InvalidDetails {
  readonly kind?: string;
  readonly name?: string;
  readonly causes?: readonly Partial<StatusCause>[];
}

function renderInvalid({ message, details = {} }: InvalidError): string {
  const { kind = "", name = "", causes = [] } = details;
  const isNamed = kind !== "" || name !== "";
  const subject = isNamed ? `The ${kind} ${goQuote(name)} is invalid` : "The request is invalid";
  const problems = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))];
  if (problems.length > 1) return `${subject}: \n${problems.map((each) => `* ${each}`).join("\n")}`;
  const problem = problems[0] ?? (isNamed ? undefined : message);
  return problem === undefined ? subject : `${subject}: ${problem}`;
}
