/**
 * A promise podrace makes to itself. Breaking one is a bug of podrace, never an answer to a client,
 * so it ends the run; the runner adds the seed.
 */
export function invariant(holds: unknown, promise: string): asserts holds {
  if (!holds) throw new InvariantError(promise);
}

export class InvariantError extends Error {
  override readonly name = "InvariantError";

  constructor(promise: string) {
    super(`broken invariant: ${promise}`);
  }
}
