import type { Binding, Eviction, KubeObject, Namespace } from "../../api/objects.ts";
import type { Chance } from "../../kernel/chance.ts";
import type { ActorRef, TimerHandle, Timeline } from "../../kernel/timeline.ts";
import type { FactData, FactSubject, Trace } from "../../kernel/trace.ts";
import type { Store } from "../store/store.ts";
import { AdmissionChain, type AdmissionPlugin } from "./admission/admission.ts";
import { historyChangesMaxDefault } from "./compaction.ts";
import { createObject, createTrusted, uidOf } from "./create.ts";
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
import { type ServerBody, ServerLife } from "./server-life.ts";
import type { ServerParts } from "./server-parts.ts";
import type { Answer } from "./storage.ts";
import type { SendFromStore } from "./store-feed.ts";
import type { EventRow } from "./stored/event-row.ts";
import type { LeasePulse } from "./stored/lease-pulse.ts";
import { type LeaseHolder, LeaseRow, LeaseSeed } from "./stored/lease-row.ts";
import { NodeRow, type NodeStatusRow } from "./stored/node-row.ts";
import { PodTemplates } from "./stored/pod-template.ts";
import type { StoredObject } from "./stored/stored-object.ts";
import { bindPod, evictPod, finalizeNamespace } from "./subresources.ts";
import { type Change, updateObject } from "./update.ts";
import type { WatchSink } from "./watch-cache.ts";
import { watchObjects } from "./watch-objects.ts";

/** Who has to know when an API server goes down, and when it is back. */
export interface ServerObserver {
  /** It crashed: whatever was under way with it is lost. */
  readonly crashed?: () => void;
  /** It answers again: its caches are filled. */
  readonly serving?: () => void;
}

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
  readonly #body: ServerBody;
  readonly #observers = new Set<ServerObserver>();
  #life: ServerLife;

  constructor(options: {
    readonly actor: ActorRef;
    readonly timeline: Timeline;
    readonly trace: Trace;
    readonly chance: Chance;
    /** The store, or the way to it that each life of this server has of its own. */
    readonly store: Store<StoredObject> | (() => Store<StoredObject>);
    readonly kinds: readonly Resource[];
    readonly admission: readonly AdmissionPlugin[];
    /** Changes of history kept, at least, when there are many. Default 100,000. */
    readonly historyChangesMax?: number;
    /** How the store's watch gets here; absent when that takes no time. */
    readonly fromStore?: SendFromStore | undefined;
    /** Whether this server, of several, compacts the store and forgets old events. Default true. */
    readonly keepsHouse?: boolean;
    /** Whether `crash` is ever called. Default false. */
    readonly canCrash?: boolean;
  }) {
    const { actor, timeline, trace } = options;
    this.actor = actor;
    this.#timeline = timeline;
    this.resources = new ResourceTable(options.kinds);
    this.#body = {
      actor,
      timeline,
      chance: options.chance,
      store: options.store,
      resources: this.resources,
      admission: new AdmissionChain(options.admission),
      podTemplates: new PodTemplates(),
      fromStore: options.fromStore,
      keepsHouse: options.keepsHouse ?? true,
      canCrash: options.canCrash ?? false,
      historyChangesMax: options.historyChangesMax ?? historyChangesMaxDefault,
      record: (kind: string, subject: FactSubject, data: FactData) =>
        trace.record(actor, timeline.nowUs, kind, subject, data),
      recordForm: (form, subject, value) =>
        trace.recordForm(actor, timeline.nowUs, form, subject, value),
    };
    this.#life = this.#newLife();
    this.#life.begin(true);
  }

  /** Whether it answers: not from a crash until its caches are filled again. */
  get isServing(): boolean {
    return this.#life.isServing;
  }

  /**
   * Goes down with all that it has in memory. Its timeline keeps from it what comes until `restart`.
   */
  crash(): void {
    this.#life.end();
    for (const { crashed } of this.#observers) crashed?.();
  }

  /** Begins anew, with what the store has. */
  restart(): void {
    this.#life = this.#newLife();
    this.#life.begin(false);
  }

  /** Returns how to observe it no more. */
  observe(observer: ServerObserver): () => void {
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  }

  /** The store's revision, as far as this server knows. */
  get revision(): number {
    return this.#life.feed.revision;
  }

  /** How many revisions of the store this server has not heard of. */
  get behind(): number {
    return this.#life.feed.behind;
  }

  get nowUs(): number {
    return this.#timeline.nowFor(this.actor);
  }

  /** Calls `act` once this server knows what its store has: at once, if that answers at once. */
  whenReady(act: () => void): void {
    this.#life.feed.whenReached(0, (error) => {
      if (error === undefined) act();
      else this.whenReady(act);
    });
  }

  /** An object as this server's cache has it, without asking the store; none while it is down. */
  peek(resource: Resource, namespace: string, name: string): KubeObject | undefined {
    if (!this.isServing) return undefined;
    return this.#parts
      .cacheOf(resource)
      .get(keyOf(resource, namespace, name))
      ?.toObject();
  }

  /** As `peek`, without making an object. */
  peekVersion(resource: Resource, namespace: string, name: string): StoredObject | undefined {
    if (!this.isServing) return undefined;
    return this.#parts.cacheOf(resource).get(keyOf(resource, namespace, name));
  }

  /** All objects of a kind of the v1 API, as this server's cache has them; none while it is down. */
  *objects(group: string, plural: string): Generator<KubeObject, void, undefined> {
    const resource = this.resources.find(group, "v1", plural);
    if (resource === undefined || !this.isServing) return;
    for (const stored of this.#parts.cacheOf(resource).objects()) yield stored.toObject();
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
    const written = this.#life.components.createEvent(event);
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
    return this.#life.components.renewLease(lease, renewUs);
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
        return new NodeRow(seed, status, this.#life.components.taintsOfNewNodes(context));
      },
      answer,
    );
  }

  /** PATCH by one of podrace's own components, which knows rows; nobody needs the result. */
  revise(context: RequestContext, change: Change, answer: Answer<StoredObject>): void {
    if (change.ofRow !== undefined && !context.dryRun) {
      const written = this.#life.components.revise(context, "patch", change.ofRow);
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
    const written = context.dryRun ? undefined : this.#life.components.bind(context, binding);
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

  get #parts(): ServerParts {
    return this.#life.parts;
  }

  #newLife(): ServerLife {
    return new ServerLife(this.#body, () => {
      for (const { serving } of this.#observers) serving?.();
    });
  }
}

/** Makes the object for whoever asked for it. */
function asObject(answer: Answer<KubeObject>): Answer<StoredObject> {
  return (error, stored) => answer(error, stored?.toObject());
}
