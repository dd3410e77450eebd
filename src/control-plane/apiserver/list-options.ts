import { badRequest, invalid, type StatusCause, unexpectedError } from "../../api/errors.ts";
import { forbiddenField, notSupported } from "../../api/field-errors.ts";
import type { ListOptions, WatchOptions } from "./request.ts";

const matchField = "resourceVersionMatch";

/**
 * @throws {ApiError} Invalid, for options that contradict each other; BadRequest, for a revision
 *   that is none.
 * @see kubernetes `apimachinery/pkg/apis/meta/internalversion/validation/validation.go`
 */
export function requireListOptions(options: ListOptions): void {
  const { resourceVersion, resourceVersionMatch: match } = options;
  if (match !== "") {
    const causes: StatusCause[] = [];
    const forbid = (why: string): void => void causes.push(forbiddenField(matchField, why));
    if (resourceVersion === "") {
      forbid("resourceVersionMatch is forbidden unless resourceVersion is provided");
    }
    if (options.continue !== "") {
      forbid("resourceVersionMatch is forbidden when continue is provided");
    }
    if (match !== "Exact" && match !== "NotOlderThan") {
      causes.push(notSupported(matchField, match, ["Exact", "NotOlderThan", ""]));
    }
    if (match === "Exact" && resourceVersion === "0") {
      forbid('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
    }
    requireNone(causes);
  }
  if (options.continue !== "" && resourceVersion !== "" && resourceVersion !== "0") {
    throw badRequest("specifying resource version is not allowed when using continue");
  }
}

/** @throws {ApiError} Invalid, for options that contradict each other. */
export function requireWatchOptions(options: WatchOptions): void {
  const { sendInitialEvents, resourceVersionMatch: match } = options;
  const causes: StatusCause[] = [];
  const forbid = (why: string): void => void causes.push(forbiddenField(matchField, why));
  if (sendInitialEvents !== undefined && match !== "NotOlderThan") {
    forbid("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  }
  if (sendInitialEvents === undefined && match !== "") {
    forbid("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
  }
  if (match !== "" && match !== "NotOlderThan") {
    causes.push(notSupported(matchField, match, ["NotOlderThan"]));
  }
  requireNone(causes);
}

/** The revision a list asks for; 0 for any. @throws {ApiError} BadRequest */
export function listRevision(text: string): number {
  return revisionOf(text, (problem) => badRequest(`invalid resource version: ${problem}`));
}

/** The revision a watch goes on after; 0 for none. @throws {ApiError} A bare 500, as upstream's. */
export function watchRevision(text: string): number {
  return revisionOf(text, unexpectedError);
}

function revisionOf(text: string, refuse: (problem: string) => Error): number {
  if (text === "") return 0;
  const revision = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(revision)) return revision;
  const value = JSON.stringify(text);
  const problem = /^\d+$/.test(text) ? "value out of range" : "invalid syntax";
  throw refuse(
    `resourceVersion: Invalid value: ${value}: strconv.ParseUint: parsing ${value}: ${problem}`,
  );
}

function requireNone(causes: readonly StatusCause[]): void {
  if (causes.length > 0) {
    throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", causes);
  }
}
