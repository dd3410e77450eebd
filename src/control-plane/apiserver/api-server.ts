import type { Binding, Eviction, KubeObject, Namespace } from "../../api/objects.ts";
import type { Chance } from "../../kernel/chance.ts";
import type { ActorRef, TimerHandle, Timeline } from "../../kernel/timeline.ts";
import type { FactData, FactSubject, Trace } from "../../kernel/trace.ts";
import type { KeyValue, Store } from "../store/store.ts";
import { AdmissionChain, type AdmissionPlugin } from "./admission/admission.ts";
import { retellFrom, StoreContents } from "./cache-contents.ts";
import { Compaction, historyChangesMaxDefault } from "./compaction.ts";
import { ComponentWrites } from "./component-writes.ts";
import { createObject, createTrusted, uidOf } from "./create.ts";
import { EventExpiry } from "./event-expiry.ts";
import { getObject, listObjects, type ObjectList } from "./read.ts";
import { removeObject, type Removal } from "./remove.ts";
import { keyOf, type Resource } from "./resource.ts";
import { ResourceTable } from "./resource-table.ts";
import type {
  DeleteOptions,
  ListOptions,
  RequestContext,
  Requester,
  WatchOptions,
} from "./request.ts";
import type { ServerParts } from "./server-parts.ts";
import { type Answer, Storage } from "./storage.ts";
import { type SendFromStore, StoreFeed } from "./store-feed.ts";
import type { EventRow } from "./stored/event-row.ts";
import type { LeasePulse } from "./stored/lease-pulse.ts";
import { type LeaseHolder, LeaseRow, LeaseSeed } from "./stored/lease-row.ts";
import { NodeRow, type NodeStatusRow } from "./stored/node-row.ts";
import { PodTemplates } from "./stored/pod-template.ts";
import type { StoredObject } from "./stored/stored-object.ts";
import { bindPod, evictPod, finalizeNamespace } from "./subresources.ts";
import { type Change, updateObject } from "./update.ts";
import { WatchCache, type WatchSink } from "./watch-cache.ts";
import { watchObjects } from "./watch-objects.ts";

/** How often watches that asked for bookmarks get one, µs. */
const bookmarkIntervalUs = 60_000_000;

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
  readonly #feed: StoreFeed;
  readonly #caches = new Map<Resource, WatchCache>();
  /** The ones of kinds that change most come to the front. */
  readonly #cachesByPrefix: (readonly [prefix: string, cache: WatchCache])[];
  readonly #parts: ServerParts;
  readonly #components: ComponentWrites;

  constructor(options: {
    readonly actor: ActorRef;
    readonly timeline: Timeline;
    readonly trace: Trace;
    readonly chance: Chance;
    readonly store: Store<StoredObject>;
    readonly kinds: readonly Resource[];
    readonly admission: readonly AdmissionPlugin[];
    /** Changes of history kept, at least, when there are many. Default 100,000. */
    readonly historyChangesMax?: number;
    /** How the store's watch gets here; absent when that takes no time. */
    readonly fromStore?: SendFromStore | undefined;
    /** Whether this server, of several, compacts the store and forgets old events. Default true. */
    readonly keepsHouse?: boolean;
  }) {
    const { actor, timeline, trace, store } = options;
    this.actor = actor;
    this.#timeline = timeline;
    this.resources = new ResourceTable(options.kinds);
    const isNeverBehind = store.direct !== undefined && options.fromStore === undefined;
    for (const kind of options.kinds) {
      const contents = isNeverBehind ? new StoreContents(store, kind.keyPrefix) : undefined;
      const retell = isNeverBehind ? retellFrom(store, kind.keyPrefix) : undefined;
      this.#caches.set(kind, new WatchCache(kind, 0, contents, retell));
    }
    this.#cachesByPrefix = [...this.#caches].map(([{ keyPrefix }, cache]) => [keyPrefix, cache]);
    const { keepsHouse = true, historyChangesMax = historyChangesMaxDefault } = options;
    const expiry = keepsHouse ? new EventExpiry(timeline, actor, store) : undefined;
    const compaction = keepsHouse
      ? new Compaction(timeline, actor, store, historyChangesMax)
      : undefined;
    const eventKind = this.resources.find("", "v1", "events");
    const events = eventKind && this.#caches.get(eventKind);
    this.#feed = new StoreFeed({
      store,
      timeline,
      actor,
      send: options.fromStore,
      listener: {
        onList: (items, revision) => {
          this.#fill(items, revision);
          for (const { key, modRevision } of items) expiry?.noticed(key, modRevision);
        },
        onChange: (change) => {
          this.#cacheOfKey(change.key)?.apply(change);
          if (change.type === "put") expiry?.noticed(change.key, change.revision);
          compaction?.noticedChange();
        },
        onDeferred: (revision, under) => {
          const cache = this.#cacheOfKey(under);
          cache?.passOver(revision);
          if (cache === events) expiry?.noticedDeferred();
          compaction?.noticedChange();
        },
      },
    });
    this.#parts = {
      resources: this.resources,
      storage: new Storage(store),
      chance: options.chance,
      admission: new AdmissionChain(options.admission),
      podTemplates: new PodTemplates(),
      nowUs: () => timeline.nowFor(actor),
      feed: this.#feed,
      cacheOf: (resource) => this.#cacheOf(resource),
      record: (kind: string, subject: FactSubject, data: FactData) =>
        trace.record(actor, timeline.nowUs, kind, subject, data),
      recordForm: (form, subject, value) =>
        trace.recordForm(actor, timeline.nowUs, form, subject, value),
    };
    this.#components = new ComponentWrites(this.#parts, (written) => expiry?.made(written));
    this.#feed.start();
    this.#every(bookmarkIntervalUs, () => this.#sendBookmarks());
    compaction?.start();
  }

  /** The store's revision, as far as this server knows. */
  get revision(): number {
    return this.#feed.revision;
  }

  /** How many revisions of the store this server has not heard of. */
  get behind(): number {
    return this.#feed.behind;
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

  /** As `peek`, without making an object. */
  peekVersion(resource: Resource, namespace: string, name: string): StoredObject | undefined {
    return this.#cacheOf(resource).get(keyOf(resource, namespace, name));
  }

  /** All objects of a kind of the v1 API, as this server's cache has them. */
  *objects(group: string, plural: string): Generator<KubeObject, void, undefined> {
    const resource = this.resources.find(group, "v1", plural);
    if (resource === undefined) return;
    for (const stored of this.#cacheOf(resource).objects()) yield stored.toObject();
  }

  /** @param resourceVersion As of lists: empty for what is there now, `0` for what the cache has. */
  get(context: RequestContext, answer: Answer<KubeObject>, resourceVersion = ""): void {
    getObject(this.#parts, context, resourceVersion, answer);
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
  createEvent(requester: Requester, event: EventRow, answer: Answer<StoredObject>): void {
    const written = this.#components.createEvent(event);
    if (written !== undefined) return answer(undefined, written);
    const { chance } = this.#parts;
    const admit = (): StoredObject => event.admit(this.#timeline.nowUs, chance);
    const resource = this.resources.find("", "v1", "events") as Resource;
    const { namespace, name } = event;
    const { user, client } = requester;
    const context = { resource, namespace, name, user, client, subresource: "", dryRun: false };
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
        return new LeaseRow(new LeaseSeed(holder, uid, nowUs), nowUs);
      },
      answer,
    );
  }

  /**
   * A node's next heartbeat.
   *
   * @returns `missing` when there is no lease, `undefined` when it has to be a PATCH like any other.
   */
  renewLease(lease: LeasePulse, renewUs: number): "renewed" | "missing" | undefined {
    return this.#components.renewLease(lease, renewUs);
  }

  /** A node, as its kubelet registers it. */
  createNode(context: RequestContext, status: NodeStatusRow, answer: Answer<StoredObject>): void {
    const { resource, name } = context;
    const { nowUs } = this.#timeline;
    createTrusted(
      this.#parts,
      context,
      () => {
        const storeKey = context.storeKey ?? keyOf(resource, "", name);
        const uid = uidOf(this.#parts, storeKey, nowUs);
        const seed = { name, uid, storeKey, createdAtUs: nowUs };
        return new NodeRow(seed, status, this.#components.taintsOfNewNodes(context));
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
    const written = context.dryRun ? undefined : this.#components.bind(context, binding);
    if (written !== undefined) return answer(undefined, written);
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
    cache.advanceTo(this.#feed.revision);
    return cache;
  }

  #fill(items: readonly KeyValue<StoredObject>[], revision: number): void {
    const contents = new Map<WatchCache, Map<string, StoredObject>>();
    for (const cache of this.#caches.values()) contents.set(cache, new Map());
    for (const { key, value } of items) {
      const cache = this.#cacheOfKey(key);
      if (cache !== undefined) contents.get(cache)?.set(key, value);
    }
    for (const [cache, objects] of contents) cache.replace(objects, revision);
  }

  #cacheOfKey(key: string): WatchCache | undefined {
    const caches = this.#cachesByPrefix;
    for (let index = 0; index < caches.length; index++) {
      const found = caches[index] as readonly [string, WatchCache];
      if (!key.startsWith(found[0])) continue;
      if (index > 0) {
        caches[index] = caches[index - 1] as readonly [string, WatchCache];
        caches[index - 1] = found;
      }
      return found[1];
    }
    return undefined;
  }

  #sendBookmarks(): void {
    for (const resource of this.resources.all) this.#cacheOf(resource).sendBookmarks();
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
