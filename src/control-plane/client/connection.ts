import { isServerFailure } from "../../api/errors.ts";
import type { ActorRef, Timeline } from "../../kernel/timeline.ts";
import type { Answer } from "../apiserver/storage.ts";

/**
 * How long a client believes in a connection that is silent, µs: 30 s until it asks whether the other
 * end is there, and 15 s for the answer.
 *
 * @see kubernetes `staging/src/k8s.io/apimachinery/pkg/util/net/http.go`: `readIdleTimeoutSeconds`,
 *   `pingTimeoutSeconds`
 */
const silenceUsMax = 45_000_000;

/** No answer came. Whether the request was carried out is not known. */
export class ConnectionLostError extends Error {
  override readonly name = "ConnectionLostError";

  constructor(message = "http2: client connection lost") {
    super(message);
  }
}

/** Whether the same request may do better later: it failed for no fault of its own. */
export function isWorthRepeating(error: Error | undefined): boolean {
  return error instanceof ConnectionLostError || isServerFailure(error);
}

/** A request under way, as its client sees it. */
export interface Attempt<T> {
  /** Its answer arrives. */
  readonly pass: Answer<T>;
  /** The client is told that nobody listens. */
  readonly refuse: () => void;
}

/** What a client knows of its connection to a server that may fail to answer. It dies with the client. */
export class Connection {
  readonly #timeline: Timeline;
  readonly #actor: ActorRef;
  readonly #onLoss: () => void;
  #wire = new Wire();
  #isClosed = false;

  /** @param onLoss The client found out that the server does not answer; before whoever asked is told. */
  constructor(timeline: Timeline, actor: ActorRef, onLoss: () => void) {
    this.#timeline = timeline;
    this.#actor = actor;
    this.#onLoss = onLoss;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The first answer is passed on, or that there is none. */
  attempt<T>(answer: Answer<T>): Attempt<T> {
    const wire = this.#wire;
    let isOver = false;
    const pass: Answer<T> = (error, result) => {
      if (isOver || this.#isClosed) return;
      isOver = true;
      wire.requests.delete(lose);
      timer.cancel();
      answer(error, result);
    };
    const lose = (): void => pass(new ConnectionLostError());
    const timer = this.#timeline.setTimer(this.#actor, silenceUsMax, () => {
      // The client gives the connection up, and all that is under way on it.
      if (wire.isBroken) return this.#drop(wire);
      this.#onLoss();
      lose();
    });
    wire.requests.add(lose);
    const refuse = (): void => {
      if (isOver || this.#isClosed) return;
      this.#onLoss();
      pass(new ConnectionLostError("connect: connection refused"));
    };
    return { pass, refuse };
  }

  /** A request that is carried out once, however often it arrives. */
  once<T>(request: (reply: Answer<T>) => void): (reply: Answer<T>) => void {
    let isDone = false;
    return (reply) => {
      if (isDone) return;
      isDone = true;
      request(reply);
    };
  }

  /** What arrives over the connection as it is now: nothing, once the server's end of it is gone. */
  over(act: () => void): () => void {
    const wire = this.#wire;
    return () => {
      if (!wire.isBroken) act();
    };
  }

  /** The client finds out, in its time, that something on the connection was lost. */
  noticeLoss(act: () => void): void {
    this.#timeline.setTimer(this.#actor, silenceUsMax, () => this.lost(act));
  }

  /** The client finds out now. */
  lost(act: () => void): void {
    if (this.#isClosed) return;
    this.#onLoss();
    act();
  }

  /**
   * The server went down, and its end of the connection with it.
   *
   * @param tell Sends the client word of it; returns whether that arrives. Otherwise the client finds
   *   out when it has been silent for long enough.
   */
  breakOff(tell: (notice: () => void) => boolean): void {
    const wire = this.#wire;
    if (wire.isBroken || this.#isClosed) return;
    wire.isBroken = true;
    // Nobody waits for anything: the next request has a new one.
    if (wire.isIdle) {
      this.#wire = new Wire();
      return;
    }
    const notice = (): void => this.#drop(wire);
    if (!tell(notice)) this.#timeline.setTimer(this.#actor, silenceUsMax, notice);
  }

  /** A watch that the server goes on with until it is ended; returns how to forget it. */
  keep(watch: KeptWatch): () => void {
    const { watches } = this.#wire;
    watches.add(watch);
    return () => void watches.delete(watch);
  }

  /** The client goes elsewhere: who watches over this connection is told that it is lost. */
  leave(): void {
    for (const watch of this.#wire.watches) watch.lose();
  }

  /** The client is gone: nothing reaches it any more, and the server lets go of its watches. */
  close(): void {
    this.#isClosed = true;
    for (const watch of this.#wire.watches) watch.end();
    this.#wire.watches.clear();
  }

  /** The client knows that a connection is gone: it is told to all that waits on it, once. */
  #drop(wire: Wire): void {
    if (this.#isClosed || this.#wire !== wire) return;
    this.#wire = new Wire();
    this.#onLoss();
    for (const lose of wire.requests) lose();
    for (const watch of wire.watches) watch.lose();
  }
}

/** What is under way between a client and one life of a server: it goes down with either. */
class Wire {
  /** Whether the server's end is gone, as the client may not know yet. */
  isBroken = false;
  /** How requests are told that there will be no answer. */
  readonly requests = new Set<() => void>();
  readonly watches = new Set<KeptWatch>();

  get isIdle(): boolean {
    return this.requests.size === 0 && this.watches.size === 0;
  }
}

/** A watch under way. */
interface KeptWatch {
  /** Ends it at the server. */
  end(): void;
  /** Ends it, and tells whoever watches. */
  lose(): void;
}
