import { Agent, type IncomingHttpHeaders, request as plainRequest } from "node:http";
import { type RequestOptions, request as secureRequest } from "node:https";
import { type LiveCluster, startLiveCluster } from "../../../../src/cluster/live-cluster.ts";

export interface Question {
  readonly method?: string;
  /** Path and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | object;
}

export interface Reply {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** The body as JSON; an object's fields are whatever the test expects of them. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any;
}

/**
 * A cluster of one node behind real sockets, whose seconds are short; plain HTTP, so everybody is an
 * administrator.
 */
export class LiveServer {
  readonly live: LiveCluster;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #tls: RequestOptions;

  private constructor(live: LiveCluster, tls: RequestOptions) {
    this.live = live;
    this.#tls = tls;
  }

  static async start(): Promise<LiveServer> {
    const live = await startLiveCluster({ nodes: 1, threads: 0, speed: 10, plainHttp: true });
    return new LiveServer(live, {});
  }

  get url(): string {
    return this.live.address.server;
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    await this.live.stop();
  }

  /** Asks once; a JSON object as body is sent as `application/json`. */
  ask(question: Question): Promise<Reply> {
    return ask(this.url, question, { agent: this.#agent, ...this.#tls });
  }

  async get(path: string, headers: Question["headers"] = {}): Promise<Reply> {
    return this.ask({ path, headers });
  }

  /** Creates an object, which must succeed. */
  async create(path: string, object: object): Promise<Reply> {
    const reply = await this.ask({ method: "POST", path, body: object });
    if (reply.code !== 201) throw new Error(`not created: ${reply.text}`);
    return reply;
  }

  /** Whether a plain question still gets its plain answer. */
  async isWell(): Promise<boolean> {
    const { code, json } = await this.get("/api/v1/namespaces/default");
    return code === 200 && json.metadata.name === "default";
  }

  /** A watch until the server ends it: one JSON value a line. */
  // oxlint-disable-next-line typescript/no-explicit-any
  async watched(path: string, headers: Question["headers"] = {}): Promise<any[]> {
    const { code, text } = await this.get(path, headers);
    if (code !== 200) throw new Error(`not watched: ${text}`);
    const lines = text.split("\n").filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line) as unknown);
  }
}

export function ask(server: string, question: Question, options: RequestOptions): Promise<Reply> {
  const { method = "GET", path, headers = {}, body } = question;
  const isObject = typeof body === "object" && !(body instanceof Uint8Array);
  const sent = isObject ? JSON.stringify(body) : body;
  const type = isObject ? { "content-type": "application/json" } : {};
  const length = sent === undefined ? {} : { "content-length": String(Buffer.byteLength(sent)) };
  const begin = server.startsWith("https:") ? secureRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const all = { method, headers: { ...type, ...length, ...headers }, ...options };
    const request = begin(new URL(path, server), all, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString();
        resolve({
          code: response.statusCode ?? 0,
          headers: response.headers,
          bytes,
          text,
          get json() {
            return JSON.parse(text) as unknown;
          },
        });
      });
    });
    request.on("error", (error: NodeJS.ErrnoException) => {
      // The server had closed an idle connection: the request never reached it.
      if (request.reusedSocket && error.code === "ECONNRESET")
        resolve(ask(server, question, options));
      else reject(error);
    });
    request.end(sent);
  });
}
