import { internalError, isApiError, noSuchResource, notAcceptable } from "../../../api/errors.ts";
import type { Binding, Eviction, KubeObject, Namespace } from "../../../api/objects.ts";
import type { ApiServer } from "../api-server.ts";
import type { DeleteOptions, RequestContext, UserInfo } from "../request.ts";
import { apiVersionOf, type Resource, type Subresource } from "../resource.ts";
import { type DecodedBody, decodeBody, requireFieldValidation } from "./body.ts";
import { readDeleteOptions } from "./delete-options.ts";
import {
  commonHeaders,
  type Headers,
  type HttpReply,
  type HttpRequest,
  jsonType,
} from "./exchange.ts";
import { noSuchMethod } from "./refuse.ts";
import { negotiate } from "./negotiate.ts";
import { decodePatched, readPatch } from "./patch.ts";
import type { Query } from "./query.ts";
import { renderList, renderObject, type RenderOptions } from "./render.ts";
import type { RequestInfo } from "./request-info.ts";
import { warningHeaders } from "./warning-headers.ts";
import { WatchStream } from "./watch-stream.ts";

/** A request for a kind that is served. */
export interface ResourceExchange {
  readonly request: HttpRequest;
  readonly info: RequestInfo;
  /** As authorization names it: `list`, `deletecollection`. */
  readonly verb: string;
  readonly resource: Resource;
  readonly query: Query;
  readonly reply: HttpReply;
  /** Sends JSON in the form the client asked for. */
  readonly send: (code: number, json: string, headers?: Headers) => void;
  /** Sends a Status, in the form the client asked for. */
  readonly refuse: (error: unknown) => void;
}

const nothingToEnd = (): void => {};

/** Requests for objects: verbs, bodies and answers. */
export class ResourceDoor {
  readonly #server: ApiServer;

  constructor(server: ApiServer) {
    this.#server = server;
  }

  /** Returns what to do when the client goes away. */
  handle(exchange: ResourceExchange): () => void {
    requireServed(exchange);
    switch (exchange.verb) {
      case "watch":
        return this.#watch(exchange);
      case "list":
        this.#list(exchange);
        break;
      case "get":
        this.#get(exchange);
        break;
      case "create":
        if (exchange.info.subresource === "") this.#create(exchange);
        else this.#createSubresource(exchange);
        break;
      case "update":
        if (exchange.info.subresource === "finalize") this.#finalize(exchange);
        else this.#change(exchange);
        break;
      case "patch":
        this.#change(exchange);
        break;
      case "delete":
        this.#remove(exchange);
        break;
      default:
        this.#removeAll(exchange);
    }
    return nothingToEnd;
  }

  #get(exchange: ResourceExchange): void {
    const { resource, query } = exchange;
    const options = this.#renderOptions(exchange);
    const answer = (error: Error | undefined, object?: KubeObject): void => {
      if (error !== undefined || object === undefined) return exchange.refuse(error);
      exchange.send(200, renderObject(resource, object, options));
    };
    this.#server.get(contextOf(exchange), answer, query.text("resourceVersion"));
  }

  #list(exchange: ResourceExchange): void {
    const options = this.#renderOptions(exchange);
    this.#server.list(contextOf(exchange), exchange.query.listOptions(), (error, list) => {
      if (error !== undefined || list === undefined) return exchange.refuse(error);
      exchange.send(200, renderList(exchange.resource, list, options));
    });
  }

  #watch(exchange: ResourceExchange): () => void {
    const { resource, reply, query } = exchange;
    const options = this.#renderOptions(exchange);
    if (options.representation.encoding === "yaml") throw notAcceptable(watchTypes);
    const timeoutSeconds = query.integer("timeoutSeconds") ?? 0;
    let stream: ReturnType<HttpReply["open"]> | undefined;
    // Opened by the first event at the latest, so that a refusal can still be an error.
    const opened = (): ReturnType<HttpReply["open"]> =>
      (stream ??= reply.open(200, commonHeaders(jsonType)));
    const sink = new WatchStream(resource, options, () => this.#server.nowUs, {
      write: (chunk) => opened().write(chunk),
      end: () => opened().end(),
    });
    const stop = this.#server.watch(contextOf(exchange), query.watchOptions(), sink);
    opened();
    if (timeoutSeconds <= 0) return stop;
    const timer = this.#server.after(timeoutSeconds * 1_000_000, () => {
      stop();
      opened().end();
    });
    return () => {
      timer.cancel();
      stop();
    };
  }

  #create(exchange: ResourceExchange): void {
    const { object, warnings } = this.#body(exchange, exchange.resource, "CreateOptions");
    const context = contextOf(exchange, exchange.query.dryRun("CreateOptions"));
    this.#server.create(context, object, this.#answer(exchange, 201, warnings));
  }

  #change(exchange: ResourceExchange): void {
    const { query, verb } = exchange;
    const isPatch = verb === "patch";
    const optionsKind = isPatch ? "PatchOptions" : "UpdateOptions";
    const context = contextOf(exchange, query.dryRun(optionsKind));
    const warnings: string[] = [];
    const change = isPatch
      ? this.#patchChange(exchange, warnings)
      : this.#replacement(exchange, warnings);
    const answer = this.#answer(exchange, 200, warnings);
    this.#server.update(context, isPatch ? "patch" : "update", change, answer);
  }

  #replacement(exchange: ResourceExchange, warnings: string[]): (stored: KubeObject) => KubeObject {
    const decoded = this.#body(exchange, exchange.resource, "UpdateOptions");
    warnings.push(...decoded.warnings);
    return () => decoded.object;
  }

  #patchChange(exchange: ResourceExchange, warnings: string[]): (stored: KubeObject) => KubeObject {
    const { request, resource, query } = exchange;
    const fieldValidation = query.text("fieldValidation");
    requireFieldValidation(fieldValidation, "PatchOptions");
    const patch = readPatch(request.body, request.headers["content-type"]);
    return (stored) => {
      const decoded = decodePatched(patch, stored, kindOf(resource), fieldValidation);
      warnings.splice(0, warnings.length, ...decoded.warnings);
      return decoded.object;
    };
  }

  #remove(exchange: ResourceExchange): void {
    const { resource, query } = exchange;
    const rendering = this.#renderOptions(exchange);
    const options = readDeleteOptions(exchange.request, query);
    const context = contextOf(exchange, query.dryRun("DeleteOptions") || options.dryRun);
    this.#server.remove(context, options, (error, removal) => {
      if (error !== undefined || removal === undefined) return exchange.refuse(error);
      const { object, isGone } = removal;
      const answersObject = !isGone || resource.deletionAnswersObject;
      const json = answersObject
        ? renderObject(resource, object, rendering)
        : JSON.stringify(removedStatus(resource, object));
      exchange.send(200, json);
    });
  }

  #removeAll(exchange: ResourceExchange): void {
    const { resource, query } = exchange;
    const rendering = this.#renderOptions(exchange);
    const options = readDeleteOptions(exchange.request, query);
    const context = contextOf(exchange, query.dryRun("DeleteOptions") || options.dryRun);
    this.#server.list(context, query.listOptions(), (error, list) => {
      if (error !== undefined || list === undefined) return exchange.refuse(error);
      const objects = list.items.map((stored) => stored.toObject());
      this.#removeEach(context, options, objects, (failure) => {
        if (failure !== undefined) return exchange.refuse(failure);
        exchange.send(200, renderList(resource, list, rendering));
      });
    });
  }

  #removeEach(
    context: RequestContext,
    options: DeleteOptions,
    objects: readonly KubeObject[],
    done: (failure?: Error) => void,
  ): void {
    let pending = objects.length;
    let failure: Error | undefined;
    if (pending === 0) return done();
    for (const { metadata } of objects) {
      const at = { ...context, namespace: metadata.namespace ?? "", name: metadata.name ?? "" };
      this.#server.remove(at, options, (error) => {
        // Whatever is gone by now was to go anyway.
        if (error !== undefined && !isApiError(error, "NotFound")) failure ??= error;
        if (--pending === 0) done(failure);
      });
    }
  }

  #createSubresource(exchange: ResourceExchange): void {
    const { info, resource, query } = exchange;
    const served = resource.subresources.find(({ name }) => name === info.subresource);
    const { object } = this.#body(exchange, served as Subresource, "CreateOptions");
    const context = contextOf(exchange, query.dryRun("CreateOptions"));
    const done = this.#success(exchange);
    if (info.subresource === "binding") {
      this.#server.bind(context, object as unknown as Binding, done);
    } else {
      this.#server.evict(context, object as unknown as Eviction, done);
    }
  }

  #finalize(exchange: ResourceExchange): void {
    const { object, warnings } = this.#body(exchange, exchange.resource, "UpdateOptions");
    const namespace = object as unknown as Namespace;
    const answer = this.#answer(exchange, 200, warnings);
    this.#server.finalize(contextOf(exchange), namespace, answer);
  }

  #body(
    { request, query }: ResourceExchange,
    kind: Pick<Resource, "group" | "version" | "kind">,
    optionsKind: string,
  ): DecodedBody {
    const fieldValidation = query.text("fieldValidation");
    requireFieldValidation(fieldValidation, optionsKind);
    return decodeBody(request.body, request.headers["content-type"], kindOf(kind), fieldValidation);
  }

  #answer(
    exchange: ResourceExchange,
    code: number,
    warnings: readonly string[],
  ): (error: Error | undefined, object?: KubeObject) => void {
    // Before anything is written: an answer nobody takes is refused.
    const options = this.#renderOptions(exchange);
    return (error, object) => {
      if (error !== undefined || object === undefined) {
        return exchange.refuse(error ?? internalError("no object"));
      }
      exchange.send(
        code,
        renderObject(exchange.resource, object, options),
        warningHeaders(warnings),
      );
    };
  }

  #success(exchange: ResourceExchange): (error: Error | undefined) => void {
    return (error) => {
      if (error !== undefined) return exchange.refuse(error);
      const status = {
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Success",
        code: 201,
      };
      exchange.send(201, JSON.stringify(status));
    };
  }

  #renderOptions({ request, query }: ResourceExchange): RenderOptions {
    const representation = negotiate(request.headers["accept"]);
    const includeObject = representation.as === "table" ? query.includeObject() : "Metadata";
    return { representation, includeObject, nowUs: this.#server.nowUs };
  }
}

/** What watches can be written in. */
const watchTypes = [
  "application/json;stream=watch",
  "application/vnd.kubernetes.protobuf;stream=watch",
];

/** @throws {ApiError} MethodNotAllowed, or NotFound for a subresource that the kind does not have. */
function requireServed({ info, verb, resource }: ResourceExchange): void {
  const isCollection = info.name === "";
  if (info.subresource !== "") {
    const served = resource.subresources.find(({ name }) => name === info.subresource);
    if (served === undefined) throw noSuchResource();
    if (!served.verbs.includes(verb)) throw noSuchMethod();
    return;
  }
  const isOfItem = verb === "get" || verb === "update" || verb === "patch" || verb === "delete";
  const isWatchOfItem = verb === "watch" && info.isWatchPath;
  const isReadOnly = info.isWatchPath || (resource.namespaced && info.namespace === "");
  const isRead = verb === "get" || verb === "list" || verb === "watch";
  if (!resource.verbs.includes(verb) || (isReadOnly && !isRead)) throw noSuchMethod();
  if (isCollection ? isOfItem : !isOfItem && !isWatchOfItem) throw noSuchMethod();
}

function contextOf(exchange: ResourceExchange, dryRun = false): RequestContext {
  const { request, info, resource } = exchange;
  return {
    resource,
    namespace: resource.namespaced ? info.namespace : "",
    name: info.name,
    user: request.user as UserInfo,
    client: clientOf(request),
    subresource: info.subresource,
    dryRun,
  };
}

/** As the trace names who asks: `kubectl`, from `kubectl/v1.35.2 (linux/amd64) kubernetes/…`. */
function clientOf({ headers }: HttpRequest): string {
  const [name = ""] = (headers["user-agent"] ?? "").split("/");
  return name === "" ? "unknown" : name;
}

function kindOf(kind: Pick<Resource, "group" | "version" | "kind">): {
  apiVersion: string;
  kind: string;
} {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind };
}

function removedStatus(resource: Resource, { metadata }: KubeObject): object {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      name: metadata.name,
      ...(resource.group !== "" && { group: resource.group }),
      kind: resource.plural,
      uid: metadata.uid,
    },
  };
}
