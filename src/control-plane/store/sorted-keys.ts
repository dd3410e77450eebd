/** Keys in code-unit order, in sorted runs: a write moves at most one run, a range is a walk. */
export class SortedKeys {
  readonly #runs: string[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a key that is not there yet. */
  add(key: string): void {
    this.#size++;
    const index = this.#runOf(key);
    const run = this.#runs[index];
    if (run === undefined) {
      this.#runs.push([key]);
      return;
    }
    // Keys mostly arrive in order; the end is checked before the search.
    if (key > (run.at(-1) as string)) run.push(key);
    else run.splice(lowerBound(run, key), 0, key);
    if (run.length > runLengthMax) this.#split(index, run);
  }

  /** Removes a key, if it is there. */
  remove(key: string): void {
    const index = this.#runOf(key);
    const run = this.#runs[index] ?? [];
    const at = lowerBound(run, key);
    if (run[at] !== key) return;
    this.#size--;
    run.splice(at, 1);
    if (run.length === 0) this.#runs.splice(index, 1);
  }

  /** The keys from `start` on, up to `end` if given, without it. */
  *from(start: string, end?: string): Generator<string, void, undefined> {
    let index = this.#runOf(start);
    const first = this.#runs[index];
    let at = first === undefined ? 0 : lowerBound(first, start);
    for (; index < this.#runs.length; index++, at = 0) {
      const run = this.#runs[index] as string[];
      for (; at < run.length; at++) {
        const key = run[at] as string;
        if (end !== undefined && key >= end) return;
        yield key;
      }
    }
  }

  /** The run that holds `key` or would: the last one that does not start after it. */
  #runOf(key: string): number {
    let low = 0;
    let high = this.#runs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (((this.#runs[middle] as string[])[0] as string) <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #split(index: number, run: string[]): void {
    this.#runs.splice(index + 1, 0, run.splice(run.length >>> 1));
  }
}

const runLengthMax = 512;

function lowerBound(run: readonly string[], key: string): number {
  let low = 0;
  let high = run.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((run[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
