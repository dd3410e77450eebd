import { InvariantError } from "../../kernel/invariant.ts";
import type { KeyMap } from "./key-map.ts";
import type { SortedKeys } from "./sorted-keys.ts";
import { prefixEnd, type Stamp } from "./store.ts";
import { noLease, Version } from "./version.ts";
import type { VersionLog } from "./version-log.ts";

/**
 * Where the keys and values of deferred puts come from: of things that are written all the time and
 * hardly ever read, only what is needed to make them later is kept until somebody reads.
 */
export interface DeferredValues<V> {
  /** What all their keys begin with. */
  readonly prefix: string;
  /** A key that nothing was ever put under by these values. */
  keyOf(index: number): string;
  valueOf(index: number): V;
  /** All so far were made, and are not asked for again: the next one has the index 0. */
  made(written: readonly MadePut[]): void;
}

/** A deferred put that became one like any other. */
export interface MadePut {
  readonly key: string;
  readonly revision: number;
}

/**
 * The puts of a keyspace that nobody has read yet, in the order of their revisions. Each has its place
 * in the log; who looks under their prefix has all of them made first.
 */
export class DeferredPuts<V> {
  readonly #heads: KeyMap<Version<V>>;
  readonly #keys: SortedKeys;
  readonly #log: VersionLog<V>;
  readonly #stamp: Stamp<V>;
  /** By index. */
  readonly #revisions: number[] = [];
  /** Where each of them is in the log. */
  readonly #places: number[] = [];
  #values: DeferredValues<V> | undefined;
  /** Whether something else was put where these go: then a new key may be taken. */
  #isMixed = false;

  /** What is made goes there. */
  constructor(heads: KeyMap<Version<V>>, keys: SortedKeys, log: VersionLog<V>, stamp: Stamp<V>) {
    this.#heads = heads;
    this.#keys = keys;
    this.#log = log;
    this.#stamp = stamp;
  }

  get length(): number {
    return this.#revisions.length;
  }

  get lastRevision(): number {
    return this.#revisions.at(-1) ?? 0;
  }

  /** When the one at an index was written. */
  readonly revisionOf = (index: number): number => this.#revisions[index] as number;

  /** Adds what `values` has next; `false` when its key may be taken, or another's were added before. */
  add(values: DeferredValues<V>, revision: number): boolean {
    if (this.#values === undefined) this.#begin(values);
    if (this.#isMixed || this.#values !== values) return false;
    this.#places.push(this.#log.append(this.length));
    this.#revisions.push(revision);
    return true;
  }

  /** A key that was not there before was put by others. */
  noticed(key: string): void {
    if (this.#values !== undefined && key.startsWith(this.#values.prefix)) this.#isMixed = true;
  }

  makeAt(key: string): void {
    if (this.length > 0 && key.startsWith(this.#values?.prefix ?? "")) this.make();
  }

  makeIn(start: string, end: string): void {
    if (this.length === 0 || this.#values === undefined) return;
    const { prefix } = this.#values;
    if (start < prefixEnd(prefix) && prefix < end) this.make();
  }

  make(): void {
    const values = this.#values;
    if (values === undefined || this.length === 0) return;
    const written: MadePut[] = [];
    for (let index = 0; index < this.length; index++) {
      const revision = this.revisionOf(index);
      const key = values.keyOf(index);
      if (this.#heads.get(key) !== undefined) throw new InvariantError(`${key} was put once`);
      const value = this.#stamp(values.valueOf(index), revision);
      const made = new Version(key, value, revision, revision, 1, noLease, undefined);
      this.#heads.set(key, made);
      this.#keys.add(key, revision);
      this.#log.put(this.#places[index] as number, made);
      written.push({ key, revision });
    }
    this.#revisions.length = 0;
    this.#places.length = 0;
    values.made(written);
  }

  #begin(values: DeferredValues<V>): void {
    const { prefix } = values;
    this.#values = values;
    this.#keys.walk(prefix, prefixEnd(prefix), () => {
      this.#isMixed = true;
      return false;
    });
  }
}
