import type { Binding, Eviction, KubeObject, Namespace } from "../../api/objects.ts";
import type { Chance } from "../../kernel/chance.ts";
import type { ActorRef, TimerHandle, Timeline } from "../../kernel/timeline.ts";
import type { FactData, Trace } from "../../kernel/trace.ts";
import type { Change as StoreChange, Store } from "../store/store.ts";
import { AdmissionChain, type AdmissionPlugin } from "./admission/admission.ts";
import { StoreContents } from "./cache-contents.ts";
import { ComponentWrites } from "./component-writes.ts";
import { createObject, createTrusted, uidOf } from "./create.ts";
import { EventExpiry } from "./event-expiry.ts";
import { getObject, listObjects, type ObjectList, watchObjects } from "./read.ts";
import { removeObject, type Removal } from "./remove.ts";
import { keyOf, type Resource } from "./resource.ts";
import { ResourceTable } from "./resource-table.ts";
import type { DeleteOptions, ListOptions, RequestContext, WatchOptions } from "./request.ts";
import type { ServerParts } from "./server-parts.ts";
import { type Answer, Storage } from "./storage.ts";
import type { EventRow } from "./stored/event-row.ts";
import { type LeaseHolder, LeaseRow } from "./stored/lease-row.ts";
import { PodTemplates } from "./stored/pod-template.ts";
import type { StoredObject } from "./stored/stored-object.ts";
import { bindPod, evictPod, finalizeNamespace } from "./subresources.ts";
import { type Change, updateObject } from "./update.ts";
import { WatchCache, type WatchSink } from "./watch-cache.ts";

/** How often watches that asked for bookmarks get one, µs. */
const bookmarkIntervalUs = 60_000_000;
/** History older than one to two of these is compacted, µs. @see etcd3 `compact.go`: 5 minutes */
const compactionIntervalUs = 300_000_000;
/** And history of more changes than one to two times this. @see etcd `--auto-compaction-mode=revision` */
const historyChangesMaxDefault = 250_000;

/**
 * One API server: the only door to the store, and a watch cache for everyone who asks what changed.
 *
 * Requests pass authorization, admission, defaults and validation before one compare-and-put.
 * Answers come by callback: at once with the memory store, later with others.
 */
export class ApiServer {
  readonly actor: ActorRef;
  readonly resources: ResourceTable;
  readonly #timeline: Timeline;
  readonly #store: Store<StoredObject>;
  readonly #caches = new Map<Resource, WatchCache>();
  readonly #cachesByPrefix: readonly (readonly [prefix: string, cache: WatchCache])[];
  readonly #parts: ServerParts;
  readonly #components: ComponentWrites;
  #compactTo = 0;
  #compactedTo = 1;
  #tooLongAt: number;
  readonly #historyChangesMax: number;

  constructor(options: {
    readonly actor: ActorRef;
    readonly timeline: Timeline;
    readonly trace: Trace;
    readonly chance: Chance;
    readonly store: Store<StoredObject>;
    readonly kinds: readonly Resource[];
    readonly admission: readonly AdmissionPlugin[];
    /** Changes of history kept, at least, when there are many. Default 250,000. */
    readonly historyChangesMax?: number;
  }) {
    const { actor, timeline, trace, store } = options;
    this.actor = actor;
    this.#timeline = timeline;
    this.#store = store;
    this.#historyChangesMax = options.historyChangesMax ?? historyChangesMaxDefault;
    this.#tooLongAt = 2 * this.#historyChangesMax;
    this.resources = new ResourceTable(options.kinds);
    for (const kind of options.kinds) {
      const isNeverBehind = store.direct !== undefined;
      const contents = isNeverBehind ? new StoreContents(store, kind.keyPrefix) : undefined;
      this.#caches.set(kind, new WatchCache(kind, store.revision, contents));
    }
    this.#cachesByPrefix = [...this.#caches].map(([{ keyPrefix }, cache]) => [keyPrefix, cache]);
    this.#parts = {
      resources: this.resources,
      storage: new Storage(store),
      chance: options.chance,
      admission: new AdmissionChain(options.admission),
      podTemplates: new PodTemplates(),
      nowUs: () => timeline.nowFor(actor),
      cacheOf: (resource) => this.#cacheOf(resource),
      record: (kind: string, subject: string, data: FactData) =>
        trace.record(actor, timeline.nowUs, kind, subject, data),
    };
    this.#components = new ComponentWrites(this.#parts);
    const expiry = new EventExpiry(timeline, actor, store);
    store.watch({
      prefix: "/registry/",
      afterRevision: store.revision,
      onChanges: (changes) => {
        for (const change of changes) {
          this.#cacheOfKey(change)?.apply(change);
          expiry.noticed(change);
        }
        this.#compactIfLong();
      },
      onCompacted: () => {},
    });
    this.#every(bookmarkIntervalUs, () => this.#sendBookmarks());
    this.#every(compactionIntervalUs, () => this.#compact());
  }

  /** The store's revision, as far as this server knows. */
  get revision(): number {
    return this.#store.revision;
  }

  get nowUs(): number {
    return this.#timeline.nowFor(this.actor);
  }

  /** An object as this server's cache has it, without asking the store. */
  peek(resource: Resource, namespace: string, name: string): KubeObject | undefined {
    return this.#cacheOf(resource)
      .get(keyOf(resource, namespace, name))
      ?.toObject();
  }

  /** All objects of a kind of the v1 API, as this server's cache has them. */
  *objects(group: string, plural: string): Generator<KubeObject, void, undefined> {
    const resource = this.resources.find(group, "v1", plural);
    if (resource === undefined) return;
    for (const stored of this.#cacheOf(resource).objects()) yield stored.toObject();
  }

  get(context: RequestContext, answer: Answer<KubeObject>): void {
    getObject(this.#parts, context, answer);
  }

  list(context: RequestContext, options: ListOptions, answer: Answer<ObjectList>): void {
    listObjects(this.#parts, context, options, answer);
  }

  /** @throws {ApiError} When the watch cannot begin. */
  watch(context: RequestContext, options: WatchOptions, sink: WatchSink): () => void {
    return watchObjects(this.#parts, context, options, sink);
  }

  create(context: RequestContext, object: KubeObject, answer: Answer<KubeObject>): void {
    createObject(this.#parts, context, object, asObject(answer));
  }

  /** As `create`, for who does not need the object that results, only whether it does. */
  createVersion(context: RequestContext, object: KubeObject, answer: Answer<StoredObject>): void {
    createObject(this.#parts, context, object, answer);
  }

  /** An event, from podrace's own components. */
  createEvent(context: RequestContext, event: EventRow, answer: Answer<StoredObject>): void {
    const written = this.#components.createEvent(event);
    if (written !== undefined) return answer(undefined, written);
    const { chance } = this.#parts;
    const admit = (): StoredObject => event.admit(this.#timeline.nowUs, chance);
    createTrusted(this.#parts, context, admit, answer);
  }

  /** A node's first heartbeat, now. */
  createLease(context: RequestContext, holder: LeaseHolder, answer: Answer<StoredObject>): void {
    const { resource, namespace, name } = context;
    const { nowUs } = this.#timeline;
    createTrusted(
      this.#parts,
      context,
      () => {
        const uid = uidOf(this.#parts, keyOf(resource, namespace, name), nowUs);
        return new LeaseRow(holder, uid, nowUs, nowUs);
      },
      answer,
    );
  }

  /** PATCH by one of podrace's own components, which knows rows; nobody needs the result. */
  revise(context: RequestContext, change: Change, answer: Answer<StoredObject>): void {
    if (change.ofRow !== undefined && !context.dryRun) {
      const written = this.#components.revise(context, "patch", change.ofRow);
      if (written !== undefined) return answer(undefined, written);
    }
    updateObject(this.#parts, context, "patch", change, answer);
  }

  /** @param change The object as wanted, from the stored one. See `updateObject`. */
  update(
    context: RequestContext,
    verb: "update" | "patch",
    change: (stored: KubeObject) => KubeObject,
    answer: Answer<KubeObject>,
  ): void {
    updateObject(this.#parts, context, verb, { ofObject: change }, asObject(answer));
  }

  remove(context: RequestContext, options: DeleteOptions, answer: Answer<Removal>): void {
    removeObject(this.#parts, context, options, answer);
  }

  bind(context: RequestContext, binding: Binding, answer: Answer<KubeObject>): void {
    bindPod(this.#parts, context, binding, asObject(answer));
  }

  /** As `bind`, when nobody needs the pod that results. */
  bindTo(context: RequestContext, binding: Binding, answer: Answer<StoredObject>): void {
    bindPod(this.#parts, context, binding, answer);
  }

  evict(context: RequestContext, eviction: Eviction, answer: Answer<unknown>): void {
    evictPod(this.#parts, context, eviction, answer);
  }

  finalize(context: RequestContext, namespace: Namespace, answer: Answer<KubeObject>): void {
    finalizeNamespace(this.#parts, context, namespace, answer);
  }

  /** Wakes this server after `delayUs`, e.g. to end a watch. */
  after(delayUs: number, act: () => void): TimerHandle {
    return this.#timeline.setBackgroundTimer(this.actor, delayUs, act);
  }

  #cacheOf(resource: Resource): WatchCache {
    const cache = this.#caches.get(resource) as WatchCache;
    cache.advanceTo(this.#store.revision);
    return cache;
  }

  #cacheOfKey({ key }: StoreChange<StoredObject>): WatchCache | undefined {
    for (const [prefix, cache] of this.#cachesByPrefix) if (key.startsWith(prefix)) return cache;
    return undefined;
  }

  #sendBookmarks(): void {
    for (const resource of this.resources.all) this.#cacheOf(resource).sendBookmarks();
  }

  /** Compacts to where the store was one interval ago, so that every reader has that long. */
  #compact(): void {
    const revision = this.#store.revision;
    this.#compactBefore(this.#compactTo);
    this.#compactTo = revision;
  }

  /** A cluster that writes much would keep more history than objects: it keeps the latest changes. */
  #compactIfLong(): void {
    const { revision } = this.#store;
    if (revision < this.#tooLongAt) return;
    this.#tooLongAt = revision + this.#historyChangesMax;
    // Later, for a watch's handler does not write.
    this.#timeline.setBackgroundTimer(this.actor, 0, () =>
      this.#compactBefore(revision - this.#historyChangesMax),
    );
  }

  #compactBefore(revision: number): void {
    if (revision > this.#compactedTo) this.#store.compact(revision, () => {});
    this.#compactedTo = Math.max(this.#compactedTo, revision);
  }

  #every(intervalUs: number, act: () => void): void {
    this.#timeline.setBackgroundTimer(this.actor, intervalUs, () => {
      act();
      this.#every(intervalUs, act);
    });
  }
}

/** Makes the object for whoever asked for it. */
function asObject(answer: Answer<KubeObject>): Answer<StoredObject> {
  return (error, stored) => answer(error, stored?.toObject());
}
