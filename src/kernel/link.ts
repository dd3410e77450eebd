import type { ActorRef, Timeline } from "./timeline.ts";

/**
 * A one-way stream of messages between two actors of one thread, in order, each `latencyUs` after
 * it was sent.
 */
export class Link {
  readonly #timeline: Timeline;
  readonly from: ActorRef;
  readonly to: ActorRef;
  readonly latencyUs: number;

  constructor(timeline: Timeline, from: ActorRef, to: ActorRef, latencyUs: number) {
    this.#timeline = timeline;
    this.from = from;
    this.to = to;
    this.latencyUs = latencyUs;
  }

  send(handle: () => void): void {
    this.#timeline.deliver(this.#timeline.nowUs + this.latencyUs, this.from, this.to, handle);
  }
}
