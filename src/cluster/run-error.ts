import { rfc3339Micro } from "../api/time.ts";
import type { Breakdown } from "../kernel/simulation.ts";

/** Where a run broke: enough to come to the same moment again. */
export interface RunPlace {
  readonly seed: number;
  /** The window it broke in, virtual time in µs; absent when it broke before the first. */
  readonly window?: Breakdown["window"];
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
    super(`${problem} (${placeText(place)})`, { cause });
    this.place = place;
  }
}

function placeText({ seed, window, actor }: RunPlace): string {
  const between =
    window === undefined
      ? "before the first window"
      : `window ${rfc3339Micro(window.startUs)} to ${rfc3339Micro(window.endUs)}`;
  const who =
    actor === undefined
      ? "no actor was running"
      : `actor ${actor.name} on ${actor.thread} at ${rfc3339Micro(actor.atUs)}`;
  return `seed ${seed}; ${between}; ${who}`;
}
