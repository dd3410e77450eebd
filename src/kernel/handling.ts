/** Whose events are being handled: what a guard needs to know of a timeline. */
export interface Handler {
  /** Name of the actor that handles one now. */
  readonly running: string | undefined;
}

/** Simulated code asked the machine for something that differs from run to run. */
export class AmbientSourceError extends Error {
  override readonly name = "AmbientSourceError";

  constructor(actor: string, asked: string) {
    super(`actor ${actor} ${asked}`);
  }
}

/** Of this thread: handlers are synchronous, so there is never more than one. */
let current: Handler | undefined;
let offence: AmbientSourceError | undefined;

/** From here to `endHandling` all that runs on this thread is simulated. Returns what was before. */
export function beginHandling(handler: Handler): Handler | undefined {
  const before = current;
  current = handler;
  return before;
}

/** @throws {AmbientSourceError} The first refusal since then, whoever caught it in between. */
export function endHandling(before: Handler | undefined): void {
  current = before;
  if (offence === undefined) return;
  const error = offence;
  offence = undefined;
  throw error;
}

/**
 * Throws if simulated code is running on this thread.
 *
 * @param asked What it did, for the message: `asked the machine for the time (Date.now): …`.
 */
export function refuseWhileHandling(asked: string): void {
  if (current === undefined) return;
  const error = new AmbientSourceError(current.running ?? "of no name", asked);
  offence ??= error;
  throw error;
}

/** Runs what may ask the machine all the same: the answer must decide nothing. */
export function unguarded<T>(act: () => T): T {
  const before = current;
  current = undefined;
  try {
    return act();
  } finally {
    current = before;
  }
}
