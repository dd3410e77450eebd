import { Agent, type IncomingMessage, request as send } from "node:http";

export interface LiveAnswer {
  readonly code: number;
  readonly text: string;
}

/** A watch under way, as a client holds it. */
export interface LiveWatch {
  /** Events read so far. */
  readonly events: () => number;
  /** Settles with the end of the stream, whoever ended it. */
  readonly ended: Promise<void>;
  /** Breaks the connection off, in the middle of whatever comes. */
  cut(): void;
}

/** A client of a live cluster over real sockets and plain HTTP/1.1, as many as asked for at once. */
export class LiveClient {
  readonly #base: URL;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #name: string;

  constructor(server: string, name = "live-client") {
    this.#base = new URL(server);
    this.#name = name;
  }

  /** @param body An object as JSON, or text as it is. */
  async send(
    method: string,
    path: string,
    body?: object | string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<LiveAnswer> {
    const response = await this.#open(method, path, body, headers);
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) text += chunk as string;
    return { code: response.statusCode ?? 0, text };
  }

  async json<T>(path: string): Promise<T> {
    const { code, text } = await this.send("GET", path);
    if (code !== 200) throw new Error(`GET ${path}: ${code} ${text}`);
    return JSON.parse(text) as T;
  }

  async watch(path: string): Promise<LiveWatch> {
    const response = await this.#open("GET", path, undefined, {});
    let events = 0;
    response.setEncoding("utf8").on("data", (text: string) => {
      events += text.split("\n").length - 1;
    });
    const ended = new Promise<void>((resolve) => void response.once("close", resolve));
    response.on("error", () => {});
    return { events: () => events, ended, cut: () => response.destroy() };
  }

  /** Sends a request and leaves before the answer is there, or while it is read. */
  async abandon(method: string, path: string, body?: object): Promise<void> {
    const text = body === undefined ? "" : JSON.stringify(body);
    const outgoing = send(new URL(path, this.#base), { method, agent: this.#agent });
    outgoing.on("error", () => {});
    await new Promise<void>((resolve) => void outgoing.end(text, resolve));
    outgoing.destroy();
  }

  close(): void {
    this.#agent.destroy();
  }

  #open(
    method: string,
    path: string,
    body: object | string | undefined,
    headers: Readonly<Record<string, string>>,
  ): Promise<IncomingMessage> {
    const text = typeof body === "object" ? JSON.stringify(body) : body;
    return new Promise((resolve, reject) => {
      const outgoing = send(
        new URL(path, this.#base),
        {
          method,
          agent: this.#agent,
          headers: {
            "user-agent": `${this.#name}/1.0`,
            ...(text !== undefined && { "content-type": "application/json" }),
            ...headers,
          },
        },
        resolve,
      );
      outgoing.once("error", (error: NodeJS.ErrnoException) => {
        // The server had closed an idle connection: the request never reached it.
        if (outgoing.reusedSocket && error.code === "ECONNRESET")
          resolve(this.#open(method, path, body, headers));
        else reject(error);
      });
      outgoing.end(text);
    });
  }
}
