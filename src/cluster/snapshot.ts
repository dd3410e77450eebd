import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { inputCharactersMax } from "./input-log.ts";
import { type Journal, JournalError, parseJournal } from "./journal.ts";

/** Bumped whenever an older snapshot could not be read any more. */
const snapshotVersion = 1;

/** What a snapshot says about itself, in a line that people can read, too. */
export interface SnapshotSummary {
  /** Who saved it. */
  readonly podrace: string;
  /** The cluster's time then, RFC 3339 with µs. */
  readonly time: string;
  readonly nodes: number;
  readonly pods: number;
  readonly revision: number;
  readonly facts: number;
  /** What came from outside until then, and changed something. */
  readonly inputs: number;
  readonly traceHash: string;
  readonly objectsHash: string;
}

/**
 * A whole cluster at a moment: the journal up to then, which is all that anything in it follows from.
 */
export interface Snapshot {
  readonly summary: SnapshotSummary;
  /** gzip of a journal with its end. */
  readonly compressed: Uint8Array;
}

/** A snapshot that cannot be read: what is wrong with it, and what was expected. */
export class SnapshotError extends Error {
  override readonly name = "SnapshotError";
}

/**
 * Two lines of text, then the compressed journal. The first line has the version and the checksum of
 * all that follows it, the second one the summary and how long the rest is.
 */
export function encodeSnapshot({ summary, compressed }: Snapshot): Buffer {
  const second = `${JSON.stringify({ ...summary, bytes: compressed.length })}\n`;
  const rest = Buffer.concat([Buffer.from(second), compressed]);
  const first = `${magic} ${snapshotVersion} sha256 ${sha256(rest)}\n`;
  return Buffer.concat([Buffer.from(first), rest]);
}

/** @throws {SnapshotError} If it is none, of another version, cut off, or changed. */
export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [first, rest] = splitLine(file);
  const [, version, expected] = firstLine.exec(first) ?? [];
  if (version === undefined || expected === undefined) {
    const begun = `${magic} ${snapshotVersion} sha256 `.startsWith(first) && first !== "";
    const found = begun ? "one that is cut off in its first line" : "something else";
    throw new SnapshotError(`expected a podrace snapshot, not ${found}`);
  }
  if (version !== String(snapshotVersion)) {
    throw new SnapshotError(
      `snapshot version ${version}; this podrace reads version ${snapshotVersion}`,
    );
  }
  const [second, compressed] = splitLine(rest);
  const summary = parseSummary(second);
  if (summary !== undefined && compressed.length < summary.bytes) {
    throw new SnapshotError(
      `it is cut off: expected ${summary.bytes} bytes after its second line, found ${compressed.length}`,
    );
  }
  const actual = sha256(rest);
  if (actual !== expected) {
    throw new SnapshotError(
      `it was changed or cut off: expected SHA-256 ${expected} after its first line, found ${actual}`,
    );
  }
  if (summary === undefined) throw new SnapshotError("line 2: expected a summary");
  const { bytes: _bytes, ...said } = summary;
  return { summary: said, compressed };
}

/** @throws {SnapshotError} If it holds no journal that comes to an end. */
export function journalOf({ compressed }: Snapshot): Journal & { readonly end: object } {
  try {
    // A little more than a log takes: its end is not counted.
    const maxOutputLength = 2 * inputCharactersMax;
    const journal = parseJournal(gunzipSync(compressed, { maxOutputLength }).toString("utf8"));
    if (journal.end !== undefined) return { ...journal, end: journal.end };
  } catch (error) {
    const why = error instanceof JournalError ? `its ${error.message}` : (error as Error).message;
    throw new SnapshotError(`its journal cannot be read: ${why}`);
  }
  throw new SnapshotError("its journal cannot be read: expected an end, found none");
}

const magic = "podrace snapshot";
const firstLine = new RegExp(`^${magic} (\\d+) sha256 ([0-9a-f]{64})$`);
/** Nothing of ours has longer lines; whatever else is there need not be read as text. */
const lineBytesMax = 4_096;

function splitLine(bytes: Buffer): readonly [line: string, rest: Buffer] {
  const at = bytes.subarray(0, lineBytesMax).indexOf("\n");
  if (at === -1) return [bytes.toString("utf8", 0, lineBytesMax), Buffer.alloc(0)];
  return [bytes.toString("utf8", 0, at), bytes.subarray(at + 1)];
}

function parseSummary(line: string): (SnapshotSummary & { readonly bytes: number }) | undefined {
  try {
    const summary = JSON.parse(line) as SnapshotSummary & { readonly bytes: number };
    return Number.isSafeInteger(summary.bytes) ? summary : undefined;
  } catch {
    return undefined;
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
