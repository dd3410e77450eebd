import { wallClock } from "../kernel/wall-clock.ts";
import type { Simulation } from "../kernel/simulation.ts";
import type { ActorRef } from "../kernel/timeline.ts";

/** Hands something from outside to the simulation, as an input. */
export type SubmitInput = (actor: ActorRef, handle: () => void) => void;

/** What something outside says, e.g. a disk, until the simulation takes it as inputs. */
export class OutsideAnswers {
  readonly #waiting: (() => void)[] = [];
  #submit: ((handle: () => void) => void) | undefined;
  #wake: () => void = () => {};

  /** How many the simulation has not taken. */
  get count(): number {
    return this.#waiting.length;
  }

  /** Something came. */
  take(handle: () => void): void {
    this.#waiting.push(handle);
    this.#submit?.(() => this.#handle());
    this.#wake();
  }

  /** From now on a simulation takes them. */
  join(simulation: Simulation, actor: ActorRef): void {
    this.submitThrough(actor, (to, handle) => {
      simulation.timeline.input(simulation.openUs, to, handle);
    });
  }

  /** They come in this way from now on, e.g. through a pacer. */
  submitThrough(actor: ActorRef, submit: SubmitInput): void {
    this.#submit = (handle) => submit(actor, handle);
    if (this.#waiting.length > 0) this.#submit(() => this.#handle());
  }

  /** The simulation is over: whoever still waits is told outside of it. */
  leave(): void {
    this.#submit = (handle) => {
      try {
        handle();
      } catch {
        // What broke the run was told by the run.
      }
    };
    this.#submit(() => this.#handle());
  }

  /** Settles when something comes, or after so much real time. */
  next(msMax = Infinity): Promise<void> {
    return new Promise((resolve) => {
      const cancel =
        msMax === Infinity ? () => {} : wallClock.wakeAfter(Math.ceil(msMax), () => this.#wake());
      this.#wake = () => {
        this.#wake = () => {};
        cancel();
        resolve();
      };
    });
  }

  #handle(): void {
    for (const answer of this.#waiting.splice(0)) answer();
  }
}
