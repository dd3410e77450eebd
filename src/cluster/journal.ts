import type { HttpRequest } from "../control-plane/apiserver/http/exchange.ts";
import type { UserInfo } from "../control-plane/apiserver/request.ts";
import type { Fact } from "../kernel/trace.ts";
import type { Progress } from "./cluster.ts";
import type { ResolvedOptions } from "./cluster-options.ts";

/** Bumped whenever an older journal could not be replayed any more. */
export const journalVersion = 2;

/**
 * A live session as data: what the cluster was, and everything that came from outside, with its
 * virtual time. One line of JSON each.
 */
export type JournalEntry =
  | { readonly journal: number; readonly podrace: string; readonly options: ResolvedOptions }
  | { readonly at: number; readonly request: RecordedRequest }
  /** The client of the `gone`-th request went away; counted from 0. */
  | { readonly at: number; readonly gone: number }
  /** The facts since the checkpoint before, if facts are recorded. A checkpoint follows. */
  | { readonly at: number; readonly facts: readonly Fact[] }
  /** What the run had come to when all that was due until then was handled. */
  | { readonly at: number; readonly checkpoint: Progress }
  | { readonly at: number; readonly end: JournalEnd };

export interface RecordedRequest extends Omit<HttpRequest, "body" | "user"> {
  /** Base64; absent for none. */
  readonly body?: string;
  readonly user?: UserInfo;
  /** Whom it was sent to; absent for the first API server. */
  readonly apiServer?: string;
}

/** What the run had come to; a replay must come to the same. */
export interface JournalEnd {
  readonly traceHash: string;
  /** Of all objects there were in the end: facts do not tell what is in them. */
  readonly objectsHash: string;
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
  readonly checkpoints: readonly JournalCheckpoint[];
  /** Empty if facts were not recorded. */
  readonly facts: readonly Fact[];
  /** Absent for a session that did not end by itself. */
  readonly end: ({ readonly atUs: number } & JournalEnd) | undefined;
}

export type JournalInput =
  | { readonly atUs: number; readonly request: HttpRequest; readonly apiServer?: string }
  | { readonly atUs: number; readonly gone: number };

export interface JournalCheckpoint extends Progress {
  readonly atUs: number;
}

/** A journal that cannot be read: which line, and what was expected there. */
export class JournalError extends Error {
  override readonly name = "JournalError";
}

/** What is written down of a request. Who asked is known by then, so no token is. */
export function recordedRequest(
  { body, user, headers, ...request }: HttpRequest,
  apiServer?: string,
): RecordedRequest {
  const { authorization: _authorization, ...others } = headers;
  return {
    ...request,
    headers: others,
    ...(body.length > 0 && { body: body.toString("base64") }),
    ...(user !== undefined && { user }),
    ...(apiServer !== undefined && { apiServer }),
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
  const [firstLine, ...rest] = lines;
  if (firstLine === undefined) {
    const found = isCut ? "a line that is cut off" : "nothing";
    throw new JournalError(`line 1: expected the head of a podrace journal, not ${found}`);
  }
  const head = parseHead(firstLine);
  const inputs: JournalInput[] = [];
  const checkpoints: JournalCheckpoint[] = [];
  const facts: Fact[] = [];
  let requests = 0;
  let end: Journal["end"];
  let lastUs = head.options.startUs;
  for (const [index, line] of rest.entries()) {
    const number = index + 2;
    const expect = (holds: boolean, what: string): void => {
      if (!holds) throw new JournalError(`line ${number}: expected ${what}`);
    };
    expect(end === undefined, "nothing after the end");
    const entry = parseLine(line, number);
    expect(isEntry(entry), "a request, a gone, facts, a checkpoint or an end, each with a time");
    const { at: atUs, ...what } = entry as Exclude<JournalEntry, { readonly journal: number }>;
    // An input is stamped before its time has come, so what was handled until then may lie behind.
    if ("facts" in what || "checkpoint" in what) {
      const doneUs = checkpoints.at(-1)?.atUs ?? head.options.startUs;
      expect(atUs >= doneUs, `no time before ${doneUs}, the checkpoint before it`);
      if ("facts" in what) for (const fact of what.facts) facts.push(fact);
      else checkpoints.push({ atUs, ...what.checkpoint });
      continue;
    }
    expect(atUs >= lastUs, `no time before ${lastUs}, the one before it`);
    lastUs = atUs;
    if ("request" in what) {
      const { body = "", user, apiServer, ...request } = what.request;
      inputs.push({
        atUs,
        request: { ...request, user, body: Buffer.from(body, "base64") },
        ...(apiServer !== undefined && { apiServer }),
      });
      requests++;
    } else if ("gone" in what) {
      expect(what.gone < requests, `one of the ${requests} requests before it`);
      inputs.push({ atUs, gone: what.gone });
    } else {
      end = { atUs, ...what.end };
    }
  }
  return { ...head, inputs, checkpoints, facts, end };
}

function parseHead(line: string): Pick<Journal, "options" | "podrace"> {
  const head = parseLine(line, 1);
  const expected = "line 1: expected the head of a podrace journal";
  if (!isRecord(head) || !("journal" in head)) {
    throw new JournalError(`${expected}, not something else`);
  }
  const { journal, podrace, options } = head;
  if (journal !== journalVersion) {
    const found = JSON.stringify(journal);
    throw new JournalError(
      `line 1: journal version ${found}; this podrace reads ${journalVersion}`,
    );
  }
  const isWhole =
    typeof podrace === "string" && isRecord(options) && Number.isSafeInteger(options["startUs"]);
  if (!isWhole) throw new JournalError(`${expected}, with its podrace and options`);
  return { podrace, options: options as unknown as ResolvedOptions };
}

function parseLine(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new JournalError(`line ${number}: expected JSON`);
  }
}

function isEntry(entry: unknown): boolean {
  if (!isRecord(entry) || !Number.isSafeInteger(entry["at"])) return false;
  if ("request" in entry) return isRequest(entry["request"]);
  if ("gone" in entry) return Number.isSafeInteger(entry["gone"]) && Number(entry["gone"]) >= 0;
  if ("facts" in entry) return Array.isArray(entry["facts"]) && entry["facts"].every(isFact);
  if ("checkpoint" in entry) return isProgress(entry["checkpoint"]);
  return isEnd(entry["end"]);
}

function isRequest(request: unknown): boolean {
  if (!isRecord(request)) return false;
  const { method, url, headers, body = "", user } = request;
  return (
    [method, url, body].every((text) => typeof text === "string") &&
    isRecord(headers) &&
    Object.values(headers).every((text) => typeof text === "string") &&
    (user === undefined || isUser(user))
  );
}

function isUser(user: unknown): boolean {
  return (
    isRecord(user) &&
    typeof user["username"] === "string" &&
    Array.isArray(user["groups"]) &&
    user["groups"].every((group) => typeof group === "string")
  );
}

function isFact(fact: unknown): boolean {
  if (!isRecord(fact)) return false;
  const { atUs, actor, kind, subject, data } = fact;
  return (
    Number.isSafeInteger(atUs) &&
    [actor, kind, subject].every((text) => typeof text === "string") &&
    isRecord(data)
  );
}

function isProgress(progress: unknown): boolean {
  if (!isRecord(progress)) return false;
  const { facts, revision, hash } = progress;
  return [facts, revision].every(Number.isSafeInteger) && typeof hash === "string";
}

function isEnd(end: unknown): boolean {
  if (!isRecord(end)) return false;
  const { traceHash, objectsHash, facts, revision } = end;
  return (
    [traceHash, objectsHash].every((hash) => typeof hash === "string") &&
    [facts, revision].every((count) => Number.isSafeInteger(count))
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
