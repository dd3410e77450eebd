import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { ApiError, forbidden, noSuchResource, unauthorized } from "../../../api/errors.ts";
import { InvariantError } from "../../../kernel/invariant.ts";
import type { ApiServer } from "../api-server.ts";
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
  jsonType,
  sendText,
} from "./exchange.ts";
import { negotiate, negotiateDiscovery } from "./negotiate.ts";
import { OpenApiDoor } from "./openapi-door.ts";
import { Query } from "./query.ts";
import { sendError } from "./refuse.ts";
import { requestInfo } from "./request-info.ts";
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
  readonly body: object;
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
    const answering = compressing(request, reply);
    try {
      return this.#route(request, answering);
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      sendError(answering, error);
      return () => {};
    }
  }

  #route(request: HttpRequest, reply: HttpReply): () => void {
    const [path, search] = splitUrl(request.url);
    const query = new Query(search);
    requireUser(request, path);
    const info = requestInfo(path);
    if (info === undefined || path === customResourceDefinitionsPath) {
      this.#routeOther(request, path, query, reply);
      return () => {};
    }
    const resource = this.#server.resources.find(info.group, info.version, info.plural);
    if (resource === undefined) {
      const isServed = this.#server.resources.inGroupVersion(info.group, info.version).length > 0;
      if (!isServed) sendText(reply, 404, "404 page not found\n");
      else throw noSuchResource();
      return () => {};
    }
    const isItemWithoutNamespace =
      resource.namespaced && info.namespace === "" && info.name !== "" && !info.isWatchPath;
    if (isItemWithoutNamespace) {
      sendText(reply, 404, "404 page not found\n");
      return () => {};
    }
    const send = (code: number, json: string, headers: Headers = {}): void => {
      reply.send(code, { ...formatHeaders(request), ...headers }, formatted(request, query, json));
    };
    return this.#resources.handle({ request, info, resource, query, reply, send });
  }

  #routeOther(request: HttpRequest, path: string, query: Query, reply: HttpReply): void {
    if (path.startsWith("/podrace/v1/")) {
      return this.#administer(request, path, query, reply);
    }
    if (request.method !== "GET" && request.method !== "HEAD") throw methodOnPath(request.method);
    if (path.startsWith("/openapi/")) return this.#openApi.handle(request, path, query, reply);
    switch (path) {
      case "/healthz":
      case "/livez":
      case "/readyz":
        return sendText(reply, 200, "ok");
      case "/version":
        return sendJson(request, query, reply, 200, this.#version);
      case customResourceDefinitionsPath:
        return sendJson(request, query, reply, 200, noCustomResourceDefinitions);
      case "/api":
      case "/apis":
        return this.#discover(request, query, reply, path === "/api" ? "api" : "apis");
      default:
        return this.#discoverGroup(request, path, query, reply);
    }
  }

  #administer(request: HttpRequest, path: string, query: Query, reply: HttpReply): void {
    const answer = this.#admin({ method: request.method, path, query });
    const send = ({ code, body }: AdminAnswer): void => sendJson(request, query, reply, code, body);
    if (answer instanceof Promise) answer.then(send, (error: unknown) => sendError(reply, error));
    else send(answer);
  }

  #discover(request: HttpRequest, query: Query, reply: HttpReply, root: "api" | "apis"): void {
    const { resources } = this.#server;
    const version = negotiateDiscovery(request.headers["accept"]);
    if (version === undefined) {
      const body = root === "api" ? legacyVersions(this.#serverAddress) : groupList(resources);
      return sendJson(request, query, reply, 200, body);
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

  #discoverGroup(request: HttpRequest, path: string, query: Query, reply: HttpReply): void {
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
    sendJson(request, query, reply, 200, body);
  }
}

function methodOnPath(method: string): ApiError {
  return new ApiError(
    "MethodNotAllowed",
    `the server does not allow this method on the requested resource (${method})`,
  );
}

function requireUser({ user, method }: HttpRequest, path: string): void {
  if (user === undefined) throw unauthorized();
  const isKnown = user.groups.includes("system:authenticated");
  if (isKnown || publicPaths.has(path) || requestInfo(path) !== undefined) return;
  const refusal = forbidden({ group: "", resource: "" }, "", "");
  const verb = method.toLowerCase();
  throw new ApiError(
    "Forbidden",
    `forbidden: User "${user.username}" cannot ${verb} path "${path}"`,
    {},
    refusal.code,
  );
}

function sendJson(
  request: HttpRequest,
  query: Query,
  reply: HttpReply,
  code: number,
  body: object,
): void {
  reply.send(code, formatHeaders(request), formatted(request, query, JSON.stringify(body)));
}

function formatHeaders({ headers }: HttpRequest): Headers {
  const { encoding } = negotiateEncoding(headers["accept"]);
  return commonHeaders(encoding === "yaml" ? "application/yaml" : jsonType);
}

function formatted({ headers }: HttpRequest, query: Query, json: string): string {
  if (negotiateEncoding(headers["accept"]).encoding === "yaml") return yamlOf(json);
  const isForPeople = /^(?:curl|Wget|Mozilla)/.test(headers["user-agent"] ?? "");
  return query.flag("pretty") || (query.text("pretty") === "" && isForPeople)
    ? prettyJson(json)
    : `${json}\n`;
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
    send: (code, headers, body) => {
      if (typeof body !== "string" || body.length < gzipBytesMin)
        return reply.send(code, headers, body);
      const gzip = { ...headers, "content-encoding": "gzip", vary: "Accept-Encoding" };
      reply.send(code, gzip, gzipSync(body, { level: 1 }));
    },
  };
}
