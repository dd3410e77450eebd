/**
 * Keys in code-unit order, in sorted runs: a write moves at most one run, a range is a walk, and
 * the keys of a range are counted by run. A key that was deleted stays, dead, for as long as its
 * history does.
 */
export class SortedKeys {
  readonly #runs: Run[] = [];
  /** By run, a key that none of its own is before, and all of the run before are. */
  readonly #starts: string[] = [];
  readonly #isLive: (key: string) => boolean;
  #size = 0;

  /** @param isLive Whether a key that was added is alive now. */
  constructor(isLive: (key: string) => boolean) {
    this.#isLive = isLive;
  }

  /** Keys there are, dead or alive. */
  get size(): number {
    return this.#size;
  }

  /** Adds a key that is not there yet, alive since `revision`. */
  add(key: string, revision: number): void {
    this.#size++;
    const index = this.#runOf(key);
    const run = this.#runs[index];
    if (run === undefined) {
      this.#insertRun(0, { keys: [key], live: 1, changedAt: revision });
      return;
    }
    const { keys } = run;
    const isLast = key > (keys.at(-1) as string);
    if (keys.length === runLengthMax) {
      if (isLast) {
        // Keys that arrive in order leave full runs behind.
        this.#insertRun(index + 1, { keys: [key], live: 1, changedAt: revision });
        return;
      }
      this.#split(index, run);
      this.#size--;
      this.add(key, revision);
      return;
    }
    if (isLast) {
      keys.push(key);
    } else {
      const at = lowerBound(keys, key);
      if (at === 0) this.#starts[index] = key;
      keys.splice(at, 0, key);
    }
    run.live++;
    // A deferred put is older than what was written since.
    run.changedAt = Math.max(run.changedAt, revision);
  }

  /** A key that is there was deleted, or created again. */
  setLive(key: string, isLive: boolean, revision: number): void {
    const run = this.#runs[this.#runOf(key)] as Run;
    run.live += isLive ? 1 : -1;
    run.changedAt = revision;
  }

  /** Removes a dead key, if it is there. */
  remove(key: string): void {
    const index = this.#runOf(key);
    const run = this.#runs[index];
    if (run === undefined) return;
    const at = lowerBound(run.keys, key);
    if (run.keys[at] !== key) return;
    this.#size--;
    run.keys.splice(at, 1);
    if (run.keys.length > 0) return;
    this.#runs.splice(index, 1);
    this.#starts.splice(index, 1);
  }

  /** Walks the keys from `start` on, up to `end` without it, until `visit` says false. */
  walk(start: string, end: string, visit: (key: string) => boolean): void {
    let index = this.#runOf(start);
    const first = this.#runs[index];
    let at = first === undefined ? 0 : lowerBound(first.keys, start);
    for (; index < this.#runs.length; index++, at = 0) {
      const { keys } = this.#runs[index] as Run;
      for (; at < keys.length; at++) {
        const key = keys[at] as string;
        if (key >= end || !visit(key)) return;
      }
    }
  }

  /**
   * How many keys of a range were alive at `revision`. Only runs where keys came or went since, and
   * those at the ends, are looked into.
   */
  count(
    start: string,
    end: string,
    revision: number,
    wasLive: (key: string, revision: number) => boolean,
  ): number {
    let count = 0;
    for (let index = this.#runOf(start); index < this.#runs.length; index++) {
      const { keys, live, changedAt } = this.#runs[index] as Run;
      if ((keys[0] as string) >= end) break;
      const isWhole = (keys[0] as string) >= start && (keys.at(-1) as string) < end;
      if (isWhole && changedAt <= revision) {
        count += live;
        continue;
      }
      const to = isWhole ? keys.length : lowerBound(keys, end);
      for (let at = isWhole ? 0 : lowerBound(keys, start); at < to; at++) {
        if (wasLive(keys[at] as string, revision)) count++;
      }
    }
    return count;
  }

  /** The run that holds `key` or would: the last one that does not start after it. */
  #runOf(key: string): number {
    const starts = this.#starts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((starts[middle] as string) <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #split(index: number, run: Run): void {
    const keys = run.keys.splice(run.keys.length >>> 1);
    const isAllLive = run.live === run.keys.length + keys.length;
    const live = isAllLive ? keys.length : keys.filter((key) => this.#isLive(key)).length;
    run.live -= live;
    this.#insertRun(index + 1, { keys, live, changedAt: run.changedAt });
  }

  #insertRun(index: number, run: Run): void {
    this.#runs.splice(index, 0, run);
    this.#starts.splice(index, 0, run.keys[0] as string);
  }
}

interface Run {
  readonly keys: string[];
  /** Of its keys, those alive now. */
  live: number;
  /** When the last of its keys was born or died. */
  changedAt: number;
}

const runLengthMax = 512;

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
