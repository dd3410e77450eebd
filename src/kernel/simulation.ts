import { invariant } from "./invariant.ts";
import type { Running } from "./running-mark.ts";
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
  /** The actor that runs there, or broke; readable while a step is under way. */
  readonly running?: Running | undefined;
}

/** What broke in a window, and where. */
export interface Breakdown {
  readonly error: unknown;
  /** The actor that ran; absent when it broke outside of any. */
  readonly running: Running | undefined;
  /** The window, µs: from its start until just before its end; absent when there was none yet. */
  readonly window?: { readonly startUs: number; readonly endUs: number };
}

/**
 * The one engine: the hub's timeline and the remote parts advance in windows no longer than the
 * smallest latency between them, so no message can be due inside the window it was sent in.
 *
 * 1. The window starts at the first thing due anywhere, so empty time costs nothing.
 * 2. Parts with something due are stepped, all at once; the hub works on its own events meanwhile.
 * 3. What the parts sent back joins the hub's queue, where the total order sorts it.
 *
 * What breaks ends the run, once all have answered, so that of several breakdowns in one window it
 * is always the same one that is told: the earliest, of the lowest actor.
 */
export class Simulation {
  readonly timeline: Timeline;
  readonly #parts: readonly RemotePart[];
  readonly #lookaheadUs: number;
  readonly #explain: (breakdown: Breakdown) => unknown;
  #windows = 0;
  #windowStartUs = 0;
  #windowEndUs = 0;
  #advancing = false;
  /** Of the window under way: the hub's first, then the parts', each in its place. */
  readonly #breakdowns: Breakdown[] = [];
  #onWindowEnd: (endUs: number) => void = () => {};
  #hold: (untilUs: number) => Promise<void> | undefined = () => undefined;
  #onDeath: () => void = () => {};

  /** @param explain Makes of a breakdown what `advanceTo` rejects with: what was thrown, by default. */
  constructor(
    timeline: Timeline,
    parts: readonly RemotePart[],
    lookaheadUs: number,
    explain: (breakdown: Breakdown) => unknown = ({ error }) => error,
  ) {
    invariant(lookaheadUs > 0, "a link between threads takes time");
    this.timeline = timeline;
    this.#parts = parts;
    this.#lookaheadUs = lookaheadUs;
    this.#explain = explain;
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
   * Asks `hold` before time goes on to `untilUs` whether something outside has to answer before that, e.g.
   * a disk, until it says no: however fast time passes, it is not ahead of that. What comes of it is an
   * input.
   */
  holdWindows(hold: (untilUs: number) => Promise<void> | undefined): void {
    this.#hold = hold;
  }

  /**
   * A part died, whether or not it had something to do: the run is over. It broke in the window under way,
   * or after the last one.
   *
   * @param index Its place among the parts.
   */
  partDied(index: number, error: Error): void {
    if (this.#breakdowns[index + 1] !== undefined) return;
    this.#note(index + 1, error, this.#parts[index]?.running);
    this.#onDeath();
  }

  /** Calls `onDeath` when a part died: `advanceTo` throws from then on. */
  watchDeaths(onDeath: () => void): void {
    this.#onDeath = onDeath;
  }

  /**
   * Handles all that is due up to and including `untilUs`; the clock is there afterwards.
   *
   * @param isEnough Asked after each window; `true` stops early, at the end of that window.
   * @throws What `explain` makes of the breakdown that ended the run, now or earlier.
   */
  async advanceTo(untilUs: number, isEnough: () => boolean = () => false): Promise<void> {
    invariant(!this.#advancing, "one advance at a time");
    this.#throwIfBroken();
    this.#advancing = true;
    try {
      const held = this.#holdUntil(untilUs);
      if (held !== undefined) await held;
      for (let nextUs = this.nextDueUs; nextUs <= untilUs; nextUs = this.nextDueUs) {
        const endUs = Math.min(nextUs + this.#lookaheadUs, untilUs + 1);
        this.#windows++;
        this.#windowStartUs = nextUs;
        this.#windowEndUs = endUs;
        const stepping = this.#stepParts(endUs);
        this.#runHub(endUs);
        if (stepping.length > 0) await Promise.all(stepping);
        this.#throwIfBroken();
        this.timeline.seal(0);
        this.#onWindowEnd(endUs);
        const held = this.#holdUntil(untilUs);
        if (held !== undefined) await held;
        if (isEnough()) return;
      }
      this.timeline.moveTo(Math.max(untilUs, this.timeline.nowUs));
    } finally {
      this.#advancing = false;
    }
  }

  /** Asked again after each wait: what comes meanwhile may be due sooner. */
  #holdUntil(untilUs: number): Promise<void> | undefined {
    const hold = (): Promise<void> | undefined => this.#hold(Math.min(this.nextDueUs, untilUs));
    const first = hold();
    const holdOn = async (): Promise<void> => {
      for (let held = first; held !== undefined; held = hold()) await held;
    };
    return first === undefined ? undefined : holdOn();
  }

  /** The steps that are not done at once. None of them rejects: what broke is noted. */
  #stepParts(endUs: number): Promise<void>[] {
    // A part on this thread answers at once: it may not reach into the window either.
    this.timeline.seal(endUs);
    const stepping: Promise<void>[] = [];
    for (const [index, part] of this.#parts.entries()) {
      if (part.nextDueUs >= endUs) continue;
      try {
        const step = part.step(endUs);
        if (step === undefined) continue;
        stepping.push(step.catch((error) => this.#note(index + 1, error, part.running)));
      } catch (error) {
        this.#note(index + 1, error, part.running);
      }
    }
    return stepping;
  }

  #runHub(endUs: number): void {
    this.timeline.seal(0);
    try {
      this.timeline.runBefore(endUs);
    } catch (error) {
      this.#note(0, error, this.timeline.mark.read());
    }
    this.timeline.seal(endUs);
  }

  #note(place: number, error: unknown, running: Running | undefined): void {
    const window = { startUs: this.#windowStartUs, endUs: this.#windowEndUs };
    this.#breakdowns[place] = { error, running, ...(this.#windows > 0 && { window }) };
  }

  #throwIfBroken(): void {
    if (this.#breakdowns.length === 0) return;
    // Sorting passes over the places of those that hold.
    const [first] = this.#breakdowns.toSorted(
      ({ running: left = nobody }, { running: right = nobody }) =>
        left.atUs - right.atUs || left.actorId - right.actorId,
    );
    throw this.#explain(first as Breakdown);
  }
}

const nobody: Running = { actorId: 0, atUs: Number.MAX_SAFE_INTEGER };
