/**
 * How many keys are left after a page that was read. A count at a revision never changes, so the
 * next page of the same list need not count again.
 */
export class RangeCounts {
  readonly #counts = new Map<string, number>();

  get(revision: number, start: string, end: string): number | undefined {
    return this.#counts.get(nameOf(revision, start, end));
  }

  set(revision: number, start: string, end: string, count: number): void {
    if (this.#counts.size >= countsMax) {
      for (const oldest of this.#counts.keys()) {
        this.#counts.delete(oldest);
        break;
      }
    }
    this.#counts.set(nameOf(revision, start, end), count);
  }
}

/** Lists that are read page by page at the same time. */
const countsMax = 256;

function nameOf(revision: number, start: string, end: string): string {
  return `${revision} ${end} ${start}`;
}
