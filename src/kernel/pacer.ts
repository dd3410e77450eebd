import type { Simulation } from "./simulation.ts";
import type { ActorRef } from "./timeline.ts";
import type { WallClock } from "./wall-clock.ts";

/** The longest the simulation runs before sockets get their turn, µs of real time. */
const sliceUsMax = 5_000;

/** The shortest sleep, ms: closer wake-ups cost more than they give. */
const sleepMsMin = 1;

/**
 * Live time: the same engine, paced by the wall clock. Virtual time passes `speed` times as fast as
 * real time; 0 is a pause, `Infinity` is as fast as it goes.
 *
 * What comes from outside enters through `submit`, stamped with its virtual time; nothing else in a
 * live run depends on the real world.
 */
export class Pacer {
  readonly #simulation: Simulation;
  readonly #wallClock: WallClock;
  readonly #onFailure: (error: unknown) => void;
  #speed: number;
  #anchorVirtualUs: number;
  #anchorWallUs: number;
  #wake: () => void = () => {};
  #isAwake = false;
  #stopped = false;
  #finished: Promise<void> = Promise.resolve();

  constructor(options: {
    readonly simulation: Simulation;
    readonly wallClock: WallClock;
    readonly speed: number;
    /** A broken invariant or a dead thread: the run is over. */
    readonly onFailure: (error: unknown) => void;
  }) {
    this.#simulation = options.simulation;
    this.#wallClock = options.wallClock;
    this.#onFailure = options.onFailure;
    this.#speed = options.speed;
    this.#anchorVirtualUs = options.simulation.timeline.nowUs;
    this.#anchorWallUs = options.wallClock.nowUs();
  }

  start(): void {
    this.#anchorVirtualUs = this.#simulation.timeline.nowUs;
    this.#anchorWallUs = this.#wallClock.nowUs();
    this.#finished = this.#run().catch(this.#onFailure);
  }

  /** Settles when the current window is over. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wakeUp();
    await this.#finished;
  }

  /** Hands `handle` to `actor` as an input, now; returns the virtual time it was stamped with. */
  submit(actor: ActorRef, handle: () => void): number {
    const { timeline } = this.#simulation;
    // One µs after what was handled last, so that a replay sorts it where it was.
    const atUs = Math.max(this.#virtualNowUs(), timeline.nowUs + 1);
    timeline.input(atUs, actor, handle);
    this.#wakeUp();
    return atUs;
  }

  async #run(): Promise<void> {
    const { timeline } = this.#simulation;
    while (!this.#stopped) {
      const sliceEndUs = this.#wallClock.nowUs() + sliceUsMax;
      const untilUs = Math.max(this.#targetUs(), timeline.nowUs);
      this.#isAwake = false;
      await this.#simulation.advanceTo(untilUs, () => this.#wallClock.nowUs() >= sliceEndUs);
      const nextUs = this.#simulation.nextDueUs;
      if (this.#stopped) return;
      if (this.#isAwake || this.#virtualNowUs() >= nextUs || this.#speed === Infinity) {
        await this.#wallClock.yieldToIo();
        if (nextUs !== Infinity) continue;
      }
      await this.#sleepUntil(nextUs);
    }
  }

  /** How far to go now: to the present, or to an input that was stamped past it during a pause. */
  #targetUs(): number {
    const { nowUs, nextDueUs } = this.#simulation.timeline;
    if (this.#speed === Infinity) {
      const soonestUs = this.#simulation.nextDueUs;
      return soonestUs === Infinity ? nowUs : soonestUs;
    }
    const presentUs = this.#virtualNowUs();
    return nextDueUs <= nowUs + 1 ? Math.max(presentUs, nextDueUs) : presentUs;
  }

  #virtualNowUs(): number {
    if (this.#speed === Infinity) return this.#simulation.timeline.nowUs;
    const elapsedUs = this.#wallClock.nowUs() - this.#anchorWallUs;
    return this.#anchorVirtualUs + Math.floor(elapsedUs * this.#speed);
  }

  #sleepUntil(dueUs: number): Promise<void> {
    if (this.#isAwake) return Promise.resolve();
    return new Promise((resolve) => {
      const waitMs = (dueUs - this.#virtualNowUs()) / this.#speed / 1_000;
      const cancel = Number.isFinite(waitMs)
        ? this.#wallClock.wakeAfter(Math.max(waitMs, sleepMsMin), () => this.#wakeUp())
        : () => {};
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  #wakeUp(): void {
    this.#isAwake = true;
    const wake = this.#wake;
    this.#wake = () => {};
    wake();
  }
}
