import { invariant } from "../../../kernel/invariant.ts";
import { compareHolds } from "../compare.ts";
import { codecMissing } from "../missing-parts.ts";
import { CompactedError } from "../store-errors.ts";
import {
  type Alarm,
  type Codec,
  type Compare,
  type Done,
  type LeaseId,
  type LeaseRequest,
  type LeaseStatus,
  prefixEnd,
  type RangeRequest,
  type RangeResult,
  type Store,
  type TransactionRequest,
  type TransactionResult,
  type Watch,
  type WatchRequest,
} from "../store.ts";
import { isSame, ObservedHistory } from "./observed-history.ts";
import { WatchCheck } from "./watch-check.ts";

/**
 * A store that is held to its promises at every commit, answer and delivery: what goes through it
 * is compared with what an observer of all changes knows. A broken promise ends the run.
 *
 * Revisions: RVMonotonic. Keys: LinearizableKV, CAS. Watches: WatchOrdered (which is Unique, too),
 * WatchReliable (and Resumable, and Bookmarkable), WatchAtomic, WatchFilter, WatchPrevKV.
 */
export class CheckedStore<V> implements Store<V> {
  readonly #store: Store<V>;
  readonly #codec: Codec<V>;
  readonly #history: ObservedHistory<V>;
  readonly #checks = new Set<WatchCheck<V>>();
  /** Checks of answers that tell of revisions which were not observed yet. */
  #later: { readonly revision: number; readonly check: () => void }[] = [];
  #compactedRevision = 0;

  /** Use `checkStore` or `checkNewStore`. */
  constructor(store: Store<V>, codec: Codec<V>, history: ObservedHistory<V>) {
    this.#store = store;
    this.#codec = codec;
    this.#history = history;
    store.watch({
      prefix: "",
      afterRevision: history.revision,
      onChanges: (changes) => this.#observe(changes),
      onCompacted: (revision) => invariant(false, `WatchReliable: an observer lost ${revision}`),
    });
  }

  get revision(): number {
    return this.#store.revision;
  }

  range(request: RangeRequest, done: Done<RangeResult<V>>): void {
    const compacted = this.#compactedRevision;
    const told = this.#store.revision;
    this.#store.range(request, (error, result) => {
      if (error === undefined) {
        invariant(!request.revision || request.revision >= compacted, "a compacted range was read");
        invariant(result.revision >= told, "LinearizableKV: a read went back in time");
        this.#when(result.revision, () => this.#requireRead(request, result));
      } else if (error instanceof CompactedError) {
        invariant(request.revision, "the present cannot be compacted");
      }
      done(error, result);
    });
  }

  transact(request: TransactionRequest<V>, done: Done<TransactionResult<V>>): void {
    this.#store.transact(request, (error, result) => {
      if (error === undefined) {
        this.#when(result.revision, () => this.#requireDecided(request, result));
      }
      done(error, result);
    });
  }

  watch(request: WatchRequest<V>): Watch {
    const check = new WatchCheck(request, this.#history);
    this.#checks.add(check);
    const watch = this.#store.watch({
      ...request,
      onChanges: (changes) => {
        check.changes(changes);
        request.onChanges(changes);
      },
      onProgress: (revision) => {
        check.progress(revision);
        request.onProgress?.(revision);
      },
      onCompacted: (revision) => {
        this.#checks.delete(check);
        request.onCompacted(revision);
      },
      onError: (error) => {
        this.#checks.delete(check);
        request.onError?.(error);
      },
    });
    return {
      cancel: () => {
        this.#checks.delete(check);
        watch.cancel();
      },
      requestProgress: () => watch.requestProgress(),
    };
  }

  compact(revision: number, done: Done<void>): void {
    this.#store.compact(revision, (error) => {
      if (error === undefined) this.#compactedRevision = revision;
      done(error);
    });
  }

  grantLease(request: LeaseRequest, done: Done<LeaseStatus>): void {
    this.#store.grantLease(request, done);
  }

  keepLeaseAlive(id: LeaseId, done: Done<LeaseStatus>): void {
    this.#store.keepLeaseAlive(id, done);
  }

  revokeLease(id: LeaseId, done: Done<number>): void {
    this.#store.revokeLease(id, done);
  }

  leaseStatus(id: LeaseId, done: Done<LeaseStatus>): void {
    this.#store.leaseStatus(id, done);
  }

  leases(done: Done<readonly LeaseId[]>): void {
    this.#store.leases(done);
  }

  alarms(done: Done<readonly Alarm[]>): void {
    this.#store.alarms(done);
  }

  disarm(alarm: Alarm, done: Done<void>): void {
    this.#store.disarm(alarm, done);
  }

  close(done: Done<void>): void {
    this.#store.close(done);
  }

  #observe(changes: Parameters<WatchRequest<V>["onChanges"]>[0]): void {
    this.#history.take(changes);
    for (const check of this.#checks) check.settle();
    const due = this.#later.filter(({ revision }) => revision <= this.#history.revision);
    this.#later = this.#later.filter(({ revision }) => revision > this.#history.revision);
    for (const { check } of due) check();
  }

  /** Over a network an answer may be faster than the observer. */
  #when(revision: number, check: () => void): void {
    if (revision <= this.#history.revision) check();
    else this.#later.push({ revision, check });
  }

  #requireRead({ key, rangeEnd, revision }: RangeRequest, result: RangeResult<V>): void {
    const at = revision || result.revision;
    let before: string | undefined;
    for (const item of result.items) {
      invariant(before === undefined || item.key !== before, `${item.key} was read twice`);
      before = item.key;
      const isAsked =
        rangeEnd === undefined ? item.key === key : item.key >= key && item.key < rangeEnd;
      invariant(isAsked, `${item.key} was read from a range that it is not in`);
      if (!this.#history.reachesBackTo(at)) continue;
      const isRight = isSame(item, this.#history.at(item.key, at));
      invariant(isRight, `LinearizableKV: ${item.key} was never like that at ${at}`);
    }
    if (rangeEnd !== undefined || !this.#history.reachesBackTo(at)) return;
    const isThere = this.#history.at(key, at) !== undefined;
    invariant(isThere === (result.count === 1), `LinearizableKV: ${key} was not found at ${at}`);
  }

  /** A write's compares held right before it; those of what wrote nothing, when it was answered. */
  #requireDecided(request: TransactionRequest<V>, result: TransactionResult<V>): void {
    const { revision, written, ranges, succeeded } = result;
    const operations = succeeded ? request.then : (request.otherwise ?? []);
    const hasWritten = operations.some(
      ({ type }, index) =>
        written[index] !== undefined || (type === "delete" && (ranges[index]?.count ?? 0) > 0),
    );
    const at = hasWritten ? revision - 1 : revision;
    const isOfRanges = request.compares.some((compare) => "rangeEnd" in compare);
    if (isOfRanges || !this.#history.reachesBackTo(at)) return;
    const held = request.compares.every((compare) => this.#holds(compare, at));
    invariant(
      held === succeeded,
      `CAS: a transaction at ${revision} was decided by what was not there`,
    );
  }

  #holds(compare: Compare<V>, revision: number): boolean {
    const item = this.#history.at(compare.key, revision);
    if (compare.target === undefined) return (item?.modRevision ?? 0) === compare.modRevision;
    return compareHolds(compare, item === undefined ? [] : [item], this.#codec);
  }
}

/** Checks a store that nothing was written to yet. */
export function checkNewStore<V>(store: Store<V>): CheckedStore<V> {
  return new CheckedStore<V>(store, codecMissing, new ObservedHistory<V>([], store.revision));
}

/** Checks a store from now on; all of it is read once. */
export function checkStore<V>(store: Store<V>, codec: Codec<V>, done: Done<CheckedStore<V>>): void {
  store.range({ key: "", rangeEnd: prefixEnd("") }, (error, result) => {
    if (error !== undefined) return done(error, undefined as never);
    done(
      undefined,
      new CheckedStore(store, codec, new ObservedHistory(result.items, result.revision)),
    );
  });
}
