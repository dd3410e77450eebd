import { invariant } from "../../kernel/invariant.ts";
import {
  type CancelWatch,
  type Change,
  CompactedError,
  type DirectStore,
  type Done,
  FutureRevisionError,
  type KeyValue,
  type Operation,
  type RangeRequest,
  type RangeResult,
  type Store,
  type TransactionRequest,
  type TransactionResult,
  type WatchRequest,
} from "./store.ts";
import { SortedKeys } from "./sorted-keys.ts";

/** The default backend: everything in memory, answers at once. */
export class MemoryStore<V> implements Store<V> {
  readonly #stamp: (value: V, revision: number) => V;
  readonly #histories = new Map<string, KeyHistory<V>>();
  readonly #keys = new SortedKeys();
  readonly #watchers = new Set<Watcher<V>>();
  /** Every change since the last compaction, by revision. */
  #log: Change<V>[] = [];
  #revision = 1;
  #compactedRevision = 0;
  #isNotifying = false;

  /**
   * @param stamp Writes a value's revision into it, since only the commit knows the revision.
   *   Values are kept and handed out as they are, so they must never be changed.
   */
  constructor(stamp: (value: V, revision: number) => V) {
    this.#stamp = stamp;
  }

  get revision(): number {
    return this.#revision;
  }

  range(request: RangeRequest, done: Done<RangeResult<V>>): void {
    const revision = request.revision || this.#revision;
    const nothing = { items: [], count: 0, revision: this.#revision };
    if (revision > this.#revision) return done(new FutureRevisionError(), nothing);
    if (revision < this.#compactedRevision) {
      return done(new CompactedError(this.#compactedRevision), nothing);
    }
    if (request.rangeEnd === undefined) {
      const found = this.#at(request.key, revision);
      const items = found === undefined ? [] : [found];
      return done(undefined, { items, count: items.length, revision: this.#revision });
    }
    const limit = request.limit || Infinity;
    const items: KeyValue<V>[] = [];
    let count = 0;
    for (const key of this.#keys.from(request.key, request.rangeEnd)) {
      const found = this.#at(key, revision);
      if (found === undefined) continue;
      count++;
      if (items.length < limit) items.push(found);
    }
    done(undefined, { items, count, revision: this.#revision });
  }

  readonly direct: DirectStore<V> = {
    get: (key) => this.#histories.get(key)?.at(-1)?.value,
    replace: (key, modRevision, value) => this.#replace(key, modRevision, value),
  };

  transact(request: TransactionRequest<V>, done: Done<TransactionResult<V>>): void {
    const succeeded = request.compares.every(
      ({ key, modRevision }) => (this.#at(key, this.#revision)?.modRevision ?? 0) === modRevision,
    );
    if (!succeeded) return done(undefined, { succeeded, revision: this.#revision, written: [] });
    invariant(!this.#isNotifying, "a watch handler does not write");
    const revision = this.#revision + 1;
    const outcomes = request.then.map((operation) => this.#apply(operation, revision));
    const changes = outcomes.filter((change) => change !== undefined);
    if (changes.length > 0) this.#revision = revision;
    this.#notifyAll(changes, revision);
    const written = outcomes.map((change) => change?.current ?? change?.previous);
    done(undefined, { succeeded, revision: this.#revision, written });
  }

  watch(request: WatchRequest<V>): CancelWatch {
    if (request.afterRevision + 1 < this.#compactedRevision) {
      request.onCompacted(this.#compactedRevision);
      return () => {};
    }
    const missed = this.#log.slice(firstAfter(this.#log, request.afterRevision));
    for (let start = 0, end = 0; start < missed.length; start = end) {
      while (missed[end]?.revision === missed[start]?.revision) end++;
      notify(request, missed.slice(start, end));
    }
    const { prefix, onChanges } = request;
    const afterRevision = Math.max(request.afterRevision, this.#revision);
    const watcher: Watcher<V> = { prefix, afterRevision, onChanges };
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  compact(revision: number, done: Done<void>): void {
    if (revision > this.#revision) return done(new FutureRevisionError());
    if (revision <= this.#compactedRevision)
      return done(new CompactedError(this.#compactedRevision));
    this.#compactedRevision = revision;
    for (const { key } of this.#log.slice(0, firstAfter(this.#log, revision))) {
      this.#forget(key, revision);
    }
    // What happened at the revision itself is still told.
    this.#log = this.#log.slice(firstAfter(this.#log, revision - 1));
    done(undefined);
  }

  #replace(key: string, modRevision: number, value: V | undefined): KeyValue<V> | undefined {
    if ((this.direct.get(key)?.modRevision ?? 0) !== modRevision) return undefined;
    invariant(!this.#isNotifying, "a watch handler does not write");
    const revision = this.#revision + 1;
    const change = this.#apply(
      value === undefined ? { type: "delete", key } : { type: "put", key, value },
      revision,
    );
    if (change === undefined) return undefined;
    this.#revision = revision;
    this.#notifyAll([change], revision);
    return change.current ?? change.previous;
  }

  /** Watchers hear of a write before its writer does, so a cache fed by a watch is never behind. */
  #notifyAll(changes: readonly Change<V>[], revision: number): void {
    this.#isNotifying = true;
    for (const watcher of this.#watchers) {
      if (watcher.afterRevision < revision) notify(watcher, changes);
    }
    this.#isNotifying = false;
  }

  #apply(operation: Operation<V>, revision: number): Change<V> | undefined {
    const { key } = operation;
    const history = this.#histories.get(key);
    const previous = history?.at(-1)?.value;
    if (operation.type === "delete") {
      if (history === undefined || previous === undefined) return undefined;
      history.push({ revision, value: undefined });
      return this.#logged({ type: "delete", key, revision, current: undefined, previous });
    }
    const current: KeyValue<V> = {
      key,
      value: this.#stamp(operation.value, revision),
      createRevision: previous?.createRevision ?? revision,
      modRevision: revision,
      version: (previous?.version ?? 0) + 1,
    };
    if (history === undefined) {
      this.#histories.set(key, [{ revision, value: current }]);
      this.#keys.add(key);
    } else {
      history.push({ revision, value: current });
    }
    return this.#logged({ type: "put", key, revision, current, previous });
  }

  #logged(change: Change<V>): Change<V> {
    this.#log.push(change);
    return change;
  }

  #at(key: string, revision: number): KeyValue<V> | undefined {
    const history = this.#histories.get(key);
    if (history === undefined) return undefined;
    for (let index = history.length - 1; index >= 0; index--) {
      const entry = history[index] as HistoryEntry<V>;
      if (entry.revision <= revision) return entry.value;
    }
    return undefined;
  }

  /** Drops what a reader at `revision` or later can no longer see of a key. */
  #forget(key: string, revision: number): void {
    const history = this.#histories.get(key);
    if (history === undefined) return;
    let oldest = history.length - 1;
    while (oldest > 0 && (history[oldest] as HistoryEntry<V>).revision > revision) oldest--;
    if (history[oldest]?.value === undefined && (history[oldest]?.revision ?? 0) <= revision)
      oldest++;
    history.splice(0, oldest);
    if (history.length > 0) return;
    this.#histories.delete(key);
    this.#keys.remove(key);
  }
}

interface HistoryEntry<V> {
  readonly revision: number;
  /** Absent: the key was deleted at this revision. */
  readonly value: KeyValue<V> | undefined;
}

/** A key's values since the last compaction, oldest first. */
type KeyHistory<V> = HistoryEntry<V>[];

type Watcher<V> = Pick<WatchRequest<V>, "prefix" | "afterRevision" | "onChanges">;

function notify<V>(
  { prefix, onChanges }: Pick<Watcher<V>, "prefix" | "onChanges">,
  changes: readonly Change<V>[],
): void {
  const seen = changes.filter(({ key }) => key.startsWith(prefix));
  if (seen.length > 0) onChanges(seen);
}

/** Index of the first change after `revision`. */
function firstAfter<V>(log: readonly Change<V>[], revision: number): number {
  let low = 0;
  let high = log.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((log[middle] as Change<V>).revision <= revision) low = middle + 1;
    else high = middle;
  }
  return low;
}
