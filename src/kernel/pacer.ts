import type { Simulation } from "./simulation.ts";
import type { ActorRef } from "./timeline.ts";
import type { WallClock } from "./wall-clock.ts";

/** The longest the simulation runs before sockets get their turn, µs of real time. */
const sliceUsMax = 5_000;

/** How far virtual time goes at once when nothing holds it back, µs, unless the slice is over. */
const leapUs = 1_000_000;

/** The shortest sleep, ms: closer wake-ups cost more than they give. */
const sleepMsMin = 1;

/** A stretch of virtual time to be gone through as fast as it goes. */
interface Sprint {
  readonly untilUs: number;
  readonly untilSettled: boolean;
  readonly finish: (isSettled: boolean) => void;
}

/** Something to be done while time stands still. */
interface Interlude {
  readonly act: () => Promise<void>;
  readonly refuse: (error: Error) => void;
}

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
  readonly #sprints: Sprint[] = [];
  readonly #interludes: Interlude[] = [];
  #speed: number;
  /** How often the dial was turned. */
  #turns = 0;
  #lastInputUs = 0;
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
    // Whether or not anything is due, and time passes at all.
    options.simulation.watchDeaths(() => this.#wakeUp());
    this.#anchorVirtualUs = options.simulation.timeline.nowUs;
    this.#anchorWallUs = options.wallClock.nowUs();
  }

  get speed(): number {
    return this.#speed;
  }

  /** From now on; what has passed has passed, and the window under way still ends. */
  setSpeed(speed: number): void {
    this.#anchorAt(this.#nowUs());
    this.#speed = speed;
    this.#turns++;
    this.#wakeUp();
  }

  start(): void {
    this.#anchorAt(this.#simulation.timeline.nowUs);
    this.#finished = this.#run().catch(this.#onFailure);
  }

  /** Settles when the current window is over. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wakeUp();
    await this.#finished;
    for (const { finish } of this.#sprints.splice(0)) finish(false);
    for (const { refuse } of this.#interludes.splice(0)) refuse(hasStopped());
  }

  /**
   * Hands `handle` to `actor` as an input, now; returns the virtual time it was stamped with, which
   * is never before that of an earlier input.
   *
   * @param refused What to do in its place when the actor is down.
   */
  submit(actor: ActorRef, handle: () => void, refused?: () => void): number {
    // After all that was handled, on every thread, so that a replay sorts it where it was.
    const atUs = Math.max(this.#nowUs(), this.#simulation.openUs, this.#lastInputUs);
    this.#lastInputUs = atUs;
    this.#simulation.timeline.input(atUs, actor, handle, refused);
    this.#wakeUp();
    return atUs;
  }

  /** Goes through `us` µs of virtual time as fast as it goes; then the speed is what it was. */
  step(us: number): Promise<void> {
    return this.#sprint(us, false).then(() => {});
  }

  /**
   * Goes on as fast as it goes until nothing is due but heartbeats.
   *
   * @returns Whether that came within `limitUs` of virtual time.
   */
  runUntilSettled(limitUs: number): Promise<boolean> {
    return this.#sprint(limitUs, true);
  }

  /**
   * Calls `act` between two windows, when nothing is under way on any thread; time waits until that
   * settles. If it rejects, the run is over.
   */
  standStill<T>(act: () => Promise<T>): Promise<T> {
    if (this.#stopped) return Promise.reject(hasStopped());
    return new Promise((resolve, refuse) => {
      this.#interludes.push({ act: async () => resolve(await act()), refuse });
      this.#wakeUp();
    });
  }

  #sprint(us: number, untilSettled: boolean): Promise<boolean> {
    return new Promise((finish) => {
      this.#sprints.push({ untilUs: this.#nowUs() + us, untilSettled, finish });
      this.#wakeUp();
    });
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#isAwake = false;
      const interlude = this.#interludes.shift();
      if (interlude !== undefined) {
        await this.#runInterlude(interlude);
        continue;
      }
      const [sprint] = this.#sprints;
      if (sprint !== undefined) {
        await this.#runSprint(sprint);
        continue;
      }
      const turns = this.#turns;
      await this.#runSlice(this.#targetUs(), () => turns !== this.#turns);
      const nextUs = this.#simulation.nextDueUs;
      if (this.#stopped) return;
      if (this.#isAwake || this.#virtualNowUs() >= nextUs || this.#speed === Infinity) {
        await this.#wallClock.yieldToIo();
        if (nextUs !== Infinity) continue;
      }
      await this.#sleepUntil(nextUs);
    }
  }

  async #runInterlude({ act, refuse }: Interlude): Promise<void> {
    try {
      await act();
    } catch (error) {
      refuse(error as Error);
      throw error;
    }
  }

  /** One slice of a sprint; after the last one, the pace goes on from where time is then. */
  async #runSprint(sprint: Sprint): Promise<void> {
    const isSettled = (): boolean => sprint.untilSettled && this.#simulation.isSettled;
    if (!isSettled()) await this.#runSlice(sprint.untilUs, isSettled);
    const settled = isSettled();
    if (settled || this.#simulation.timeline.nowUs >= sprint.untilUs) {
      this.#sprints.shift();
      this.#anchorAt(this.#simulation.timeline.nowUs);
      sprint.finish(settled || !sprint.untilSettled);
    }
    // Whoever waited for the sprint looks at what it came to before time goes on.
    await this.#wallClock.yieldToIo();
  }

  /** Handles what is due until `untilUs`, for as long as sockets can wait. */
  async #runSlice(untilUs: number, isEnough: () => boolean): Promise<void> {
    const sliceEndUs = this.#wallClock.nowUs() + sliceUsMax;
    await this.#simulation.advanceTo(
      Math.max(untilUs, this.#simulation.timeline.nowUs),
      () => this.#wallClock.nowUs() >= sliceEndUs || isEnough(),
    );
  }

  /** How far to go now: to the present, or to an input that was stamped past it during a pause. */
  #targetUs(): number {
    const { timeline, nextDueUs } = this.#simulation;
    if (this.#speed === Infinity)
      return nextDueUs === Infinity ? timeline.nowUs : nextDueUs + leapUs;
    return Math.max(this.#virtualNowUs(), this.#lastInputUs);
  }

  /**
   * What time it is: the present, or, on a machine that cannot keep up with it, as far as it got.
   * So nobody waits for it to catch up, and a dial that is turned does what it says at once.
   */
  #nowUs(): number {
    const { timeline, nextDueUs } = this.#simulation;
    if (timeline.running !== undefined) return timeline.nowUs;
    return Math.max(timeline.nowUs, Math.min(this.#virtualNowUs(), nextDueUs));
  }

  #virtualNowUs(): number {
    if (this.#speed === Infinity) return this.#simulation.timeline.nowUs;
    const elapsedUs = this.#wallClock.nowUs() - this.#anchorWallUs;
    return this.#anchorVirtualUs + Math.floor(elapsedUs * this.#speed);
  }

  #anchorAt(virtualUs: number): void {
    this.#anchorVirtualUs = virtualUs;
    this.#anchorWallUs = this.#wallClock.nowUs();
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

function hasStopped(): Error {
  return new Error("time has stopped for good");
}
