import { InvariantError } from "../../../kernel/invariant.ts";

/**
 * What a store promises.
 *
 * @see etcd `tests/robustness/validate/watch.go`, `validate/operations.go`: the names are theirs, but
 *   for `RVMonotonic` and `CAS`
 */
export type StorePromise =
  /** Each write gets the next revision. */
  | "RVMonotonic"
  /** A key is what was last written to it, for whoever asks after that. */
  | "LinearizableKV"
  /** A transaction is decided by what was there right before it. */
  | "CAS"
  /** A watch never goes back in time, */
  | "WatchOrdered"
  /** never tells the same twice, */
  | "WatchUnique"
  /** leaves nothing out, */
  | "WatchReliable"
  /** leaves nothing out of what it missed before it began, */
  | "WatchResumable"
  /** has told all up to where it says that it has, */
  | "WatchBookmarkable"
  /** tells all of a revision at once, */
  | "WatchAtomic"
  /** only tells what it was asked for, */
  | "WatchFilter"
  /** and what was there before. */
  | "WatchPrevKV";

export interface BreachPlace {
  readonly revision: number;
  /** Absent where it is not about one key. */
  readonly key?: string | undefined;
}

/** A promise that a store broke, and where. */
export class BrokenPromiseError extends InvariantError {
  readonly promise: StorePromise;
  readonly revision: number;
  readonly key: string | undefined;

  constructor(promise: StorePromise, { revision, key }: BreachPlace, what: string) {
    const where = key === undefined ? `revision ${revision}` : `revision ${revision}, key ${key}`;
    super(`${promise} at ${where}: ${what}`);
    this.promise = promise;
    this.revision = revision;
    this.key = key;
  }
}

/** Ends the run. */
export type Breach = (promise: StorePromise, place: BreachPlace, what: string) => never;
