import type { Binding, KubeObject, Namespace } from "../../../src/api/objects.ts";
import type { Status } from "../../../src/api/errors.ts";
import type { ApiServer } from "../../../src/control-plane/apiserver/api-server.ts";
import type { ObjectList } from "../../../src/control-plane/apiserver/read.ts";
import type { Removal } from "../../../src/control-plane/apiserver/remove.ts";
import {
  componentUser,
  type DeleteOptions,
  listAll,
  type ListOptions,
  type RequestContext,
  type WatchOptions,
} from "../../../src/control-plane/apiserver/request.ts";
import type { Resource } from "../../../src/control-plane/apiserver/resource.ts";
import type { Answer } from "../../../src/control-plane/apiserver/storage.ts";
import type { StoredObject } from "../../../src/control-plane/apiserver/stored/stored-object.ts";
import { frozen } from "../../api/schema/frozen.ts";

/** What a request may say besides its kind; the namespace is `default` where a kind has one. */
export type RequestParts = Partial<Omit<RequestContext, "resource">>;

/**
 * Asks an API server directly: every answer is there when the call returns, and a refusal is thrown.
 * What is sent is frozen, so whoever changes it fails.
 */
export class ApiDriver {
  readonly server: ApiServer;

  constructor(server: ApiServer) {
    this.server = server;
  }

  at(plural: string, parts: RequestParts = {}): RequestContext {
    const group = plural === "leases" ? "coordination.k8s.io" : "";
    const resource = this.server.resources.find(group, "v1", plural) as Resource;
    return {
      resource,
      namespace: resource.namespaced ? "default" : "",
      name: "",
      user: componentUser("tester"),
      client: "tester",
      subresource: "",
      dryRun: false,
      ...parts,
    };
  }

  get(plural: string, name: string, parts?: RequestParts): KubeObject {
    return answerOf((answer) => this.server.get(this.at(plural, { name, ...parts }), answer));
  }

  create(plural: string, object: KubeObject, parts?: RequestParts): KubeObject {
    const { name = "" } = object.metadata;
    return answerOf((answer) =>
      this.server.create(this.at(plural, { name, ...parts }), frozen(object), answer),
    );
  }

  /** PUT: the object replaces what is there. */
  replace(plural: string, object: KubeObject, parts?: RequestParts): KubeObject {
    return this.update(plural, object.metadata.name ?? "", () => frozen(object), parts);
  }

  /** PATCH: the stored object, changed. */
  update(
    plural: string,
    name: string,
    change: (stored: KubeObject) => KubeObject,
    parts?: RequestParts,
  ): KubeObject {
    return answerOf((answer) =>
      this.server.update(this.at(plural, { name, ...parts }), "update", change, answer),
    );
  }

  remove(plural: string, name: string, options: DeleteOptions = {}, parts?: RequestParts): Removal {
    return answerOf((answer) =>
      this.server.remove(this.at(plural, { name, ...parts }), options, answer),
    );
  }

  list(plural: string, options: Partial<ListOptions> = {}, parts?: RequestParts): ListedObjects {
    const list = answerOf<ObjectList>((answer) =>
      this.server.list(this.at(plural, parts), { ...listAll, ...options }, answer),
    );
    return { ...list, items: list.items.map((stored) => stored.toObject()) };
  }

  bind(name: string, binding: Binding, parts?: RequestParts): KubeObject {
    const context = this.at("pods", { name, subresource: "binding", ...parts });
    return answerOf((answer) => this.server.bind(context, binding, answer));
  }

  finalize(namespace: Namespace): KubeObject {
    const { name = "" } = namespace.metadata;
    const context = this.at("namespaces", { name, subresource: "finalize" });
    return answerOf((answer) => this.server.finalize(context, namespace, answer));
  }

  watch(plural: string, options: Partial<WatchOptions> = {}, parts?: RequestParts): RecordedWatch {
    const watch = new RecordedWatch();
    const everything = {
      labelSelector: "",
      fieldSelector: "",
      resourceVersion: "",
      resourceVersionMatch: "",
      allowWatchBookmarks: false,
      sendInitialEvents: undefined,
    };
    watch.stop = this.server.watch(this.at(plural, parts), { ...everything, ...options }, watch);
    return watch;
  }
}

/** What was answered so far: nothing, an error or a result. */
export interface RecordedAnswer<T> {
  readonly error?: Error;
  readonly result?: T;
}

/** Asks for a list that may have to wait. */
export function askedList(
  api: ApiDriver,
  plural: string,
  options: Partial<ListOptions> = {},
): RecordedAnswer<ObjectList> {
  const recorded = {};
  api.server.list(api.at(plural), { ...listAll, ...options }, (error, result) => {
    Object.assign(recorded, error === undefined ? { result } : { error });
  });
  return recorded;
}

/** A list with its objects made. */
export interface ListedObjects extends Omit<ObjectList, "items"> {
  readonly items: readonly KubeObject[];
}

/** What a watcher was told, one line an event: `ADDED web-1@7`. */
export class RecordedWatch {
  readonly lines: string[] = [];
  readonly objects: KubeObject[] = [];
  stop: () => void = () => {};

  /** The lines since they were last taken. */
  taken(): string[] {
    return this.lines.splice(0);
  }

  event(type: string, stored: StoredObject): void {
    const object = stored.toObject();
    this.objects.push(object);
    this.lines.push(`${type} ${object.metadata.name}@${object.metadata.resourceVersion}`);
  }

  bookmark(revision: number, endsInitialEvents: boolean): void {
    this.lines.push(`BOOKMARK ${revision}${endsInitialEvents ? " initial-events-end" : ""}`);
  }

  error({ code, message }: Status): void {
    this.lines.push(`ERROR ${code} ${message}`);
  }
}

/** @throws {ApiError} What the server refused with. */
function answerOf<T>(ask: (answer: Answer<T>) => void): T {
  const answers: (readonly [Error | undefined, T | undefined])[] = [];
  ask((error, result) => answers.push([error, result]));
  const [only, ...more] = answers;
  if (only === undefined || more.length > 0)
    throw new Error(`${answers.length} answers to one request`);
  const [error, result] = only;
  if (error !== undefined) throw error;
  return result as T;
}
