import { compareBytes } from "../compare.ts";
import type { Change, Codec, KeyRange, KeyValue } from "../store.ts";
import type { Breach } from "./broken-promise.ts";

/** Revisions whose changes are remembered, to look back at. */
const revisionsMax = 4_096;

/**
 * What an observer of all changes knows: each key as it is, and what the last revisions changed.
 * Every change has to fit what was before it.
 */
export class ObservedHistory<V> {
  readonly #codec: Codec<V>;
  readonly #breach: Breach;
  readonly #now = new Map<string, KeyValue<V>>();
  /** Of `#now`, sorted. */
  readonly #keys: string[];
  /** By revision, oldest first; none is missing. */
  readonly #recent = new Map<number, readonly Change<V>[]>();
  #oldest: number;
  #revision: number;

  /** @param start All there is at a revision, in key order. */
  constructor(
    start: { readonly items: readonly KeyValue<V>[]; readonly revision: number },
    codec: Codec<V>,
    breach: Breach,
  ) {
    this.#codec = codec;
    this.#breach = breach;
    for (const item of start.items) this.#now.set(item.key, item);
    this.#keys = [...this.#now.keys()];
    this.#revision = start.revision;
    this.#oldest = start.revision + 1;
  }

  /** The last revision that was observed. */
  get revision(): number {
    return this.#revision;
  }

  /** Whether all changes after `revision` are remembered. */
  reachesBackTo(revision: number): boolean {
    return revision + 1 >= this.#oldest;
  }

  take(changes: readonly Change<V>[]): void {
    const [{ key, revision }] = changes as readonly [Change<V>];
    this.#requireNext(revision, key);
    for (const change of changes) {
      if (change.revision !== revision) {
        this.#breach("WatchAtomic", change, `it came with revision ${revision}`);
      }
      this.#take(change);
    }
    this.#advance(revision, changes);
  }

  /** Something was put whose value is not made yet: `takeDeferred` follows before somebody looks. */
  noteDeferred(revision: number): void {
    this.#requireNext(revision, undefined);
    this.#advance(revision, []);
  }

  takeDeferred(changes: readonly Change<V>[]): void {
    for (const change of changes) {
      this.#take(change);
      if (this.#recent.has(change.revision)) this.#recent.set(change.revision, changes);
    }
  }

  changesAt(revision: number): readonly Change<V>[] {
    return this.#recent.get(revision) ?? [];
  }

  /** A key as of a revision that is remembered. */
  at(key: string, revision: number): KeyValue<V> | undefined {
    for (let later = revision + 1; later <= this.#revision; later++) {
      const change = this.changesAt(later).find((each) => each.key === key);
      if (change !== undefined) return change.previous;
    }
    return this.#now.get(key);
  }

  /** All of a range as of a revision that is remembered, in key order. */
  rangeAt({ key, rangeEnd }: KeyRange, revision: number): readonly KeyValue<V>[] {
    if (rangeEnd === undefined) {
      const item = this.at(key, revision);
      return item === undefined ? [] : [item];
    }
    const keys = this.#keys.slice(this.#indexOf(key), this.#indexOf(rangeEnd));
    const now = keys.map((each) => this.#now.get(each) as KeyValue<V>);
    if (revision === this.#revision) return now;
    const items = new Map(now.map((item) => [item.key, item]));
    for (let later = this.#revision; later > revision; later--) {
      for (const change of this.changesAt(later)) {
        if (change.key < key || change.key >= rangeEnd) continue;
        if (change.previous === undefined) items.delete(change.key);
        else items.set(change.key, change.previous);
      }
    }
    return [...items.values()].toSorted((left, right) => (left.key < right.key ? -1 : 1));
  }

  /** Whether this is one and the same version of a key, with the same value. */
  isSame(left: KeyValue<V> | undefined, right: KeyValue<V> | undefined): boolean {
    if (left === right) return true;
    if (left === undefined || right === undefined || !isSameVersion(left, right)) return false;
    if (left.value === right.value) return true;
    return compareBytes(this.#codec.encode(left.value), this.#codec.encode(right.value)) === 0;
  }

  /** Holds that all there is now is `items`. */
  requireAll(items: readonly KeyValue<V>[]): void {
    const revision = this.#revision;
    for (const item of items) {
      if (this.isSame(item, this.#now.get(item.key))) continue;
      this.#breach("LinearizableKV", { revision, key: item.key }, "it is not what was told");
    }
    if (items.length === this.#now.size) return;
    this.#breach("LinearizableKV", { revision }, "a key that was told of is lost");
  }

  #requireNext(revision: number, key: string | undefined): void {
    if (revision === this.#revision + 1) return;
    this.#breach("RVMonotonic", { revision, key }, `it was written after ${this.#revision}`);
  }

  #advance(revision: number, changes: readonly Change<V>[]): void {
    this.#revision = revision;
    this.#recent.set(revision, changes);
    if (this.#recent.size > revisionsMax) this.#recent.delete(this.#oldest++);
  }

  #take(change: Change<V>): void {
    const { type, key, revision, current, previous } = change;
    const before = this.#now.get(key);
    if (!this.isSame(previous, before)) {
      this.#breach("WatchPrevKV", change, "it follows what was not there");
    }
    if (type === "delete") {
      if (before === undefined) {
        this.#breach("LinearizableKV", change, "it was deleted, but was not there");
      }
      this.#now.delete(key);
      this.#keys.splice(this.#indexOf(key), 1);
      return;
    }
    const follows =
      current?.key === key &&
      current.modRevision === revision &&
      current.version === (before?.version ?? 0) + 1 &&
      current.createRevision === (before?.createRevision ?? revision);
    if (!follows) this.#breach("LinearizableKV", change, "it does not follow what was there");
    if (before === undefined) this.#keys.splice(this.#indexOf(key), 0, key);
    this.#now.set(key, current);
  }

  /** How many keys there are before this one. */
  #indexOf(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Whether this is one and the same version of a key, whatever its value. */
export function isSameVersion<V>(left: KeyValue<V>, right: KeyValue<V>): boolean {
  return (
    left.key === right.key &&
    left.modRevision === right.modRevision &&
    left.createRevision === right.createRevision &&
    left.version === right.version &&
    left.lease === right.lease
  );
}
