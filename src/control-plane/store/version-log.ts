import type { Version } from "./version.ts";

/** A version, or the index of a deferred put that will be one. */
type Entry<V> = Version<V> | number;

type RevisionOf = (index: number) => number;

/** All versions since the last compaction in the order they were written, in chunks. */
export class VersionLog<V> {
  readonly #chunks: Entry<V>[][] = [];
  #open: Entry<V>[] = [];
  /** Entries that were in chunks before the first. */
  #dropped = 0;
  /** Index in the first chunk of the first version that is not taken yet. */
  #taken = 0;
  #length = 0;

  /** Versions there are. */
  get length(): number {
    return this.#length;
  }

  /** The newest version, if it is not deferred. */
  get last(): Version<V> | undefined {
    const last = this.#open.at(-1);
    return typeof last === "number" ? undefined : last;
  }

  /** Returns its place, for `put`. */
  append(version: Entry<V>): number {
    if (this.#open.length === chunkLength || this.#chunks.length === 0) {
      this.#open = [];
      this.#chunks.push(this.#open);
    }
    this.#open.push(version);
    this.#length++;
    return this.#dropped + (this.#chunks.length - 1) * chunkLength + this.#open.length - 1;
  }

  /** A deferred put was made. Its place may have been taken out by now. */
  put(place: number, version: Version<V>): void {
    const at = place - this.#dropped;
    if (at < this.#taken) return;
    const chunk = this.#chunks[Math.floor(at / chunkLength)];
    if (chunk !== undefined) chunk[at % chunkLength] = version;
  }

  /**
   * The versions after `revision`, oldest first. None of them is deferred.
   *
   * @param revisionOf When a deferred put was written.
   */
  *after(revision: number, revisionOf: RevisionOf): Generator<Version<V>, void, undefined> {
    const writtenAt = (entry: Entry<V> | undefined): number =>
      typeof entry === "number" ? revisionOf(entry) : (entry?.modRevision ?? 0);
    let index = this.#chunks.findIndex((chunk) => writtenAt(chunk.at(-1)) > revision);
    if (index === -1) return;
    let at = firstWhere(this.#chunks[index] as Entry<V>[], (entry) => writtenAt(entry) > revision);
    if (index === 0) at = Math.max(at, this.#taken);
    for (; index < this.#chunks.length; index++, at = 0) {
      const chunk = this.#chunks[index] as Version<V>[];
      for (; at < chunk.length; at++) yield chunk[at] as Version<V>;
    }
  }

  /**
   * Takes the oldest entry out, if it was written before `revision`.
   *
   * @param revisionOf When a deferred put was written.
   */
  takeBefore(revision: number, revisionOf: RevisionOf): Entry<V> | undefined {
    const oldest = this.#chunks[0]?.[this.#taken];
    if (oldest === undefined) return undefined;
    const writtenAt = typeof oldest === "number" ? revisionOf(oldest) : oldest.modRevision;
    if (writtenAt >= revision) return undefined;
    this.#length--;
    this.#taken++;
    if (this.#taken === chunkLength) {
      this.#chunks.shift();
      this.#dropped += chunkLength;
      this.#taken = 0;
    }
    return oldest;
  }
}

/** So many versions are let go of at once. */
const chunkLength = 4_096;

/** Where a sorted list begins to be what is asked for. */
function firstWhere<T>(sorted: readonly T[], isAsked: (item: T) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isAsked(sorted[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}
