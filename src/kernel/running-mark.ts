/** Who runs, and the time it is for it. */
export interface Running {
  readonly actorId: number;
  /** µs */
  readonly atUs: number;
}

/**
 * Which actor runs on a timeline, noted before each handler. The memory is shared, so that a thread
 * that no longer answers can still be asked where it is.
 */
export class RunningMark {
  readonly buffer: SharedArrayBuffer;
  readonly #cells: Float64Array;

  /** @param buffer That of another thread's mark; a new one if absent. */
  constructor(buffer = new SharedArrayBuffer(2 * Float64Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#cells = new Float64Array(buffer);
  }

  note(actorId: number, atUs: number): void {
    this.#cells[1] = atUs;
    this.#cells[0] = actorId;
  }

  /** Nobody runs: what was due is done. A handler that throws leaves its mark. */
  clear(): void {
    this.#cells[0] = 0;
  }

  read(): Running | undefined {
    const [actorId = 0, atUs = 0] = this.#cells;
    // No actor has id 0: that is the outside.
    return actorId === 0 ? undefined : { actorId, atUs };
  }
}
