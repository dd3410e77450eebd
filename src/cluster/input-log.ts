import { gzipSync } from "node:zlib";
import type { HttpRequest } from "../control-plane/apiserver/http/exchange.ts";
import type { ResolvedOptions } from "./cluster-options.ts";
import { environmentOf } from "./fault-options.ts";
import {
  type JournalEntry,
  type JournalInput,
  journalVersion,
  recordedRequest,
} from "./journal.ts";
import { podraceVersion } from "./version.ts";

/** What is compressed at a time, characters: large enough to be worth it, small enough not to be felt. */
const chunkLength = 128 * 1024;

/** What is kept of a session's inputs, uncompressed: a snapshot is read as one text. */
export const inputCharactersMax = 256 * 1024 * 1024;

/**
 * The inputs of a session so far that decide its history, compressed, in memory: with the cluster's
 * options all that a snapshot needs. Requests that only look are not kept, unless there are faults:
 * an API server that is slow is kept busy by them.
 */
export class InputLog {
  readonly #chunks: Buffer[] = [];
  readonly #charactersMax: number;
  readonly #keepsAll: boolean;
  #tail = "";
  #characters = 0;
  #count = 0;
  #isOverfull = false;

  /** @param charactersMax Where it gives up: nothing is kept any more, and there are no snapshots. */
  constructor(options: ResolvedOptions, charactersMax = inputCharactersMax) {
    this.#charactersMax = charactersMax;
    this.#keepsAll = environmentOf(options, options.seed, options.startUs) !== undefined;
    this.#write({ journal: journalVersion, podrace: podraceVersion, options });
  }

  /** Inputs kept. */
  get count(): number {
    return this.#count;
  }

  /** Whether there were more inputs than can be kept. */
  get isOverfull(): boolean {
    return this.#isOverfull;
  }

  /** @param apiServer Whom it was sent to; absent for the first. */
  keep(atUs: number, request: HttpRequest, apiServer?: string): void {
    if (!this.#keepsAll && onlyLooks(request)) return;
    this.#write({ at: atUs, request: recordedRequest(request, apiServer) });
    this.#count++;
  }

  /** The client of the `number`-th request went away. It matters to what only looks: to a watch. */
  keepGone(atUs: number, number: number): void {
    if (!this.#keepsAll) return;
    this.#write({ at: atUs, gone: number });
    this.#count++;
  }

  /** Those of a session that was replayed. */
  keepAll(inputs: readonly JournalInput[]): void {
    for (const input of inputs) {
      if ("request" in input) this.keep(input.atUs, input.request, input.apiServer);
      else this.keepGone(input.atUs, input.gone);
    }
  }

  /** The journal so far and its end, as gzip. */
  journalUntil(end: Extract<JournalEntry, { readonly end: unknown }>): Buffer {
    this.#compress();
    return Buffer.concat([...this.#chunks, gzipSync(lineOf(end))]);
  }

  #write(entry: JournalEntry): void {
    if (this.#isOverfull) return;
    const line = lineOf(entry);
    this.#characters += line.length;
    this.#tail += line;
    if (this.#characters > this.#charactersMax) {
      this.#isOverfull = true;
      this.#chunks.splice(0);
      this.#tail = "";
    } else if (this.#tail.length >= chunkLength) {
      this.#compress();
    }
  }

  #compress(): void {
    if (this.#tail === "") return;
    // The members of a gzip file read as one.
    this.#chunks.push(gzipSync(this.#tail, { level: 1 }));
    this.#tail = "";
  }
}

/**
 * Whether a request leaves history as it is: whoever reads or watches records no fact, and whoever
 * turns the clock only decides when, by the wall clock, things happen.
 */
function onlyLooks({ method, url }: HttpRequest): boolean {
  return method === "GET" || method === "HEAD" || /^\/podrace\/v1\/(?:time|snapshot)\b/.test(url);
}

function lineOf(entry: JournalEntry): string {
  return `${JSON.stringify(entry)}\n`;
}
