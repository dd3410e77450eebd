import { openApiV2, openApiV2Protobuf } from "../openapi/openapi-v2.ts";
import { type OpenApiV3, openApiV3 } from "../openapi/openapi-v3.ts";
import type { ServedKind } from "../openapi/served-kind.ts";
import type { ResourceTable } from "../resource-table.ts";
import {
  commonHeaders,
  type Headers,
  type HttpReply,
  type HttpRequest,
  jsonType,
  sendText,
} from "./exchange.ts";
import { mediaRanges } from "./negotiate.ts";
import type { Query } from "./query.ts";

const v2ProtobufTypes: ReadonlySet<string> = new Set([
  "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
  "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
]);

const v3Prefix = "/openapi/v3/";

/** The OpenAPI documents, made when first asked for. */
export class OpenApiDoor {
  readonly #kinds: readonly ServedKind[];
  readonly #version: string;
  #v3: OpenApiV3 | undefined;
  #v2Json: string | undefined;
  #v2Protobuf: Uint8Array | undefined;

  constructor(resources: ResourceTable, version: string) {
    this.#kinds = resources.all.map((resource) => ({
      ...resource,
      subresources: resource.subresources.map(({ name }) => name),
    }));
    this.#version = version;
  }

  handle(request: HttpRequest, path: string, query: Query, reply: HttpReply): void {
    if (path === "/openapi/v2") return this.#sendV2(request, reply);
    this.#v3 ??= openApiV3(this.#kinds, this.#version);
    if (path === "/openapi/v3") {
      return reply.send(200, commonHeaders(jsonType), `${JSON.stringify(this.#v3.index)}\n`);
    }
    if (!path.startsWith(v3Prefix)) return sendText(reply, 404, "404 page not found\n");
    const name = path.slice(v3Prefix.length);
    const document = this.#v3.documents.get(name);
    // Upstream says nothing of what it does not know, and says so with success.
    if (document === undefined) return reply.send(200, commonHeaders(jsonType), "");
    const { text, hash } = document;
    const asked = query.text("hash");
    if (asked !== "" && asked !== hash) {
      const location = `/openapi/v3/${name}?hash=${hash}`;
      return reply.send(
        301,
        { ...commonHeaders(jsonType), ...cachedForGood(hash, false), location },
        "",
      );
    }
    const headers = { ...commonHeaders(jsonType), ...cachedForGood(hash, asked !== "") };
    if (request.headers["if-none-match"] === `"${hash}"`) return reply.send(304, headers, "");
    reply.send(200, headers, text);
  }

  #sendV2(request: HttpRequest, reply: HttpReply): void {
    for (const { type } of mediaRanges(request.headers["accept"])) {
      if (v2ProtobufTypes.has(type)) {
        this.#v2Protobuf ??= openApiV2Protobuf(this.#kinds, this.#version);
        const [, protobufType = ""] = [...v2ProtobufTypes];
        return reply.send(200, commonHeaders(protobufType), this.#v2Protobuf);
      }
      if (type === "application/json" || type === "*/*") {
        this.#v2Json ??= JSON.stringify(openApiV2(this.#kinds, this.#version));
        return reply.send(200, commonHeaders(jsonType), this.#v2Json);
      }
    }
    reply.send(406, commonHeaders(jsonType), "");
  }
}

/** A document under its hash never changes. */
function cachedForGood(hash: string, isAskedByHash: boolean): Headers {
  const tags = { etag: `"${hash}"`, vary: "Accept" };
  return isAskedByHash ? { ...tags, "cache-control": "public, immutable" } : tags;
}
