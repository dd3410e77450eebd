import type { Binding, KubeObject, Namespace } from "../../api/objects.ts";
import { Link } from "../../kernel/link.ts";
import type { Network } from "../../kernel/network.ts";
import type { ActorRef, Timeline } from "../../kernel/timeline.ts";
import type { ApiServer } from "../apiserver/api-server.ts";
import type { ObjectList } from "../apiserver/read.ts";
import {
  componentUser,
  type DeleteOptions,
  listAll,
  type RequestContext,
  type Requester,
  watchAll,
} from "../apiserver/request.ts";
import type { Resource } from "../apiserver/resource.ts";
import type { Answer } from "../apiserver/storage.ts";
import type { EventRow, EventSource } from "../apiserver/stored/event-row.ts";
import type { StoredObject } from "../apiserver/stored/stored-object.ts";
import type { Change } from "../apiserver/update.ts";
import type { WatchSink } from "../apiserver/watch-cache.ts";
import { Connection } from "./connection.ts";
import type { EventSink } from "./event-recorder.ts";
import { fallibleWatch } from "./fallible-watch.ts";

/** A kind by its path, e.g. `{ group: "", version: "v1", plural: "pods" }`. */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

export interface ObjectPath extends ResourcePath {
  readonly namespace: string;
  readonly name: string;
  /** See `ObjectId`. */
  readonly storeKey?: string | undefined;
}

export interface WatchFrom extends ResourcePath {
  readonly fieldSelector: string;
  readonly resourceVersion: string;
}

/** The way to one API server and back. */
interface Route {
  readonly server: ApiServer;
  readonly requests: Link;
  readonly answers: Link;
  /** Absent while nothing can fail. */
  readonly connection: Connection | undefined;
}

/**
 * A component's connection to an API server, over links that take time: requests there, answers
 * and watch events back, each in order.
 */
export class ApiClient implements EventSink {
  readonly actor: ActorRef;
  readonly timeline: Timeline;
  readonly #requester: Requester;
  readonly #routes: readonly Route[];
  /** Of the request before: components ask for the same kinds again and again. */
  #lastResource: Resource | undefined;
  #route: Route;
  /** How to let go of what was there for it alone. */
  readonly #endings: (() => void)[] = [];

  constructor(options: {
    readonly actor: ActorRef;
    readonly timeline: Timeline;
    /** The API server it keeps to. */
    readonly server: ApiServer;
    /** Where it goes when that fails, in this order and round again. */
    readonly others?: readonly ApiServer[];
    /** E.g. `system:kube-scheduler`. */
    readonly username: string;
    /** One way, µs. */
    readonly latencyUs: number;
    /** What befalls its messages; absent for links that never fail. */
    readonly network?: Network | undefined;
  }) {
    const { actor, timeline, server, others = [], latencyUs, network } = options;
    this.actor = actor;
    this.timeline = timeline;
    this.#requester = { user: componentUser(options.username), client: actor.name };
    const routeTo = (to: ApiServer): Route => {
      const there = network?.between(actor.name, to.actor.name);
      const back = network?.between(to.actor.name, actor.name);
      const route: Route = {
        server: to,
        requests: new Link(timeline, actor, to.actor, latencyUs, there),
        answers: new Link(timeline, to.actor, actor, latencyUs, back),
        connection: network && new Connection(timeline, actor, () => this.#leave(route)),
      };
      this.#endings.push(...connectionEndings(route));
      return route;
    };
    this.#route = routeTo(server);
    this.#routes = [this.#route, ...others.map(routeTo)];
  }

  list(path: ResourcePath, fieldSelector: string, answer: Answer<ObjectList>): void {
    this.#ask(path, answer, (reply, server) => {
      server.list(this.#context(path), { ...listAll, fieldSelector }, reply);
    });
  }

  /** Events arrive through `sink` until the returned function ends the watch. */
  watch(from: WatchFrom, sink: WatchSink): () => void {
    const { server, requests, answers, connection } = this.#route;
    const begin = (to: WatchSink): (() => void) => this.#beginWatch(server, from, to);
    if (connection !== undefined) {
      return fallibleWatch({ server, connection, requests, answers }, from.plural, begin, sink);
    }
    let stop = (): void => {};
    let stopped = false;
    const unlessStopped = (act: () => void): void => {
      answers.send(() => {
        if (!stopped) act();
      });
    };
    requests.send(() => {
      if (stopped) return;
      stop = begin({
        event: (type, object) => unlessStopped(() => sink.event(type, object)),
        bookmark: (revision, ends) => unlessStopped(() => sink.bookmark(revision, ends)),
        error: (status) => unlessStopped(() => sink.error(status)),
      });
    });
    return () => {
      stopped = true;
      requests.send(() => stop());
    };
  }

  create(path: ResourcePath, object: KubeObject, answer: Answer<KubeObject> = ignore): void {
    this.#ask(path, answer, (reply, server) => {
      const { namespace = "", name = "" } = object.metadata;
      server.create(this.#context({ ...path, namespace, name }), object, reply);
    });
  }

  /** @param change Applied by the server to the stored object, as a patch is. */
  patch(
    path: ObjectPath,
    subresource: string,
    change: (stored: KubeObject) => KubeObject,
    answer: Answer<KubeObject> = ignore,
  ): void {
    this.#ask(path, answer, (reply, server) => {
      server.update(this.#context(path, subresource), "patch", change, reply);
    });
  }

  /** As `patch`, of what may be kept as a row; nobody needs the object that results. */
  revise(path: ObjectPath, change: Change, answer: Answer<StoredObject>): void {
    this.#ask(path, answer, (reply, server) => {
      server.revise(this.#context(path), change, reply);
    });
  }

  remove(path: ObjectPath, options: DeleteOptions, answer: Answer<unknown> = ignore): void {
    this.#ask(path, answer, (reply, server) => {
      server.remove(this.#context(path), options, reply);
    });
  }

  /** What time it is to this component, µs: its clock may be wrong. */
  get nowUs(): number {
    return this.timeline.nowFor(this.actor);
  }

  /** The component crashed: what is on its way to it reaches nobody. */
  close(): void {
    for (const { connection } of this.#routes) connection?.close();
    for (const end of this.#endings) end();
  }

  createEvent(_source: EventSource, event: EventRow): void {
    this.#tell(eventsPath, (server) => server.createEvent(this.#requester, event, ignore));
  }

  reviseEvent(
    _source: EventSource,
    namespace: string,
    name: string,
    change: Change,
    answer: Answer<StoredObject>,
  ): void {
    const { server, connection } = this.#route;
    const revise = (reply: Answer<StoredObject>): void => {
      server.revise(this.#context({ ...eventsPath, namespace, name }), change, reply);
    };
    // What counts an event up would count it up again if it came twice.
    this.#ask(eventsPath, answer, connection?.once(revise) ?? revise);
  }

  bind(path: ObjectPath, binding: Binding, answer: Answer<StoredObject>): void {
    this.#ask(path, answer, (reply, server) => {
      server.bindTo(this.#context(path, "binding"), binding, reply);
    });
  }

  finalize(path: ObjectPath, namespace: Namespace, answer: Answer<KubeObject>): void {
    this.#ask(path, answer, (reply, server) => {
      server.finalize(this.#context(path, "finalize"), namespace, reply);
    });
  }

  /** The namespaced kinds the server serves, as discovery tells. */
  namespacedKinds(): readonly ResourcePath[] {
    return this.#route.server.resources.all.filter(({ namespaced }) => namespaced);
  }

  /** Asks, and has no use for an answer: none is sent. */
  #tell({ plural }: ResourcePath, request: (server: ApiServer) => void): void {
    const { server, requests, connection } = this.#route;
    const handle = (): void => request(server);
    requests.send(connection?.over(() => void (server.isServing && handle())) ?? handle, plural);
  }

  #ask<T>(
    { plural }: ResourcePath,
    answer: Answer<T>,
    request: (reply: Answer<T>, server: ApiServer) => void,
  ): void {
    const { server, requests, answers, connection } = this.#route;
    const attempt = connection?.attempt(answer);
    const pass = attempt?.pass ?? answer;
    const handle = (): void => {
      request((error, result) => {
        answers.send(() => pass(error, result), plural);
      }, server);
    };
    if (connection === undefined || attempt === undefined)
      return void requests.send(handle, plural);
    const refuse = (): void => void answers.send(attempt.refuse, plural);
    const ask = connection.over(() => (server.isServing ? handle() : refuse()));
    requests.send(ask, plural, false, refuse);
  }

  #beginWatch(server: ApiServer, from: WatchFrom, sink: WatchSink): () => void {
    const { fieldSelector, resourceVersion } = from;
    const options = { ...watchAll, fieldSelector, resourceVersion, allowWatchBookmarks: true };
    return server.watch(this.#context(from), options, sink);
  }

  /** A server failed: what is asked from now on goes to the next. */
  #leave(route: Route): void {
    if (route !== this.#route || this.#routes.length === 1) return;
    const next = (this.#routes.indexOf(route) + 1) % this.#routes.length;
    this.#route = this.#routes[next] as Route;
    route.connection?.leave();
  }

  #resourceOf({ group, version, plural }: ResourcePath): Resource {
    const last = this.#lastResource;
    if (last?.plural === plural && last.group === group) return last;
    const resource = this.#route.server.resources.find(group, version, plural) as Resource;
    this.#lastResource = resource;
    return resource;
  }

  #context(path: ResourcePath & Partial<ObjectPath>, subresource = ""): RequestContext {
    return {
      resource: this.#resourceOf(path),
      namespace: path.namespace ?? "",
      name: path.name ?? "",
      user: this.#requester.user,
      client: this.#requester.client,
      subresource,
      dryRun: false,
      storeKey: path.storeKey,
    };
  }
}

/** Breaks off the connection of a route whenever its server goes down; returns how to stop that. */
function connectionEndings({ server, answers, connection }: Route): readonly (() => void)[] {
  if (connection === undefined) return [];
  const crashed = (): void => connection.breakOff((notice) => answers.send(notice, "connection"));
  return [server.observe({ crashed })];
}

const eventsPath: ResourcePath = { group: "", version: "v1", plural: "events" };

const ignore = (): void => {};
