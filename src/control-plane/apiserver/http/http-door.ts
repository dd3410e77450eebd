import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { ApiError, noSuchResource, unauthorized } from "../../../api/errors.ts";
import type { ApiServer } from "../api-server.ts";
import { requireAccess } from "../authorize.ts";
import type { UserInfo } from "../request.ts";
import {
  aggregatedDiscovery,
  groupDocument,
  groupList,
  legacyVersions,
  resourceList,
} from "./discovery.ts";
import { prettyJson, yamlOf } from "./encode.ts";
import {
  commonHeaders,
  type Headers,
  type HttpReply,
  type HttpRequest,
  isForPodrace,
  jsonType,
  sendText,
} from "./exchange.ts";
import { negotiate, negotiateDiscovery } from "./negotiate.ts";
import { OpenApiDoor } from "./openapi-door.ts";
import { Query } from "./query.ts";
import { noSuchMethod, refusalFor } from "./refuse.ts";
import { requestInfo, verbOf } from "./request-info.ts";
import { ResourceDoor } from "./resource-door.ts";

/** The body of `/version`. @see kubernetes `apimachinery/pkg/version/types.go` */
export interface VersionInfo {
  readonly major: string;
  readonly minor: string;
  readonly emulationMajor: string;
  readonly emulationMinor: string;
  readonly minCompatibilityMajor: string;
  readonly minCompatibilityMinor: string;
  readonly gitVersion: string;
  readonly gitCommit: string;
  readonly gitTreeState: string;
  readonly buildDate: string;
  readonly goVersion: string;
  readonly compiler: string;
  readonly platform: string;
}

/** What podrace serves besides Kubernetes' API, under `/podrace/v1/`. */
export type AdminHandler = (request: AdminRequest) => AdminAnswer | Promise<AdminAnswer>;

export interface AdminRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Query;
}

export interface AdminAnswer {
  readonly code: number;
  /** An object is sent as JSON, bytes as they are. */
  readonly body: object | Uint8Array;
}

/** Paths that anybody may ask for. @see kubernetes `system:public-info-viewer` */
const publicPaths: ReadonlySet<string> = new Set(["/healthz", "/livez", "/readyz", "/version"]);

/** kubectl looks here before it calls a kind unknown. There are no custom resources, so it is one. */
const customResourceDefinitionsPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const noCustomResourceDefinitions = {
  kind: "CustomResourceDefinitionList",
  apiVersion: "apiextensions.k8s.io/v1",
  metadata: { resourceVersion: "1" },
  items: [],
};

/** An answer at least this long is compressed for those who take it. @see `responsewriters` */
const gzipBytesMin = 128 * 1024;

/**
 * The HTTP door of an API server: what a path means, who may ask, and how answers are written. It
 * knows no sockets; requests come in as data, at their virtual time.
 */
export class HttpDoor {
  readonly #server: ApiServer;
  readonly #version: VersionInfo;
  readonly #serverAddress: string;
  readonly #resources: ResourceDoor;
  readonly #openApi: OpenApiDoor;
  readonly #admin: AdminHandler;

  constructor(options: {
    readonly server: ApiServer;
    readonly version: VersionInfo;
    /** Host and port, for `/api`. */
    readonly serverAddress: string;
    readonly admin: AdminHandler;
  }) {
    this.#server = options.server;
    this.#version = options.version;
    this.#serverAddress = options.serverAddress;
    this.#admin = options.admin;
    this.#resources = new ResourceDoor(options.server);
    this.#openApi = new OpenApiDoor(options.server.resources, options.version.gitVersion);
  }

  /** Returns what to do when the client goes away: the end of its watch. */
  handle(request: HttpRequest, reply: HttpReply): () => void {
    if (!this.#server.isServing && !isForPodrace(request)) {
      reply.breakOff();
      return () => {};
    }
    const answering = compressing(request, reply);
    const [path, search] = splitUrl(request.url);
    const query = new Query(search);
    const send: Send = (code, json, headers = {}) => {
      const all = { ...formatHeaders(request), ...headers };
      answering.send(code, all, formatted(request, query, json));
    };
    const refuse: Refuse = (error) => {
      const { code, json, headers } = refusalFor(error);
      send(code, json, headers);
    };
    try {
      return this.#route({ request, path, query, reply: answering, send, refuse });
    } catch (error) {
      refuse(error);
      return () => {};
    }
  }

  #route(exchange: Exchange): () => void {
    const { request, path, query, reply } = exchange;
    const { user, method } = request;
    if (user === undefined) throw unauthorized();
    const info = requestInfo(path);
    if (info === undefined || path === customResourceDefinitionsPath) {
      requirePathAccess(user, method, path);
      this.#routeOther(exchange);
      return () => {};
    }
    const verb = verbOf(info, method, query.flag("watch"));
    // Nobody learns what is there, or what is wrong with a body, who may not ask.
    requireAccess({ ...info, user, verb });
    const { resources } = this.#server;
    const resource = resources.find(info.group, info.version, info.plural);
    if (resource === undefined) {
      if (resources.inGroupVersion(info.group, info.version).length > 0) throw noSuchResource();
      sendText(reply, 404, "404 page not found\n");
      return () => {};
    }
    const isItemWithoutNamespace =
      resource.namespaced && info.namespace === "" && info.name !== "" && !info.isWatchPath;
    const isInNamespace = !resource.namespaced && info.namespace !== "";
    if (isItemWithoutNamespace || isInNamespace) throw noSuchResource();
    return this.#resources.handle({ ...exchange, info, verb, resource });
  }

  #routeOther(exchange: Exchange): void {
    const { request, path, query, reply, send } = exchange;
    if (isForPodrace(request)) {
      return this.#administer({ method: request.method, path, query }, exchange);
    }
    if (request.method !== "GET" && request.method !== "HEAD") throw noSuchMethod();
    if (path.startsWith("/openapi/")) return this.#openApi.handle(request, path, query, reply);
    switch (path) {
      case "/healthz":
      case "/livez":
      case "/readyz":
        return sendText(reply, 200, "ok");
      case "/version":
        return send(200, JSON.stringify(this.#version));
      case customResourceDefinitionsPath:
        return send(200, JSON.stringify(noCustomResourceDefinitions));
      case "/api":
      case "/apis":
        return this.#discover(request, reply, send, path === "/api" ? "api" : "apis");
      default:
        return this.#discoverGroup(path, reply, send);
    }
  }

  #administer(request: AdminRequest, { send, refuse, reply }: Exchange): void {
    const answer = this.#admin(request);
    const tell = ({ code, body }: AdminAnswer): void => {
      if (!(body instanceof Uint8Array)) return send(code, JSON.stringify(body));
      reply.send(code, commonHeaders("application/octet-stream"), body);
    };
    if (answer instanceof Promise) answer.then(tell, refuse);
    else tell(answer);
  }

  #discover(request: HttpRequest, reply: HttpReply, send: Send, root: "api" | "apis"): void {
    const { resources } = this.#server;
    const version = negotiateDiscovery(request.headers["accept"]);
    if (version === undefined) {
      const body = root === "api" ? legacyVersions(this.#serverAddress) : groupList(resources);
      return send(200, JSON.stringify(body));
    }
    const json = JSON.stringify(aggregatedDiscovery(resources, root, version));
    const etag = `"${createHash("sha512").update(json).digest("hex").toUpperCase()}"`;
    const headers = {
      ...commonHeaders(
        `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
      ),
      etag,
      vary: "Accept",
    };
    if (request.headers["if-none-match"] === etag) return reply.send(304, headers, "");
    reply.send(200, headers, json);
  }

  #discoverGroup(path: string, reply: HttpReply, send: Send): void {
    const { resources } = this.#server;
    const [root, ...parts] = path.split("/").filter((part) => part !== "");
    const [group = "", version = ""] = root === "api" ? ["", parts[0]] : parts;
    const isGroup = root === "apis" && parts.length === 1;
    const isVersion =
      (root === "api" && parts.length === 1) || (root === "apis" && parts.length === 2);
    const body = isGroup
      ? groupDocument(resources, group)
      : isVersion
        ? resourceList(resources, group, version)
        : undefined;
    if (body === undefined) return sendText(reply, 404, "404 page not found\n");
    send(200, JSON.stringify(body));
  }
}

/** Sends JSON in the form the client asked for. */
type Send = (code: number, json: string, headers?: Headers) => void;
type Refuse = (error: unknown) => void;

/** A request on its way to its answer. */
interface Exchange {
  readonly request: HttpRequest;
  readonly path: string;
  readonly query: Query;
  readonly reply: HttpReply;
  readonly send: Send;
  readonly refuse: Refuse;
}

function requirePathAccess(user: UserInfo, method: string, path: string): void {
  if (user.groups.includes("system:authenticated") || publicPaths.has(path)) return;
  const message = `forbidden: User "${user.username}" cannot ${method.toLowerCase()} path "${path}"`;
  throw new ApiError("Forbidden", message, {});
}

function formatHeaders({ headers }: HttpRequest): Headers {
  const { encoding } = negotiateEncoding(headers["accept"]);
  return commonHeaders(encoding === "yaml" ? "application/yaml" : jsonType);
}

function formatted({ headers }: HttpRequest, query: Query, json: string): string {
  if (negotiateEncoding(headers["accept"]).encoding === "yaml") return yamlOf(json);
  return isForPeople(headers["user-agent"], query.text("pretty")) ? prettyJson(json) : `${json}\n`;
}

/** @see kubernetes `apiserver/pkg/endpoints/handlers/negotiation`: `isPrettyPrint` */
function isForPeople(userAgent: string | undefined, pretty: string): boolean {
  if (pretty !== "") return /^(?:1|t|T|true|True|TRUE)$/.test(pretty);
  return /^(?:curl|Wget|Mozilla\/5\.0)/.test(userAgent ?? "");
}

/** Documents that are no objects are JSON for whoever wants nothing else. */
function negotiateEncoding(accept: string | undefined): { readonly encoding: "json" | "yaml" } {
  try {
    return negotiate(accept);
  } catch {
    return { encoding: "json" };
  }
}

function splitUrl(url: string): readonly [path: string, search: string] {
  const at = url.indexOf("?");
  return at === -1 ? [url, ""] : [url.slice(0, at), url.slice(at + 1)];
}

function compressing(request: HttpRequest, reply: HttpReply): HttpReply {
  const takesGzip = (request.headers["accept-encoding"] ?? "").includes("gzip");
  if (!takesGzip) return reply;
  return {
    open: (code, headers) => reply.open(code, headers),
    breakOff: () => reply.breakOff(),
    send: (code, headers, body) => {
      if (typeof body !== "string" || body.length < gzipBytesMin)
        return reply.send(code, headers, body);
      const gzip = { ...headers, "content-encoding": "gzip", vary: "Accept-Encoding" };
      reply.send(code, gzip, gzipSync(body, { level: 1 }));
    },
  };
}
