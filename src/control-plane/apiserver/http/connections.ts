import type { Socket } from "node:net";

/** The sockets of one port, and which of them carry questions to podrace itself. */
export class Connections {
  readonly #sockets = new Set<Socket>();
  /** Such questions under way, by their clients' ports: a socket has several faces. */
  readonly #spared = new Map<number, number>();

  remember(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  /** Spares a client until the returned function is called. */
  spare({ remotePort = 0 }: Pick<Socket, "remotePort">): () => void {
    this.#spared.set(remotePort, (this.#spared.get(remotePort) ?? 0) + 1);
    return () => {
      const left = (this.#spared.get(remotePort) ?? 0) - 1;
      if (left > 0) this.#spared.set(remotePort, left);
      else this.#spared.delete(remotePort);
    };
  }

  isSpared({ remotePort = 0 }: Pick<Socket, "remotePort">): boolean {
    return this.#spared.has(remotePort);
  }

  breakOff(): void {
    for (const socket of this.#sockets) if (!this.isSpared(socket)) socket.destroy();
  }

  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
