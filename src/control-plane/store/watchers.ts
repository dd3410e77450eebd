import type { Change, WatchRequest, WatchScope } from "./store.ts";
import { prefixEnd } from "./store.ts";

/** One live watch. */
export class Watcher<V> {
  readonly request: WatchRequest<V>;
  /** It hears of what is after this revision. */
  readonly afterRevision: number;
  isCancelled = false;

  constructor(request: WatchRequest<V>, afterRevision: number) {
    this.request = request;
    this.afterRevision = afterRevision;
  }

  tellOne(change: Change<V>): void {
    const { without, onChange, onChanges } = this.request;
    if (change.type === without) return;
    if (onChange === undefined) onChanges([change]);
    else onChange(change);
  }

  tell(changes: readonly Change<V>[]): void {
    const { without, onChanges } = this.request;
    if (without === undefined) return onChanges(changes);
    const wanted = changes.filter(({ type }) => type !== without);
    if (wanted.length > 0) onChanges(wanted);
  }
}

/**
 * Who watches what. A change finds its watchers by its key: those of that one key in a map, those
 * of ranges in a table of the places where a range begins or ends.
 */
export class Watchers<V> {
  readonly #ofKeys = new Map<string, Set<Watcher<V>>>();
  readonly #ranges: WatchedRange<V>[] = [];
  /** What `mayDefer` said, by prefix: it is asked for every event. */
  readonly #deferrable = new Map<string, boolean>();
  /** Sorted. Between one and the next, changes concern the ranges at the same index. */
  #edges: readonly string[] = [];
  #between: readonly (readonly WatchedRange<V>[])[] = [];

  add(watcher: Watcher<V>): void {
    this.#deferrable.clear();
    const { start, end } = rangeOf(watcher.request);
    if (end === undefined) {
      const watchers = this.#ofKeys.get(start);
      if (watchers === undefined) this.#ofKeys.set(start, new Set([watcher]));
      else watchers.add(watcher);
      return;
    }
    const range = this.#ranges.find((each) => each.start === start && each.end === end);
    if (range !== undefined) {
      range.watchers.add(watcher);
      return;
    }
    this.#ranges.push({ start, end, watchers: new Set([watcher]) });
    this.#tabulate();
  }

  remove(watcher: Watcher<V>): void {
    watcher.isCancelled = true;
    this.#deferrable.clear();
    const { start, end } = rangeOf(watcher.request);
    if (end === undefined) {
      const watchers = this.#ofKeys.get(start);
      watchers?.delete(watcher);
      if (watchers?.size === 0) this.#ofKeys.delete(start);
      return;
    }
    const index = this.#ranges.findIndex((each) => each.start === start && each.end === end);
    const range = this.#ranges[index];
    range?.watchers.delete(watcher);
    if (range?.watchers.size !== 0) return;
    this.#ranges.splice(index, 1);
    this.#tabulate();
  }

  /** Tells of the one change of a revision. */
  publishOne(change: Change<V>): void {
    const { key, revision } = change;
    for (const range of this.#rangesAround(key)) {
      for (const watcher of range.watchers) {
        if (watcher.afterRevision < revision) watcher.tellOne(change);
      }
    }
    if (this.#ofKeys.size === 0) return;
    for (const watcher of this.#ofKeys.get(key) ?? []) {
      if (watcher.afterRevision < revision) watcher.tellOne(change);
    }
  }

  /** Whether all who watch there can do without the values of deferred puts. */
  mayDefer(prefix: string): boolean {
    let may = this.#deferrable.get(prefix);
    if (may === undefined) {
      may = this.#canDefer(prefix);
      this.#deferrable.set(prefix, may);
    }
    return may;
  }

  /** Tells of a put whose value was not made. */
  deferred(prefix: string, revision: number): void {
    for (const { watchers } of this.#rangesAround(prefix)) {
      for (const watcher of watchers) {
        if (watcher.afterRevision < revision) watcher.request.onDeferred?.(revision, prefix);
      }
    }
  }

  /** Tells of all changes of one revision, to each watcher in one go. */
  publish(changes: readonly Change<V>[]): void {
    const heard = new Map<Watcher<V>, Change<V>[]>();
    for (const change of changes) {
      const ranges = this.#rangesAround(change.key).map(({ watchers }) => watchers);
      for (const watchers of [...ranges, this.#ofKeys.get(change.key) ?? []]) {
        for (const watcher of watchers) {
          if (watcher.afterRevision >= change.revision) continue;
          const seen = heard.get(watcher);
          if (seen === undefined) heard.set(watcher, [change]);
          else seen.push(change);
        }
      }
    }
    for (const [watcher, seen] of heard) if (!watcher.isCancelled) watcher.tell(seen);
  }

  #canDefer(prefix: string): boolean {
    for (const key of this.#ofKeys.keys()) if (key.startsWith(prefix)) return false;
    const end = prefixEnd(prefix);
    for (const range of this.#ranges) {
      if (range.start >= end || range.end <= prefix) continue;
      for (const { request } of range.watchers) if (request.onDeferred === undefined) return false;
    }
    return true;
  }

  #rangesAround(key: string): readonly WatchedRange<V>[] {
    const edges = this.#edges;
    let low = 0;
    let high = edges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((edges[middle] as string) <= key) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? nobody : (this.#between[low - 1] as readonly WatchedRange<V>[]);
  }

  /** A range is new or gone, which is rare: many watchers share a few ranges. */
  #tabulate(): void {
    const edges = new Set(this.#ranges.flatMap(({ start, end }) => [start, end]));
    this.#edges = [...edges].toSorted((left, right) => (left < right ? -1 : 1));
    this.#between = this.#edges.map((edge) =>
      this.#ranges.filter(({ start, end }) => start <= edge && edge < end),
    );
  }
}

/** Whether a watch is about a key. */
export function isWatched(scope: WatchScope, key: string): boolean {
  const { start, end } = rangeOf(scope);
  return end === undefined ? key === start : start <= key && key < end;
}

interface WatchedRange<V> {
  readonly start: string;
  readonly end: string;
  readonly watchers: Set<Watcher<V>>;
}

const nobody: readonly never[] = [];

function rangeOf(scope: WatchScope): { readonly start: string; readonly end: string | undefined } {
  if ("prefix" in scope) return { start: scope.prefix, end: prefixEnd(scope.prefix) };
  return { start: scope.key, end: scope.rangeEnd };
}
