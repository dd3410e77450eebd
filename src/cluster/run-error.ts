import { rfc3339Micro } from "../api/time.ts";
import type { Breakdown } from "../kernel/simulation.ts";

/** Where a run broke: enough to come to the same moment again. */
export interface RunPlace {
  readonly seed: number;
  /** The window it broke in, virtual time in µs; absent when it broke outside of any. */
  readonly window?: NonNullable<Breakdown["window"]>;
  /** The actor that ran, e.g. `kubelet:node-2`; absent when it broke outside of any. */
  readonly actor?: RunningActor;
}

export interface RunningActor {
  readonly name: string;
  /** `main`, `kubelet-thread-1`. */
  readonly thread: string;
  /** µs of virtual time. */
  readonly atUs: number;
}

/**
 * The end of a run that cannot go on: a handler threw, or a thread died or no longer answers. Its
 * `cause` is what broke; never an answer to a client.
 */
export class RunError extends Error {
  override readonly name = "RunError";
  readonly place: RunPlace;

  constructor(cause: unknown, place: RunPlace) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    // One that broke on a thread of its own says where by itself.
    const isPlaced = problem.includes(`(seed ${place.seed};`);
    super(isPlaced ? problem : `${problem} (${placeText(place)})`, { cause });
    this.place = place;
  }
}

function placeText({ seed, window, actor }: RunPlace): string {
  const words = [`seed ${seed}`];
  if (window !== undefined) {
    const { startUs, endUs } = window;
    words.push(`window ${rfc3339Micro(startUs)} to ${rfc3339Micro(endUs)}`);
    words.push(
      actor === undefined
        ? "no actor was running"
        : `actor ${actor.name} on ${actor.thread} at ${rfc3339Micro(actor.atUs)}`,
    );
  }
  return words.join("; ");
}
