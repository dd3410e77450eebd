import * as http from "node:http";
import * as https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterConnection } from "../load-kubeconfig.ts";
import { connectionError, errorFromResponse } from "./server-errors.ts";
import { sortedJson } from "./sorted-json.ts";

export interface ApiRequest {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Query;
  readonly accept?: string;
  readonly contentType?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** Parameters that are undefined or empty are left out. */
export type Query = Readonly<Record<string, string | undefined>>;

export interface ApiResponse {
  readonly contentType: string;
  readonly text: string;
}

export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: unknown;
}

export interface ApiClientOptions {
  readonly userAgent: string;
  readonly interrupted: AbortSignal;
  /** Told of each warning that the server adds to an answer. */
  readonly onWarning: (text: string) => void;
}

/** A few requests over one kept-alive HTTP/1.1 connection: all that `podrace kubectl` needs. */
export class ApiClient {
  readonly #connect: () => ClusterConnection;
  readonly #options: ApiClientOptions;
  #connection: ClusterConnection | undefined;
  #agent: http.Agent | undefined;

  /** @param connect Asked for once something is to be sent, so that what needs no server needs none. */
  constructor(connect: () => ClusterConnection, options: ApiClientOptions) {
    this.#connect = connect;
    this.#options = options;
  }

  get connection(): ClusterConnection {
    this.#connection ??= this.#connect();
    return this.#connection;
  }

  get interrupted(): AbortSignal {
    return this.#options.interrupted;
  }

  /**
   * @throws {ApiError} What the server refuses.
   * @throws {ConnectionError} If there is no answer.
   */
  async send(request: ApiRequest): Promise<ApiResponse> {
    const { contentType, bytes } = await this.#send(request);
    return { contentType, text: bytes.toString("utf8") };
  }

  /** The answer to `send`, as it is. */
  async bytes(request: ApiRequest): Promise<Buffer> {
    return (await this.#send(request)).bytes;
  }

  /** The answer to `send`, as JSON. */
  async json<T>(request: ApiRequest): Promise<T> {
    return JSON.parse((await this.send(request)).text) as T;
  }

  /** Events until the server ends the stream. */
  async *watch(request: ApiRequest): AsyncGenerator<WatchEvent> {
    const response = await this.#open({ ...request, query: { ...request.query, watch: "true" } });
    const code = response.statusCode ?? 0;
    if (code !== 200) {
      throw errorFromResponse({
        method: "GET",
        path: request.path,
        code,
        text: (await this.#read(response)).toString("utf8"),
      });
    }
    let line = "";
    response.setEncoding("utf8");
    try {
      for await (const chunk of response as AsyncIterable<string>) {
        const lines = (line + chunk).split("\n");
        line = lines.pop() as string;
        for (const event of lines) if (event !== "") yield JSON.parse(event) as WatchEvent;
      }
    } catch (error) {
      throw this.#failure(error);
    }
  }

  close(): void {
    this.#agent?.destroy();
  }

  get #server(): URL {
    return new URL(this.connection.server);
  }

  async #send(request: ApiRequest): Promise<{ contentType: string; bytes: Buffer }> {
    for (let attempt = 1; ; attempt++) {
      const response = await this.#open(request);
      const code = response.statusCode ?? 0;
      const bytes = await this.#read(response);
      const retryAfterSeconds = Number(response.headers["retry-after"]);
      if (code === 429 && retryAfterSeconds > 0 && attempt < attemptsMax) {
        await sleep(retryAfterSeconds * 1000, undefined, { signal: this.interrupted });
        continue;
      }
      if (code < 200 || code > 299) {
        throw errorFromResponse({
          method: request.method ?? "GET",
          path: request.path,
          code,
          text: bytes.toString("utf8"),
        });
      }
      return { contentType: response.headers["content-type"] ?? "", bytes };
    }
  }

  /** Resolves once the head of the answer is there. */
  async #open(request: ApiRequest): Promise<http.IncomingMessage> {
    const server = this.#server;
    const { interrupted, onWarning, userAgent } = this.#options;
    // As Go writes maps: strict decoding tells of unknown fields in the order it meets them.
    const body = request.body === undefined ? undefined : sortedJson(request.body);
    const { token } = this.connection;
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const { request: start } = server.protocol === "https:" ? https : http;
      const outgoing = start(
        {
          host: server.hostname.replace(/^\[|\]$/g, ""),
          port: server.port,
          path: `${server.pathname.replace(/\/$/, "")}${request.path}${queryString(request.query)}`,
          method: request.method ?? "GET",
          agent: this.#keptAlive(server),
          signal: interrupted,
          headers: {
            host: server.host,
            accept: request.accept ?? "application/json",
            "user-agent": userAgent,
            ...(token !== undefined && { authorization: `Bearer ${token}` }),
            ...(body !== undefined && {
              "content-type": request.contentType ?? "application/json",
              "content-length": Buffer.byteLength(body),
            }),
          },
        },
        resolve,
      );
      outgoing.on("error", reject).end(body);
    }).catch((error: unknown) => {
      throw this.#failure(error);
    });
    for (const warning of warningsIn(response)) onWarning(warning);
    return response;
  }

  async #read(response: http.IncomingMessage): Promise<Buffer> {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
      return Buffer.concat(chunks);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** A request that breaks off because it was interrupted fails in as many ways as there are moments. */
  #failure(error: unknown): unknown {
    if (this.interrupted.aborted) return this.interrupted.reason;
    return connectionError(error as NodeJS.ErrnoException, this.#server);
  }

  #keptAlive(server: URL): http.Agent {
    const { connection } = this;
    this.#agent ??=
      server.protocol === "https:"
        ? new https.Agent({
            keepAlive: true,
            ca: connection.authorityPem,
            cert: connection.clientCertificatePem,
            key: connection.clientKeyPem,
            rejectUnauthorized: !connection.skipVerification,
            ...(connection.serverName !== undefined && { servername: connection.serverName }),
          })
        : new http.Agent({ keepAlive: true });
    return this.#agent;
  }
}

/** As client-go, which gives up on a busy server after ten retries. */
const attemptsMax = 11;

function queryString(query: Query = {}): string {
  const parameters = Object.entries(query).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== "",
  );
  return parameters.length === 0 ? "" : `?${new URLSearchParams(parameters).toString()}`;
}

/** `299 - "text"`, one header each. @see RFC 7234, section 5.5 */
function warningsIn(response: http.IncomingMessage): readonly string[] {
  const headers = response.headersDistinct["warning"] ?? [];
  return headers.flatMap((header) => {
    const text = /^299 \S+ "((?:\\.|[^"\\])*)"/.exec(header)?.[1];
    return text === undefined ? [] : [text.replace(/\\(.)/g, "$1")];
  });
}
