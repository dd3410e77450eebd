import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A wire between a client and a server that a test may cut, or make one-way. */
export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  readonly #state: { dropsAnswers: boolean; isCut: boolean };

  constructor(
    port: number,
    server: Server,
    sockets: Set<Socket>,
    state: { dropsAnswers: boolean; isCut: boolean },
  ) {
    this.port = port;
    this.#server = server;
    this.#sockets = sockets;
    this.#state = state;
  }

  /** To a port of this machine. */
  static async to(port: number): Promise<TcpProxy> {
    const sockets = new Set<Socket>();
    const state = { dropsAnswers: false, isCut: false };
    const server = createServer((client) => {
      if (state.isCut) return void client.destroy();
      const upstream = connect(port, "127.0.0.1");
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        sockets.add(from);
        from.on("data", (chunk) => {
          if (from === client || !state.dropsAnswers) to.write(chunk);
        });
        from.on("error", () => to.destroy());
        from.on("close", () => {
          sockets.delete(from);
          to.destroy();
        });
      }
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const bound = typeof address === "object" && address !== null ? address.port : 0;
    return new TcpProxy(bound, server, sockets, state);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** From now on what the server says does not arrive. */
  dropAnswers(): void {
    this.#state.dropsAnswers = true;
  }

  /** Breaks every connection; with `isForGood` none comes about any more until `heal`. */
  cut(isForGood = false): void {
    this.#state.isCut = isForGood;
    for (const socket of this.#sockets) socket.destroy();
  }

  heal(): void {
    this.#state.isCut = false;
    this.#state.dropsAnswers = false;
  }

  async close(): Promise<void> {
    this.cut(true);
    this.#server.close();
    await once(this.#server, "close");
  }
}
