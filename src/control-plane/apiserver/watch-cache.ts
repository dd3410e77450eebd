import { expired, type Status } from "../../api/errors.ts";
import type { KubeObject } from "../../api/objects.ts";
import type { Change } from "../store/store.ts";
import type { Resource } from "./resource.ts";
import { demandedValue, fieldReader, isSelected, type Selection } from "./selection.ts";
import { stampRevision } from "./storage.ts";

export type WatchEventType = "ADDED" | "MODIFIED" | "DELETED";

/** Where a watch's events go. Every call is one event, in order. */
export interface WatchSink {
  event(type: WatchEventType, object: KubeObject): void;
  /** Everything up to `revision` was sent; `endsInitialEvents` closes a WatchList's first part. */
  bookmark(revision: number, endsInitialEvents: boolean): void;
  /** The last thing a watch says. */
  error(status: Status): void;
}

export interface WatchStart {
  readonly selection: Selection;
  /** Continue after this revision; 0 to begin with an ADDED for all there is. */
  readonly afterRevision: number;
  readonly wantsBookmarks: boolean;
  /** WatchList: the first part ends with a bookmark that says so. */
  readonly endsInitialEvents: boolean;
}

/**
 * What an API server knows of one kind: the objects as of the last change it heard of, and enough
 * history to let a watch resume.
 *
 * @see kubernetes `staging/src/k8s.io/apiserver/pkg/storage/cacher/{cacher,watch_cache}.go`
 */
export class WatchCache {
  readonly #resource: Resource;
  readonly #objects = new Map<string, KubeObject>();
  readonly #history: CachedChange[] = [];
  readonly #watchers = new Set<Watcher>();
  /** Watchers that demand one value of one field, by field and value: a change asks only those. */
  readonly #indexed = new Map<string, Map<string, Set<Watcher>>>();
  readonly #indexedFields: readonly string[];
  #revision: number;
  /** Watches can resume from here on. */
  #oldestRevision: number;

  constructor(resource: Resource, revision: number) {
    this.#resource = resource;
    this.#revision = revision;
    this.#oldestRevision = revision;
    this.#indexedFields = ["metadata.name", "spec.nodeName"].filter(
      (field) => fieldReader(resource, field) !== undefined,
    );
  }

  get revision(): number {
    return this.#revision;
  }

  get watchers(): number {
    let count = this.#watchers.size;
    for (const byValue of this.#indexed.values()) {
      for (const watchers of byValue.values()) count += watchers.size;
    }
    return count;
  }

  /** The objects of this kind, in no particular order. */
  objects(): Iterable<KubeObject> {
    return this.#objects.values();
  }

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  /** Takes in a change of the store and tells whoever watches. */
  apply(change: Change<KubeObject>): void {
    const previous = this.#objects.get(change.key);
    const current = change.current?.value;
    this.#revision = change.revision;
    if (current === undefined) this.#objects.delete(change.key);
    else this.#objects.set(change.key, current);
    const cached = { revision: change.revision, current, previous };
    this.#remember(cached);
    this.#dispatch(cached);
  }

  /** Other kinds changed: bookmarks may say that this one did not. */
  advanceTo(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
  }

  /** Begins a watch; returns how to end it. */
  watch(start: WatchStart, sink: WatchSink): () => void {
    const { selection, afterRevision } = start;
    const watcher: Watcher = {
      ...start,
      afterRevision: Math.max(afterRevision, this.#revision),
      sink,
    };
    if (afterRevision === 0) {
      this.#sendAll(selection, sink);
    } else if (afterRevision < this.#oldestRevision) {
      sink.error(
        expired(`too old resource version: ${afterRevision} (${this.#oldestRevision})`).status,
      );
      return () => {};
    } else {
      for (const change of this.#history) {
        if (change.revision > afterRevision) this.#offer(change, { ...watcher, afterRevision });
      }
    }
    if (start.endsInitialEvents) sink.bookmark(this.#revision, true);
    const watchers = this.#watchersLike(selection);
    watchers.add(watcher);
    return () => void watchers.delete(watcher);
  }

  /** Tells watchers that asked for it how far they are. */
  sendBookmarks(): void {
    for (const watcher of this.#everyWatcher()) {
      if (watcher.wantsBookmarks) watcher.sink.bookmark(this.#revision, false);
    }
  }

  #sendAll(selection: Selection, sink: WatchSink): void {
    const selected = [...this.#objects].filter(([, object]) =>
      isSelected(this.#resource, selection, object),
    );
    for (const [, object] of selected.toSorted(([left], [right]) => (left < right ? -1 : 1))) {
      sink.event("ADDED", object);
    }
  }

  #remember(change: CachedChange): void {
    this.#history.push(change);
    if (this.#history.length < historyMax * 2) return;
    const dropped = this.#history.splice(0, historyMax);
    this.#oldestRevision = (dropped.at(-1) as CachedChange).revision;
  }

  #dispatch(change: CachedChange): void {
    for (const watcher of this.#watchers) this.#offer(change, watcher);
    for (const field of this.#indexedFields) {
      const byValue = this.#indexed.get(field);
      if (byValue === undefined) continue;
      const read = fieldReader(this.#resource, field) as (object: KubeObject) => string;
      const currentValue = change.current && read(change.current);
      const previousValue = change.previous && read(change.previous);
      if (currentValue !== undefined) this.#offerAll(change, byValue.get(currentValue));
      if (previousValue !== undefined && previousValue !== currentValue) {
        this.#offerAll(change, byValue.get(previousValue));
      }
    }
  }

  #offerAll(change: CachedChange, watchers: ReadonlySet<Watcher> | undefined): void {
    if (watchers === undefined) return;
    for (const watcher of watchers) this.#offer(change, watcher);
  }

  /** What a change is to one watcher: an object that starts to match is ADDED, whatever it was. */
  #offer(change: CachedChange, { selection, sink, afterRevision }: Watcher): void {
    if (change.revision <= afterRevision) return;
    const { current, previous } = change;
    const isIn = current !== undefined && isSelected(this.#resource, selection, current);
    const wasIn = previous !== undefined && isSelected(this.#resource, selection, previous);
    if (isIn) sink.event(wasIn ? "MODIFIED" : "ADDED", current);
    else if (wasIn) sink.event("DELETED", stampRevision(previous, change.revision));
  }

  #watchersLike(selection: Selection): Set<Watcher> {
    for (const field of this.#indexedFields) {
      const value = demandedValue(selection, field);
      if (value === undefined) continue;
      const byValue = this.#indexed.get(field) ?? new Map<string, Set<Watcher>>();
      this.#indexed.set(field, byValue);
      const watchers = byValue.get(value) ?? new Set<Watcher>();
      byValue.set(value, watchers);
      return watchers;
    }
    return this.#watchers;
  }

  *#everyWatcher(): Generator<Watcher, void, undefined> {
    yield* this.#watchers;
    for (const byValue of this.#indexed.values()) {
      for (const watchers of byValue.values()) yield* watchers;
    }
  }
}

/** Changes of a kind kept for watches that resume; twice as many at most. */
const historyMax = 8_192;

interface CachedChange {
  readonly revision: number;
  readonly current: KubeObject | undefined;
  readonly previous: KubeObject | undefined;
}

interface Watcher extends WatchStart {
  readonly sink: WatchSink;
}
