import type { LinkFaults } from "./network.ts";
import type { ActorRef, Timeline } from "./timeline.ts";

/**
 * Messages from one actor to another of one thread, each `latencyUs` after it was sent, in order; or
 * later, twice or never, when the link can fail.
 */
export class Link {
  readonly #timeline: Timeline;
  readonly #faults: LinkFaults | undefined;
  readonly from: ActorRef;
  readonly to: ActorRef;
  readonly latencyUs: number;

  /** @param faults What befalls its messages; absent for a link that never fails. */
  constructor(
    timeline: Timeline,
    from: ActorRef,
    to: ActorRef,
    latencyUs: number,
    faults?: LinkFaults,
  ) {
    this.#timeline = timeline;
    this.#faults = faults;
    this.from = from;
    this.to = to;
    this.latencyUs = latencyUs;
  }

  /**
   * @param stream Names the message's kind in the keys of decisions about it.
   * @param isOrdered Whether the messages of that stream arrive in the order they were sent in,
   *   whatever befalls them.
   * @param refused What the receiver's machine does with it while the receiver is down.
   * @returns Whether it arrives at all.
   */
  send(handle: () => void, stream = "", isOrdered = false, refused?: () => void): boolean {
    const { nowUs } = this.#timeline;
    const dueUs = nowUs + this.latencyUs;
    if (this.#faults === undefined) {
      this.#timeline.deliver(dueUs, this.from, this.to, handle);
      return true;
    }
    const arrivals = this.#faults.arrivals(nowUs, dueUs, stream, isOrdered);
    for (const atUs of arrivals) {
      const tie = this.#faults.tie(nowUs, atUs, stream, isOrdered);
      this.#timeline.deliver(atUs, this.from, this.to, handle, undefined, refused, tie);
    }
    return arrivals.length > 0;
  }
}
