import { type Change, prefixEnd, type WatchRequest } from "../store.ts";
import type { Breach } from "./broken-promise.ts";
import type { ObservedHistory } from "./observed-history.ts";

/** What was told, until the observer has heard of it, too. */
type Told<V> =
  | { readonly revision: number; readonly changes: readonly Change<V>[] }
  | { readonly revision: number; readonly changes: undefined };

/**
 * Holds one watch to its promises: its changes come in order, once each, none left out, none split,
 * none that it is not about, each with what was there before.
 *
 * @see etcd `tests/robustness/validate/watch.go`
 */
export class WatchCheck<V> {
  readonly #request: WatchRequest<V>;
  readonly #start: string;
  /** Exclusive; absent for one key. */
  readonly #end: string | undefined;
  readonly #history: ObservedHistory<V>;
  readonly #breach: Breach;
  /** The store's revision when it began: what was before is what it missed. */
  readonly #beganAt: number;
  readonly #told: Told<V>[] = [];
  /** Everything up to here was told. */
  #revision: number;
  /** Of the last changes that were told. */
  #lastRevision = 0;
  #isOver = false;

  constructor(
    request: WatchRequest<V>,
    history: ObservedHistory<V>,
    beganAt: number,
    breach: Breach,
  ) {
    this.#request = request;
    this.#start = "prefix" in request ? request.prefix : request.key;
    this.#end = "prefix" in request ? prefixEnd(request.prefix) : request.rangeEnd;
    this.#history = history;
    this.#beganAt = beganAt;
    this.#breach = breach;
    this.#revision = request.afterRevision;
  }

  /** Whether nothing is promised any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  changes(changes: readonly Change<V>[]): void {
    this.#told.push({ revision: changes[0]?.revision ?? 0, changes });
    this.settle();
  }

  progress(revision: number): void {
    this.#told.push({ revision, changes: undefined });
    this.settle();
  }

  /** Something was put whose value is not made: that counts as told. */
  deferred(revision: number): void {
    this.#requireNews(revision, []);
    this.#requireAll(revision - 1);
    this.#lastRevision = revision;
    this.#revision = revision;
  }

  compacted(compactedRevision: number): void {
    const next = (this.#told.at(-1)?.revision ?? this.#revision) + 1;
    if (compactedRevision <= next) {
      const what = `it ended because of a compaction at ${compactedRevision}, which spares that`;
      this.#breach("WatchResumable", { revision: next }, what);
    }
    this.end();
  }

  end(): void {
    this.#isOver = true;
  }

  /** Checks what was told, as far as it is known what was to be told. */
  settle(): void {
    for (;;) {
      const [told] = this.#told;
      if (told === undefined || told.revision > this.#history.revision) return;
      this.#told.shift();
      const { revision, changes } = told;
      if (changes === undefined) {
        this.#requireAll(revision, "WatchBookmarkable");
      } else {
        this.#requireNews(revision, changes);
        this.#requireAll(revision - 1);
        this.#requireExact(revision, changes);
        this.#lastRevision = revision;
      }
      this.#revision = Math.max(this.#revision, revision);
    }
  }

  /** All up to `revision` has to be told by now. */
  requireToldUpTo(revision: number): void {
    const [early] = this.#told;
    if (early !== undefined) {
      this.#breach("RVMonotonic", early, `a watch was told of it, but ${revision} is the last`);
    }
    this.#requireAll(revision);
    this.#revision = Math.max(this.#revision, revision);
  }

  #requireNews(revision: number, [first]: readonly Change<V>[]): void {
    if (revision > this.#revision) return;
    if (revision === this.#lastRevision) {
      this.#breach("WatchUnique", { revision, key: first?.key }, "it was told twice");
    }
    if (revision > this.#lastRevision) {
      const what = `it was told after all up to ${this.#revision} was said to be told`;
      this.#breach("WatchBookmarkable", { revision, key: first?.key }, what);
    }
    const what = `it was told after ${this.#lastRevision}`;
    this.#breach("WatchOrdered", { revision, key: first?.key }, what);
  }

  #requireExact(revision: number, changes: readonly Change<V>[]): void {
    for (const change of changes) {
      if (change.revision !== revision) {
        this.#breach("WatchAtomic", change, `it came with revision ${revision}`);
      }
      if (!this.#isWanted(change)) {
        this.#breach("WatchFilter", change, `the ${change.type} was told to who did not ask`);
      }
    }
    if (!this.#history.reachesBackTo(revision - 1)) return;
    const expected = this.#history.changesAt(revision).filter((change) => this.#isWanted(change));
    for (const [index, change] of expected.entries()) {
      const told = changes[index];
      if (told === undefined) {
        const what = `${changes.length} of the ${expected.length} changes came without the others`;
        this.#breach("WatchAtomic", change, what);
      }
      const { type, key, current, previous } = change;
      if (told.type !== type || told.key !== key || !this.#history.isSame(told.current, current)) {
        this.#breach("WatchReliable", change, `the ${type} was told wrongly`);
      }
      if (!this.#request.withoutPrevious && !this.#history.isSame(told.previous, previous)) {
        this.#breach("WatchPrevKV", change, "it was told with what was not there before");
      }
    }
    const more = changes[expected.length];
    if (more !== undefined) this.#breach("WatchUnique", more, "it was told, but did not happen");
  }

  #requireAll(upTo: number, promise?: "WatchBookmarkable"): void {
    for (let revision = this.#revision + 1; revision <= upTo; revision++) {
      if (!this.#history.reachesBackTo(revision - 1)) continue;
      const missed = this.#history.changesAt(revision).find((change) => this.#isWanted(change));
      if (missed === undefined) continue;
      const kept = revision <= this.#beganAt ? "WatchResumable" : "WatchReliable";
      this.#breach(promise ?? kept, missed, `the ${missed.type} was not told`);
    }
  }

  #isWanted({ type, key }: Change<V>): boolean {
    if (type === this.#request.without) return false;
    return this.#end === undefined ? key === this.#start : key >= this.#start && key < this.#end;
  }
}
