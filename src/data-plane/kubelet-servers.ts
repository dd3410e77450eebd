import type { ActorRef } from "../kernel/timeline.ts";
import type { KubeletDoor } from "./kubelet-door.ts";

/** An API server as kubelets reach it. */
export interface KubeletServer {
  readonly actor: ActorRef;
  readonly door: KubeletDoor;
  /** Absent for one that never goes down. */
  readonly liveness?: ServerLiveness;
}

/** Whether an API server is there. */
export interface ServerLiveness {
  readonly isServing: boolean;
  /** Calls `crashed` whenever it goes down. */
  observe(observer: { readonly crashed: () => void }): void;
}

/**
 * Which API server each kubelet talks to: the one it chose when it began, until that fails; then the
 * next.
 */
export class KubeletServers {
  readonly all: readonly KubeletServer[];
  readonly #choose: (node: number, life: number, atUs: number) => number;
  /** By node index. */
  readonly #states = new Map<number, KubeletState>();

  /** @param choose Which server a kubelet begins with, by index, in its how-many-th life from 1, at a time. */
  constructor(
    servers: readonly KubeletServer[],
    choose: (node: number, life: number, atUs: number) => number = () => 0,
  ) {
    this.all = servers;
    this.#choose = choose;
  }

  /** Where a kubelet sends what it sends at `atUs`. */
  of(node: number, atUs: number): KubeletServer {
    if (this.all.length === 1) return this.all[0] as KubeletServer;
    const state = this.#stateOf(node);
    if (atUs >= state.leavesUs) {
      state.server = (state.server + 1) % this.all.length;
      state.sinceUs = state.leavesUs;
      state.leavesUs = Infinity;
    }
    return this.all[state.server] as KubeletServer;
  }

  /** A kubelet begins at `atUs`, perhaps anew. */
  begin(node: number, atUs: number): void {
    if (this.all.length === 1) return;
    const life = (this.#states.get(node)?.life ?? 0) + 1;
    const server = this.#choose(node, life, atUs);
    this.#states.set(node, { server, life, sinceUs: atUs, leavesUs: Infinity });
  }

  /**
   * A kubelet finds out at `atUs` that a server does not answer: from then on it asks another.
   *
   * @param askedUs When it asked: over a connection before this one, it is nothing to this.
   * @returns Whether it leaves that server now, and with it all that goes over the connection.
   */
  failed(node: number, server: KubeletServer, atUs: number, askedUs: number): boolean {
    if (this.all.length === 1) return false;
    const state = this.#stateOf(node);
    if (askedUs < state.sinceUs) return false;
    const isLeaving = this.all[state.server] === server && atUs < state.leavesUs;
    if (isLeaving) state.leavesUs = atUs;
    return isLeaving;
  }

  #stateOf(node: number): KubeletState {
    if (!this.#states.has(node)) this.begin(node, 0);
    return this.#states.get(node) as KubeletState;
  }
}

interface KubeletState {
  server: number;
  readonly life: number;
  /** When it began with that server, µs. */
  sinceUs: number;
  /** When it goes on to the next server, µs. */
  leavesUs: number;
}
