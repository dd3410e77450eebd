import { expired, type Status } from "../../api/errors.ts";
import type { Change } from "../store/store.ts";
import type { CacheContents } from "./cache-contents.ts";
import { keyOf, type Resource } from "./resource.ts";
import { demandedValue, fieldReader, isSelected, type Selection, selectsAll } from "./selection.ts";
import type { StoredObject } from "./stored/stored-object.ts";

export type WatchEventType = "ADDED" | "MODIFIED" | "DELETED";

/** Where a watch's events go. Every call is one event, in order. */
export interface WatchSink {
  event(type: WatchEventType, stored: StoredObject): void;
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
  readonly #objects: CacheContents;
  readonly #history: Change<StoredObject>[] = [];
  readonly #watchers = new Set<Watcher>();
  /** Watchers that demand one value of one field, by field and value: a change asks only those. */
  readonly #indexed = new Map<string, Map<string, Set<Watcher>>>();
  readonly #indexedFields: readonly IndexedField[];
  readonly #readNode: ((stored: StoredObject) => string) | undefined;
  /** Keys of the objects on each node, for kinds that are on nodes. */
  readonly #keysByNode = new Map<string, Set<string>>();
  #revision: number;
  /** Watches can resume from here on. */
  #oldestRevision: number;

  /** @param contents Where its objects are; by default it keeps them itself. */
  constructor(
    resource: Resource,
    revision: number,
    contents: CacheContents = new Map<string, StoredObject>(),
  ) {
    this.#resource = resource;
    this.#objects = contents;
    this.#readNode = fieldReader(resource, nodeNameField);
    this.#revision = revision;
    this.#oldestRevision = revision;
    this.#indexedFields = ["metadata.name", nodeNameField].flatMap((field) => {
      const read = fieldReader(resource, field);
      return read === undefined ? [] : [{ field, read }];
    });
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
  objects(): Iterable<StoredObject> {
    return this.#objects.values();
  }

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  /**
   * Takes in all there is, in place of what it had. Whoever watches lost what happened in between, and
   * is told so.
   */
  replace(objects: ReadonlyMap<string, StoredObject>, revision: number): void {
    for (const [key, object] of this.#objects) this.#indexNode(key, undefined, object);
    this.#objects.clear();
    this.#history.length = 0;
    this.#revision = revision;
    this.#oldestRevision = revision;
    for (const [key, object] of objects) {
      this.#objects.set(key, object);
      this.#indexNode(key, object, undefined);
    }
    const cutOff = [...this.#everyWatcher()];
    this.#watchers.clear();
    this.#indexed.clear();
    for (const { sink, afterRevision } of cutOff) {
      sink.error(tooOld(Math.min(afterRevision, revision), revision));
    }
  }

  /** Takes in a change of the store and tells whoever watches. */
  apply(change: Change<StoredObject>): void {
    const previous = change.previous?.value;
    const current = change.current?.value;
    this.#revision = change.revision;
    if (current === undefined) this.#objects.delete(change.key);
    else this.#objects.set(change.key, current);
    this.#indexNode(change.key, current, previous);
    this.#remember(change);
    if (this.#watchers.size > 0 || this.#indexed.size > 0) this.#dispatch(change);
  }

  /** Other kinds changed: bookmarks may say that this one did not. */
  advanceTo(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
  }

  /** The selected objects with their keys in the store, in key order. */
  select(selection: Selection): readonly (readonly [string, StoredObject])[] {
    return [...this.#candidates(selection)]
      .filter(([, object]) => isSelected(selection, object))
      .toSorted(([left], [right]) => (left < right ? -1 : 1));
  }

  /** Begins a watch; returns how to end it. */
  watch(start: WatchStart, sink: WatchSink): () => void {
    const { selection, afterRevision } = start;
    const watcher: Watcher = {
      ...start,
      afterRevision: Math.max(afterRevision, this.#revision),
      sink,
      isForAll: selectsAll(selection),
    };
    if (afterRevision === 0) {
      this.#sendAll(selection, sink);
    } else if (afterRevision < this.#oldestRevision) {
      sink.error(tooOld(afterRevision, this.#oldestRevision));
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
    for (const [, object] of this.select(selection)) sink.event("ADDED", object);
  }

  /** The objects a selection may be about: one by its name, some by an indexed field, or all. */
  *#candidates(selection: Selection): Generator<readonly [string, StoredObject], void, undefined> {
    const name = demandedValue(selection, "metadata.name");
    if (name !== undefined && (selection.namespace !== "" || !this.#resource.namespaced)) {
      const key = keyOf(this.#resource, selection.namespace, name);
      const object = this.#objects.get(key);
      if (object !== undefined) yield [key, object];
      return;
    }
    const value = demandedValue(selection, nodeNameField);
    if (value === undefined) return yield* this.#objects;
    for (const key of this.#keysByNode.get(value) ?? [])
      yield [key, this.#objects.get(key) as StoredObject];
  }

  /** Keeps which objects are on which node: every kubelet asks for its own. */
  #indexNode(
    key: string,
    current: StoredObject | undefined,
    previous: StoredObject | undefined,
  ): void {
    if (this.#readNode === undefined) return;
    const value = current && this.#readNode(current);
    const before = previous && this.#readNode(previous);
    if (value === before) return;
    if (before) {
      const keys = this.#keysByNode.get(before);
      keys?.delete(key);
      if (keys?.size === 0) this.#keysByNode.delete(before);
    }
    if (value) {
      const keys = this.#keysByNode.get(value) ?? new Set<string>();
      this.#keysByNode.set(value, keys.add(key));
    }
  }

  #remember(change: Change<StoredObject>): void {
    this.#history.push(change);
    if (this.#history.length < historyMax * 2) return;
    const dropped = this.#history.splice(0, historyMax);
    this.#oldestRevision = (dropped.at(-1) as Change<StoredObject>).revision;
  }

  #dispatch(change: Change<StoredObject>): void {
    for (const watcher of this.#watchers) this.#offer(change, watcher);
    for (const { field, read } of this.#indexedFields) {
      const byValue = this.#indexed.get(field);
      if (byValue === undefined) continue;
      const currentValue = change.current && read(change.current.value);
      const previousValue = change.previous && read(change.previous.value);
      if (currentValue !== undefined) this.#offerAll(change, byValue.get(currentValue));
      if (previousValue !== undefined && previousValue !== currentValue) {
        this.#offerAll(change, byValue.get(previousValue));
      }
    }
  }

  #offerAll(change: Change<StoredObject>, watchers: ReadonlySet<Watcher> | undefined): void {
    if (watchers === undefined) return;
    for (const watcher of watchers) this.#offer(change, watcher);
  }

  /** What a change is to one watcher: an object that starts to match is ADDED, whatever it was. */
  #offer(
    change: Change<StoredObject>,
    { selection, sink, afterRevision, isForAll }: Watcher,
  ): void {
    if (change.revision <= afterRevision) return;
    const current = change.current?.value;
    const previous = change.previous?.value;
    const isIn = current !== undefined && (isForAll || isSelected(selection, current));
    const wasIn = previous !== undefined && (isForAll || isSelected(selection, previous));
    if (isIn) sink.event(wasIn ? "MODIFIED" : "ADDED", current);
    else if (wasIn) sink.event("DELETED", previous.atRevision(change.revision));
  }

  #watchersLike(selection: Selection): Set<Watcher> {
    for (const { field } of this.#indexedFields) {
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

interface IndexedField {
  readonly field: string;
  readonly read: (stored: StoredObject) => string;
}

function tooOld(revision: number, oldestRevision: number): Status {
  return expired(`too old resource version: ${revision} (${oldestRevision})`).status;
}

const nodeNameField = "spec.nodeName";

/** Changes of a kind kept for watches that resume; twice as many at most. */
const historyMax = 8_192;

interface Watcher extends WatchStart {
  readonly sink: WatchSink;
  readonly isForAll: boolean;
}
