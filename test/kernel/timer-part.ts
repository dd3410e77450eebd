import type { Running } from "../../src/kernel/running-mark.ts";
import type { RemotePart } from "../../src/kernel/simulation.ts";
import { type ActorRef, Timeline } from "../../src/kernel/timeline.ts";

interface Message {
  readonly atUs: number;
  readonly from: ActorRef;
  readonly to: ActorRef;
  readonly handle: () => void;
}

/** A timeline of its own, stepped by a simulation: what a shard is, without a thread. */
export class TimerPart implements RemotePart {
  readonly timeline: Timeline;
  /** The end of each window it was stepped to. */
  readonly steps: number[] = [];
  readonly #hub: Timeline;
  readonly #isLate: boolean;
  #inbox: Message[] = [];
  #outbox: Message[] = [];

  /** @param isLate Whether it answers a step later, as a thread does. */
  constructor(hub: Timeline, isLate = false) {
    this.timeline = new Timeline(hub.nowUs);
    this.#hub = hub;
    this.#isLate = isLate;
  }

  get nextDueUs(): number {
    return Math.min(this.timeline.nextDueUs, ...this.#inbox.map(({ atUs }) => atUs));
  }

  get isSettled(): boolean {
    return this.timeline.isSettled && this.#inbox.length === 0;
  }

  get running(): Running | undefined {
    return this.timeline.mark.read();
  }

  /** Puts a message to one of this part's actors on its way. */
  receive(atUs: number, from: ActorRef, to: ActorRef, handle: () => void): void {
    this.#inbox.push({ atUs, from, to, handle });
  }

  /** Sends a message to one of the hub's actors, from within a handler of this part. */
  send(atUs: number, from: ActorRef, to: ActorRef, handle: () => void): void {
    this.#outbox.push({ atUs, from, to, handle });
  }

  step(endUs: number): void | Promise<void> {
    this.steps.push(endUs);
    const inbox = this.#inbox;
    this.#inbox = [];
    for (const { atUs, from, to, handle } of inbox) this.timeline.deliver(atUs, from, to, handle);
    const broken = this.#run(endUs);
    const outbox = this.#outbox;
    this.#outbox = [];
    const answer = (): void => {
      if (broken !== undefined) throw broken;
      for (const { atUs, from, to, handle } of outbox) this.#hub.deliver(atUs, from, to, handle);
    };
    return this.#isLate
      ? new Promise<void>((resolve) => void setImmediate(resolve)).then(answer)
      : answer();
  }

  #run(endUs: number): Error | undefined {
    try {
      this.timeline.runBefore(endUs);
    } catch (error) {
      return error as Error;
    }
  }
}
