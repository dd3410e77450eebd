import type { HttpRequest } from "../control-plane/apiserver/http/exchange.ts";
import type { UserInfo } from "../control-plane/apiserver/request.ts";
import type { ResolvedOptions } from "./cluster-options.ts";

/** Bumped whenever an older journal could not be replayed any more. */
export const journalVersion = 1;

/**
 * A live session as data: what the cluster was, and everything that came from outside, with its
 * virtual time. One line of JSON each.
 */
export type JournalEntry =
  | { readonly journal: number; readonly podrace: string; readonly options: ResolvedOptions }
  | { readonly at: number; readonly request: RecordedRequest }
  /** The client of the `gone`-th request went away; counted from 0. */
  | { readonly at: number; readonly gone: number }
  | { readonly at: number; readonly end: JournalEnd };

export interface RecordedRequest extends Omit<HttpRequest, "body" | "user"> {
  /** Base64; absent for none. */
  readonly body?: string;
  readonly user?: UserInfo;
}

/** What the run had come to; a replay must come to the same. */
export interface JournalEnd {
  readonly traceHash: string;
  readonly facts: number;
  readonly revision: number;
}

/** Where a live cluster's inputs are written, in the order they are stamped in. */
export interface JournalWriter {
  write(entry: JournalEntry): void;
}

/** A journal as read back. */
export interface Journal {
  readonly options: ResolvedOptions;
  readonly podrace: string;
  readonly inputs: readonly JournalInput[];
  /** Absent for a session that did not end by itself. */
  readonly end: ({ readonly atUs: number } & JournalEnd) | undefined;
}

export type JournalInput =
  | { readonly atUs: number; readonly request: HttpRequest }
  | { readonly atUs: number; readonly gone: number };

/** A journal that cannot be read: which line, and what was expected there. */
export class JournalError extends Error {
  override readonly name = "JournalError";
}

export function recordedRequest({ body, user, ...request }: HttpRequest): RecordedRequest {
  return {
    ...request,
    ...(body.length > 0 && { body: body.toString("base64") }),
    ...(user !== undefined && { user }),
  };
}

/**
 * Reads a journal. A last line that was cut off in the middle, as a crash leaves it, counts as not
 * written.
 *
 * @throws {JournalError} Naming the line.
 */
export function parseJournal(text: string): Journal {
  const lines = text.split("\n");
  const isCut = lines.pop() !== "";
  const entries = lines.map((line, index) => parseLine(line, index + 1));
  const [head, ...rest] = entries;
  if (head === undefined || !("journal" in head)) {
    const found = isCut ? "a line that is cut off" : "something else";
    throw new JournalError(`line 1: expected the head of a podrace journal, not ${found}`);
  }
  if (head.journal !== journalVersion) {
    throw new JournalError(
      `line 1: journal version ${head.journal}; this podrace reads ${journalVersion}`,
    );
  }
  const inputs: JournalInput[] = [];
  let end: Journal["end"];
  for (const [index, entry] of rest.entries()) {
    const line = index + 2;
    if (end !== undefined) throw new JournalError(`line ${line}: expected nothing after the end`);
    if ("request" in entry) {
      const { body = "", user, ...request } = entry.request;
      inputs.push({
        atUs: entry.at,
        request: { ...request, user, body: Buffer.from(body, "base64") },
      });
    } else if ("gone" in entry) {
      inputs.push({ atUs: entry.at, gone: entry.gone });
    } else if ("end" in entry) {
      end = { atUs: entry.at, ...entry.end };
    } else {
      throw new JournalError(`line ${line}: expected an input, not a second head`);
    }
  }
  return { options: head.options, podrace: head.podrace, inputs, end };
}

function parseLine(line: string, number: number): JournalEntry {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    throw new JournalError(`line ${number}: expected JSON`);
  }
  const has = (field: string): boolean =>
    typeof entry === "object" && entry !== null && Object.hasOwn(entry, field);
  const isInput =
    has("at") &&
    Number.isSafeInteger((entry as { readonly at: unknown }).at) &&
    (has("request") || has("gone") || has("end"));
  const isKnown = has("journal") || isInput;
  if (!isKnown)
    throw new JournalError(`line ${number}: expected a head, a request, a gone or an end`);
  return entry as JournalEntry;
}
