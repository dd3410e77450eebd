import { internalError, noSuchResource } from "../../../api/errors.ts";
import type { Binding, Eviction, KubeObject, Namespace } from "../../../api/objects.ts";
import type { ApiServer } from "../api-server.ts";
import type { DeleteOptions, RequestContext, UserInfo } from "../request.ts";
import { apiVersionOf, type Resource } from "../resource.ts";
import { type DecodedBody, decodeBody, decodeTyped, requireFieldValidation } from "./body.ts";
import { readDeleteOptions } from "./delete-options.ts";
import { objectJson } from "./encode.ts";
import {
  commonHeaders,
  type Headers,
  type HttpReply,
  type HttpRequest,
  jsonType,
} from "./exchange.ts";
import { methodOnResource, sendError } from "./refuse.ts";
import { negotiate } from "./negotiate.ts";
import { readPatch } from "./patch.ts";
import type { Query } from "./query.ts";
import { renderList, renderObject, type RenderOptions } from "./render.ts";
import type { RequestInfo } from "./request-info.ts";
import { WatchStream } from "./watch-stream.ts";

/** A request for a kind that is served. */
export interface ResourceExchange {
  readonly request: HttpRequest;
  readonly info: RequestInfo;
  readonly resource: Resource;
  readonly query: Query;
  readonly reply: HttpReply;
  /** Sends JSON in the form the client asked for. */
  readonly send: (code: number, json: string, headers?: Headers) => void;
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
    const { request, info, resource, query } = exchange;
    const { method } = request;
    if (info.subresource !== "") {
      this.#subresource(exchange);
      return nothingToEnd;
    }
    const isRead = method === "GET" || method === "HEAD";
    if (isRead && (info.isWatchPath || (query.flag("watch") && info.name === ""))) {
      return this.#watch(exchange);
    }
    if (isRead) {
      if (info.name === "") this.#list(exchange);
      else this.#get(exchange);
    } else if (method === "POST") {
      this.#create(exchange);
    } else if (method === "DELETE") {
      if (info.name === "") this.#removeAll(exchange);
      else this.#remove(exchange);
    } else if (info.name !== "" && (method === "PUT" || method === "PATCH")) {
      this.#change(exchange);
    } else {
      throw methodOnResource(resource, method);
    }
    return nothingToEnd;
  }

  #get(exchange: ResourceExchange): void {
    const options = this.#renderOptions(exchange);
    this.#server.get(contextOf(exchange), (error, object) => {
      if (error !== undefined || object === undefined) return sendError(exchange.reply, error);
      exchange.send(200, renderObject(exchange.resource, object, options));
    });
  }

  #list(exchange: ResourceExchange): void {
    const options = this.#renderOptions(exchange);
    this.#server.list(contextOf(exchange), exchange.query.listOptions(), (error, list) => {
      if (error !== undefined || list === undefined) return sendError(exchange.reply, error);
      exchange.send(200, renderList(exchange.resource, list, options));
    });
  }

  #watch(exchange: ResourceExchange): () => void {
    const { resource, reply, query } = exchange;
    const options = this.#renderOptions(exchange);
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
    const timeoutSeconds = query.integer("timeoutSeconds");
    if (timeoutSeconds === undefined || timeoutSeconds <= 0) return stop;
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
    const { resource, query } = exchange;
    const { object, warnings } = this.#body(exchange, resource, "CreateOptions");
    const context = contextOf(exchange, query.dryRun("CreateOptions"));
    this.#server.create(context, object, this.#answer(exchange, 201, warnings));
  }

  #change(exchange: ResourceExchange): void {
    const { request, query, info } = exchange;
    const isPatch = request.method === "PATCH";
    const optionsKind = isPatch ? "PatchOptions" : "UpdateOptions";
    const context = contextOf(exchange, query.dryRun(optionsKind), info.subresource);
    const warnings: string[] = [];
    const change = isPatch
      ? this.#patchChange(exchange, warnings)
      : this.#replacement(exchange, warnings);
    const verb = isPatch ? "patch" : "update";
    this.#server.update(context, verb, change, this.#answer(exchange, 200, warnings));
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
      const decoded = decodeTyped(patch(stored), kindOf(resource), fieldValidation);
      warnings.splice(0, warnings.length, ...decoded.warnings);
      return decoded.object;
    };
  }

  #remove(exchange: ResourceExchange): void {
    const { resource, reply, query } = exchange;
    const options = readDeleteOptions(exchange.request, query);
    const context = contextOf(exchange, query.dryRun("DeleteOptions") || options.dryRun);
    this.#server.remove(context, options, (error, removal) => {
      if (error !== undefined || removal === undefined) return sendError(reply, error);
      const { object, isGone } = removal;
      if (!isGone || resource.deletionAnswersObject) return exchange.send(200, objectJson(object));
      exchange.send(200, JSON.stringify(removedStatus(resource, object)));
    });
  }

  #removeAll(exchange: ResourceExchange): void {
    const { resource, reply, query } = exchange;
    const options = readDeleteOptions(exchange.request, query);
    const context = contextOf(exchange, query.dryRun("DeleteOptions") || options.dryRun);
    this.#server.list(context, query.listOptions(), (error, list) => {
      if (error !== undefined || list === undefined) return sendError(reply, error);
      this.#removeEach(context, options, list.items, () => {
        exchange.send(200, renderList(resource, list, this.#renderOptions(exchange)));
      });
    });
  }

  #removeEach(
    context: RequestContext,
    options: DeleteOptions,
    objects: readonly KubeObject[],
    done: () => void,
  ): void {
    let pending = objects.length;
    if (pending === 0) return done();
    for (const { metadata } of objects) {
      const at = { ...context, namespace: metadata.namespace ?? "", name: metadata.name ?? "" };
      this.#server.remove(at, options, () => {
        if (--pending === 0) done();
      });
    }
  }

  #subresource(exchange: ResourceExchange): void {
    const { request, info, resource } = exchange;
    const served = resource.subresources.find(({ name }) => name === info.subresource);
    if (served === undefined) throw noSuchResource();
    const verb =
      { GET: "get", POST: "create", PUT: "update", PATCH: "patch" }[request.method] ?? "";
    if (!served.verbs.includes(verb)) throw methodOnResource(resource, request.method);
    const context = contextOf(exchange, false, info.subresource);
    switch (info.subresource) {
      case "status":
        if (verb === "get") return this.#get(exchange);
        return this.#change(exchange);
      case "binding": {
        const { object } = this.#body(exchange, served, "CreateOptions");
        const binding = object as unknown as Binding;
        return this.#server.bind(context, binding, this.#success(exchange));
      }
      case "eviction": {
        const { object } = this.#body(exchange, served, "CreateOptions");
        const eviction = object as unknown as Eviction;
        return this.#server.evict(context, eviction, this.#success(exchange));
      }
      default: {
        const { object, warnings } = this.#body(exchange, resource, "UpdateOptions");
        const namespace = object as unknown as Namespace;
        return this.#server.finalize(context, namespace, this.#answer(exchange, 200, warnings));
      }
    }
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
    return (error, object) => {
      if (error !== undefined || object === undefined)
        return sendError(exchange.reply, error ?? internalError("no object"));
      const json = renderObject(exchange.resource, object, this.#renderOptions(exchange));
      exchange.send(code, json, warningHeaders(warnings));
    };
  }

  #success(exchange: ResourceExchange): (error: Error | undefined) => void {
    return (error) => {
      if (error !== undefined) return sendError(exchange.reply, error);
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
    return {
      representation: negotiate(request.headers["accept"]),
      includeObject: query.includeObject(),
      nowUs: this.#server.nowUs,
    };
  }
}

function contextOf(exchange: ResourceExchange, dryRun = false, subresource = ""): RequestContext {
  const { request, info, resource } = exchange;
  return {
    resource,
    namespace: resource.namespaced ? info.namespace : "",
    name: info.name,
    user: request.user as UserInfo,
    client: clientOf(request),
    subresource,
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

/** One header with all warnings: HTTP/2 and HTTP/1.1 both allow the list form. */
function warningHeaders(warnings: readonly string[]): Headers {
  if (warnings.length === 0) return {};
  const values = warnings.map(
    (text) => `299 - "${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`,
  );
  return { warning: values.join(", ") };
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
