import { expired, type Status } from "../../api/errors.ts";
import type { Change } from "../store/store.ts";
import type { CacheContents } from "./cache-contents.ts";
import { keyOf, type Resource } from "./resource.ts";
import { demandedValue, fieldReader, isSelected, type Selection } from "./selection.ts";
import type { StoredObject } from "./stored/stored-object.ts";
import { type KnownChange, Watcher } from "./watcher.ts";
import { WatcherIndex } from "./watcher-index.ts";

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
  /** It need not hear of changes that leave spec, node and deletion as they were, though it may. */
  readonly specsOnly: boolean;
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
  readonly #keepsOwn: boolean;
  readonly #history: KnownChange[] = [];
  readonly #watchers = new Set<Watcher>();
  readonly #indexes: readonly WatcherIndex[];
  readonly #readNode: ((stored: StoredObject) => string) | undefined;
  /** Keys of the objects on each node, for kinds that are on nodes. */
  readonly #keysByNode = new Map<string, Set<string>>();
  readonly #retell: Retell | undefined;
  /** Whether the history lacks changes. */
  #hasGap = false;
  #revision: number;
  /** Watches can resume from here on. */
  #oldestRevision: number;

  /**
   * @param contents Where its objects are; by default it keeps them itself.
   * @param retell For a cache that is not told of every change.
   */
  constructor(resource: Resource, revision: number, contents?: CacheContents, retell?: Retell) {
    this.#resource = resource;
    this.#retell = retell;
    this.#keepsOwn = contents === undefined;
    this.#objects = contents ?? new Map<string, StoredObject>();
    this.#readNode = fieldReader(resource, nodeNameField);
    this.#revision = revision;
    this.#oldestRevision = revision;
    this.#indexes = ["metadata.name", nodeNameField].flatMap((field) => {
      const read = fieldReader(resource, field);
      return read === undefined ? [] : [new WatcherIndex(field, read)];
    });
  }

  get revision(): number {
    return this.#revision;
  }

  get watchers(): number {
    return [...this.#everyWatcher()].length;
  }

  /** Whether nobody would be told of a change. */
  get isUnwatched(): boolean {
    return this.#watchers.size === 0 && this.#indexes.every(({ isEmpty }) => isEmpty);
  }

  /** Something changed while nobody watched, and is looked up when somebody does. */
  passOver(revision: number): void {
    this.#revision = revision;
    this.#hasGap = true;
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
    for (const index of this.#indexes) index.clear();
    for (const { sink, afterRevision } of cutOff) {
      sink.error(tooOld(Math.min(afterRevision, revision), revision));
    }
  }

  /** Takes in a change of the store and tells whoever watches. */
  apply(told: Change<StoredObject>): void {
    const change: KnownChange = this.#keepsOwn ? this.#withPrevious(told) : told;
    const previous = change.previous?.value;
    const current = change.current?.value;
    this.#revision = change.revision;
    if (current === undefined) this.#objects.delete(change.key);
    else this.#objects.set(change.key, current);
    const isMoved = this.#indexNode(change.key, current, previous);
    this.#remember(change);
    for (const watcher of this.#watchers) watcher.offer(change);
    for (const index of this.#indexes) {
      if (index.isEmpty) continue;
      index.dispatch(change, index.hasQuiet && !isMoved && isStatusOnly(current, previous));
    }
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
    if (afterRevision > 0 && this.#hasGap) this.#closeGap();
    if (afterRevision === 0) {
      this.#sendAll(selection, sink);
    } else if (afterRevision < this.#oldestRevision) {
      sink.error(tooOld(afterRevision, this.#oldestRevision));
      return () => {};
    } else {
      const late = new Watcher(start, afterRevision, sink);
      for (const change of this.#history) late.offer(change);
    }
    if (start.endsInitialEvents) sink.bookmark(this.#revision, true);
    return this.#add(new Watcher(start, Math.max(afterRevision, this.#revision), sink));
  }

  /** Tells watchers that asked for it how far they are. */
  sendBookmarks(): void {
    for (const watcher of this.#everyWatcher()) {
      if (watcher.wantsBookmarks) watcher.sink.bookmark(this.#revision, false);
    }
  }

  /** What it was not told of is anywhere in its history: it is told all of it again. */
  #closeGap(): void {
    this.#hasGap = false;
    const { fromRevision = this.#revision, changes = [] } =
      this.#retell?.(this.#oldestRevision) ?? {};
    const forgotten = changes[changes.length - historyMax - 1];
    this.#oldestRevision = forgotten?.revision ?? fromRevision;
    this.#history.splice(0, this.#history.length, ...changes.slice(-historyMax));
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

  /** Keeps which objects are on which node: every kubelet asks for its own. Says if one moved. */
  #indexNode(
    key: string,
    current: StoredObject | undefined,
    previous: StoredObject | undefined,
  ): boolean {
    if (this.#readNode === undefined) return false;
    const value = current && this.#readNode(current);
    const before = previous && this.#readNode(previous);
    if (value === before) return false;
    if (before) {
      const keys = this.#keysByNode.get(before);
      keys?.delete(key);
      if (keys?.size === 0) this.#keysByNode.delete(before);
    }
    if (value) {
      const keys = this.#keysByNode.get(value) ?? new Set<string>();
      this.#keysByNode.set(value, keys.add(key));
    }
    return true;
  }

  /** What a key was before a change, the cache itself knows best: the store may have forgotten it. */
  #withPrevious(change: Change<StoredObject>): KnownChange {
    if (change.previous !== undefined) return change;
    const value = this.#objects.get(change.key);
    return value === undefined ? change : { ...change, previous: { value } };
  }

  #remember(change: KnownChange): void {
    this.#history.push(change);
    if (this.#history.length < historyMax * 2) return;
    const dropped = this.#history.splice(0, historyMax);
    this.#oldestRevision = (dropped.at(-1) as KnownChange).revision;
  }

  /** Returns how to take it away again. */
  #add(watcher: Watcher): () => void {
    for (const index of this.#indexes) {
      const value = demandedValue(watcher.selection, index.field);
      if (value === undefined) continue;
      index.add(value, watcher);
      return () => index.remove(value, watcher);
    }
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  *#everyWatcher(): Generator<Watcher, void, undefined> {
    yield* this.#watchers;
    for (const index of this.#indexes) yield* index.all();
  }
}

/** Whether spec and deletion are as they were: then a pod's kubelet has nothing to do. */
function isStatusOnly(
  current: StoredObject | undefined,
  previous: StoredObject | undefined,
): boolean {
  if (current === undefined || previous === undefined || current.isDeleting) return false;
  return current.sharedSpec === previous.sharedSpec && current.uid === previous.uid;
}

/** What changed after a revision, or, where that is forgotten, after a later one. */
export type Retell = (afterRevision: number) => {
  readonly fromRevision: number;
  readonly changes: readonly Change<StoredObject>[];
};

function tooOld(revision: number, oldestRevision: number): Status {
  return expired(`too old resource version: ${revision} (${oldestRevision})`).status;
}

const nodeNameField = "spec.nodeName";

/** Changes of a kind kept for watches that resume; twice as many at most. */
const historyMax = 8_192;
