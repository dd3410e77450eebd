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

  constructor() {
    super("http2: client connection lost");
  }
}

/** What a client knows of its connection to a server that may fail to answer. It dies with the client. */
export class Connection {
  readonly #timeline: Timeline;
  readonly #actor: ActorRef;
  readonly #onLoss: () => void;
  readonly #watches = new Set<KeptWatch>();
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

  /** The first answer is passed on, or that none came in time. */
  expect<T>(answer: Answer<T>): Answer<T> {
    let isOver = false;
    const pass: Answer<T> = (error, result) => {
      if (isOver || this.#isClosed) return;
      isOver = true;
      timer.cancel();
      answer(error, result);
    };
    const timer = this.#timeline.setTimer(this.#actor, silenceUsMax, () => {
      this.#onLoss();
      pass(new ConnectionLostError());
    });
    return pass;
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

  /** The client finds out, in its time, that something on the connection was lost. */
  noticeLoss(act: () => void): void {
    this.#timeline.setTimer(this.#actor, silenceUsMax, () => {
      if (this.#isClosed) return;
      this.#onLoss();
      act();
    });
  }

  /** A watch that the server goes on with until it is ended; returns how to forget it. */
  keep(watch: KeptWatch): () => void {
    this.#watches.add(watch);
    return () => void this.#watches.delete(watch);
  }

  /** The client goes elsewhere: who watches over this connection is told that it is lost. */
  leave(): void {
    for (const watch of this.#watches) watch.lose();
  }

  /** The client is gone: nothing reaches it any more, and the server lets go of its watches. */
  close(): void {
    this.#isClosed = true;
    for (const watch of this.#watches) watch.end();
    this.#watches.clear();
  }
}

/** A watch under way. */
interface KeptWatch {
  /** Ends it at the server. */
  end(): void;
  /** Ends it, and tells whoever watches. */
  lose(): void;
}
