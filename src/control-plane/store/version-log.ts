import type { Version } from "./version.ts";

/** All versions since the last compaction in the order they were written, in chunks. */
export class VersionLog<V> {
  readonly #chunks: Version<V>[][] = [];
  #open: Version<V>[] = [];
  /** Index in the first chunk of the first version that is not taken yet. */
  #taken = 0;
  #length = 0;

  /** Versions there are. */
  get length(): number {
    return this.#length;
  }

  /** The newest version. */
  get last(): Version<V> | undefined {
    return this.#open.at(-1);
  }

  append(version: Version<V>): void {
    if (this.#open.length === chunkLength || this.#chunks.length === 0) {
      this.#open = [];
      this.#chunks.push(this.#open);
    }
    this.#open.push(version);
    this.#length++;
  }

  /** The versions after `revision`, oldest first. */
  *after(revision: number): Generator<Version<V>, void, undefined> {
    let index = this.#chunks.findIndex((chunk) => (chunk.at(-1)?.modRevision ?? 0) > revision);
    if (index === -1) return;
    let at = firstAfter(this.#chunks[index] as Version<V>[], revision);
    if (index === 0) at = Math.max(at, this.#taken);
    for (; index < this.#chunks.length; index++, at = 0) {
      const chunk = this.#chunks[index] as Version<V>[];
      for (; at < chunk.length; at++) yield chunk[at] as Version<V>;
    }
  }

  /** Takes the oldest version out, if it was written before `revision`. */
  takeBefore(revision: number): Version<V> | undefined {
    const oldest = this.#chunks[0]?.[this.#taken];
    if (oldest === undefined || oldest.modRevision >= revision) return undefined;
    this.#length--;
    this.#taken++;
    if (this.#taken === chunkLength) {
      this.#chunks.shift();
      this.#taken = 0;
    }
    return oldest;
  }
}

/** So many versions are let go of at once. */
const chunkLength = 4_096;

function firstAfter<V>(chunk: readonly Version<V>[], revision: number): number {
  let low = 0;
  let high = chunk.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((chunk[middle] as Version<V>).modRevision <= revision) low = middle + 1;
    else high = middle;
  }
  return low;
}
