import { invariant } from "./invariant.ts";
import type { Timeline } from "./timeline.ts";

/** Actors that run elsewhere, usually on a worker thread, in step with this timeline. */
export interface RemotePart {
  /** When it has something due, or a message is on its way to it; `Infinity` when neither. */
  readonly nextDueUs: number;
  /** Whether only background work is due there, and on its way to it. */
  readonly isSettled: boolean;
  /**
   * Runs all that is due there before `endUs`, with the messages on their way to it. Settles when
   * what it sent back is on this timeline. Synchronous when the part lives on this thread.
   */
  step(endUs: number): void | Promise<void>;
}

/**
 * The one engine: the hub's timeline and the remote parts advance in windows no longer than the
 * smallest latency between them, so no message can be due inside the window it was sent in.
 *
 * 1. The window starts at the first thing due anywhere, so empty time costs nothing.
 * 2. Parts with something due are stepped, all at once; the hub works on its own events meanwhile.
 * 3. What the parts sent back joins the hub's queue, where the total order sorts it.
 */
export class Simulation {
  readonly timeline: Timeline;
  readonly #parts: readonly RemotePart[];
  readonly #lookaheadUs: number;
  #windows = 0;
  #windowEndUs = 0;
  #advancing = false;
  #onWindowEnd: (endUs: number) => void = () => {};

  constructor(timeline: Timeline, parts: readonly RemotePart[], lookaheadUs: number) {
    invariant(lookaheadUs > 0, "a link between threads takes time");
    this.timeline = timeline;
    this.#parts = parts;
    this.#lookaheadUs = lookaheadUs;
  }

  /** Windows run so far. */
  get windows(): number {
    return this.#windows;
  }

  /** Whether nothing is due but heartbeats and the like. */
  get isSettled(): boolean {
    return this.timeline.isSettled && this.#parts.every((part) => part.isSettled);
  }

  get nextDueUs(): number {
    let nextUs = this.timeline.nextDueUs;
    for (const part of this.#parts) nextUs = Math.min(nextUs, part.nextDueUs);
    return nextUs;
  }

  /** The first time that is still open to inputs: after what was handled and the last window. */
  get openUs(): number {
    return Math.max(this.timeline.nowUs + 1, this.#windowEndUs);
  }

  /**
   * Calls `onWindowEnd` after each window: all that is due before `endUs` was handled by then, on
   * every thread, and nothing that is due later.
   */
  watchWindows(onWindowEnd: (endUs: number) => void): void {
    this.#onWindowEnd = onWindowEnd;
  }

  /**
   * Handles all that is due up to and including `untilUs`; the clock is there afterwards.
   *
   * @param isEnough Asked after each window; `true` stops early, at the end of that window.
   */
  async advanceTo(untilUs: number, isEnough: () => boolean = () => false): Promise<void> {
    invariant(!this.#advancing, "one advance at a time");
    this.#advancing = true;
    try {
      for (let nextUs = this.nextDueUs; nextUs <= untilUs; nextUs = this.nextDueUs) {
        const endUs = Math.min(nextUs + this.#lookaheadUs, untilUs + 1);
        this.#windows++;
        this.#windowEndUs = endUs;
        const stepping = this.#stepParts(endUs);
        if (stepping.length === 0) this.#runHub(endUs);
        else await Promise.all([...stepping, this.#startHub(endUs)]);
        this.timeline.seal(0);
        this.#onWindowEnd(endUs);
        if (isEnough()) return;
      }
      this.timeline.moveTo(Math.max(untilUs, this.timeline.nowUs));
    } finally {
      this.#advancing = false;
    }
  }

  #stepParts(endUs: number): Promise<void>[] {
    // A part on this thread answers at once: it may not reach into the window either.
    this.timeline.seal(endUs);
    const stepping: Promise<void>[] = [];
    for (const part of this.#parts) {
      if (part.nextDueUs >= endUs) continue;
      const step = part.step(endUs);
      if (step !== undefined) stepping.push(step);
    }
    return stepping;
  }

  #runHub(endUs: number): void {
    this.timeline.seal(0);
    this.timeline.runBefore(endUs);
    this.timeline.seal(endUs);
  }

  /** Runs the hub at once; what it throws joins what the parts under way may reject with. */
  #startHub(endUs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#runHub(endUs);
      resolve();
    });
  }
}
