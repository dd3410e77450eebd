import type { Chance } from "../../kernel/chance.ts";
import type { ActorRef, Timeline } from "../../kernel/timeline.ts";
import type { KeyValue, Store } from "../store/store.ts";
import type { AdmissionChain } from "./admission/admission.ts";
import { retellFrom, StoreContents } from "./cache-contents.ts";
import { Compaction } from "./compaction.ts";
import { ComponentWrites } from "./component-writes.ts";
import { EventColumns } from "./stored/event-columns.ts";
import { EventExpiry } from "./event-expiry.ts";
import { MortalStore } from "./mortal-store.ts";
import type { Resource } from "./resource.ts";
import type { ResourceTable } from "./resource-table.ts";
import type { ServerParts } from "./server-parts.ts";
import { Storage } from "./storage.ts";
import { type SendFromStore, StoreFeed } from "./store-feed.ts";
import type { PodTemplates } from "./stored/pod-template.ts";
import type { StoredObject } from "./stored/stored-object.ts";
import { WatchCache } from "./watch-cache.ts";

/** How often watches that asked for bookmarks get one, µs. */
const bookmarkIntervalUs = 60_000_000;

/** What an API server keeps over its lives. */
export interface ServerBody extends Pick<ServerParts, "resources" | "record" | "recordForm"> {
  readonly actor: ActorRef;
  readonly timeline: Timeline;
  readonly chance: Chance;
  /** The store, or the way to it that each life has of its own: closed at its end. */
  readonly store: Store<StoredObject> | (() => Store<StoredObject>);
  readonly admission: AdmissionChain;
  readonly podTemplates: PodTemplates;
  readonly resources: ResourceTable;
  readonly fromStore: SendFromStore | undefined;
  readonly keepsHouse: boolean;
  readonly canCrash: boolean;
  readonly historyChangesMax: number;
}

/**
 * All that an API server has in memory, from its start to its crash: watch caches, requests that wait
 * for the store, whoever watches, and the clocks of its housekeeping.
 */
export class ServerLife {
  readonly parts: ServerParts;
  readonly components: ComponentWrites;
  readonly #body: ServerBody;
  readonly #feed: StoreFeed;
  readonly #caches = new Map<Resource, WatchCache>();
  /** The ones of kinds that change most come to the front. */
  readonly #cachesByPrefix: (readonly [prefix: string, cache: WatchCache])[];
  readonly #onServing: () => void;
  readonly #disconnect: () => void;
  #isServing = false;
  #isOver = false;

  /** @param onServing Its caches are filled: from then on it answers. */
  constructor(body: ServerBody, onServing: () => void) {
    const { timeline, actor, resources } = body;
    this.#body = body;
    this.#onServing = onServing;
    const isOver = (): boolean => this.#isOver;
    const connected = typeof body.store === "function" ? body.store() : body.store;
    const isOwn = typeof body.store === "function";
    this.#disconnect = (): void => (isOwn ? connected.close(() => {}) : undefined);
    const store = body.canCrash ? new MortalStore(connected, isOver) : connected;
    const isNeverBehind = store.direct !== undefined && body.fromStore === undefined;
    for (const kind of resources.all) {
      const contents = isNeverBehind ? new StoreContents(store, kind.keyPrefix) : undefined;
      const retell = isNeverBehind ? retellFrom(store, kind.keyPrefix) : undefined;
      this.#caches.set(kind, new WatchCache(kind, 0, contents, retell));
    }
    this.#cachesByPrefix = [...this.#caches].map(([{ keyPrefix }, cache]) => [keyPrefix, cache]);
    const expiry = body.keepsHouse ? new EventExpiry(timeline, actor, store) : undefined;
    this.#feed = this.#newFeed(store, expiry);
    this.parts = {
      resources,
      storage: new Storage(store),
      chance: body.chance,
      admission: body.admission,
      podTemplates: body.podTemplates,
      nowUs: () => timeline.nowFor(actor),
      feed: this.#feed,
      fetched: new Map(),
      cacheOf: (resource) => this.#cacheOf(resource),
      record: body.record,
      recordForm: body.recordForm,
    };
    // Where a message may come twice, an event may have the name of one that is there.
    const columns = body.canCrash
      ? undefined
      : new EventColumns(this.parts, (written) => expiry?.made(written));
    this.components = new ComponentWrites(this.parts, columns);
  }

  /** Whether it answers: its caches are filled. */
  get isServing(): boolean {
    return this.#isServing;
  }

  get feed(): StoreFeed {
    return this.#feed;
  }

  /** @param isFirst The first begins with the cluster: what it lists takes no time. */
  begin(isFirst: boolean): void {
    if (isFirst) this.#feed.start();
    else this.#feed.startAgain();
    this.#bookmarkLater();
  }

  /** Crashes: nothing that is under way comes to an end, and nobody who watches hears any more. */
  end(): void {
    this.#isOver = true;
    this.#isServing = false;
    this.#feed.stop();
    this.#disconnect();
  }

  #newFeed(store: Store<StoredObject>, expiry: EventExpiry | undefined): StoreFeed {
    const { timeline, actor, resources, fromStore, keepsHouse, historyChangesMax } = this.#body;
    const compaction = keepsHouse
      ? new Compaction(timeline, actor, store, historyChangesMax)
      : undefined;
    compaction?.start();
    const eventKind = resources.find("", "v1", "events");
    const events = eventKind && this.#caches.get(eventKind);
    return new StoreFeed({
      store,
      timeline,
      actor,
      send: fromStore && ((handle) => fromStore(() => void (this.#isOver || handle()))),
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
    if (this.#isServing) return;
    this.#isServing = true;
    this.#onServing();
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

  #bookmarkLater(): void {
    const { timeline, actor, resources } = this.#body;
    timeline.setBackgroundTimer(actor, bookmarkIntervalUs, () => {
      for (const resource of resources.all) this.#cacheOf(resource).sendBookmarks();
      this.#bookmarkLater();
    });
  }
}
