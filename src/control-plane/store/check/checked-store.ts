import { compareHolds } from "../compare.ts";
import type { DeferredValues } from "../deferred-puts.ts";
import { CompactedError } from "../store-errors.ts";
import {
  type Alarm,
  type Change,
  type Codec,
  type Compare,
  type DirectStore,
  type Done,
  type KeyValue,
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
import type { Breach } from "./broken-promise.ts";
import type { ObservedHistory } from "./observed-history.ts";
import { requireRead } from "./read-check.ts";
import { StoreObserver } from "./store-observer.ts";
import { WatchCheck } from "./watch-check.ts";

export interface CheckOptions<V> {
  readonly codec: Codec<V>;
  /** Whether a writer may be answered before watchers are told, as over a network. Default false. */
  readonly isRemote?: boolean;
}

/**
 * A store that is held to its promises at every commit, answer and delivery: what goes through it
 * is compared with what an observer of all changes knows. A broken promise ends the run: it is a
 * `BrokenPromiseError`, now and whatever is asked next.
 */
export class CheckedStore<V> implements Store<V> {
  readonly #store: Store<V>;
  readonly #codec: Codec<V>;
  readonly #isRemote: boolean;
  readonly #observer: StoreObserver<V>;
  readonly #history: ObservedHistory<V>;
  readonly #breach: Breach;
  readonly #checks = new Set<WatchCheck<V>>();
  readonly #direct: DirectStore<V> = {
    get: (key) => this.#get(key),
    replace: (key, modRevision, value) => this.#replace(key, modRevision, value),
    defer: (values) => this.#defer(values),
    makeDeferred: () => this.#store.direct?.makeDeferred?.(),
  };
  /** Checks of answers that tell of revisions which were not observed yet. */
  #later: { readonly revision: number; readonly check: () => void }[] = [];
  #compactedRevision = 0;

  /**
   * Use `checkStore`, unless it is one of several ways to one store.
   *
   * @param observer Of that store.
   */
  constructor(store: Store<V>, options: CheckOptions<V>, observer: StoreObserver<V>) {
    this.#store = store;
    this.#codec = options.codec;
    this.#isRemote = options.isRemote ?? false;
    this.#observer = observer;
    this.#history = observer.history;
    this.#breach = observer.breach;
    observer.onObserved(() => this.#settle());
  }

  get revision(): number {
    return this.#store.revision;
  }

  get direct(): DirectStore<V> | undefined {
    return this.#store.direct === undefined ? undefined : this.#direct;
  }

  range(request: RangeRequest, done: Done<RangeResult<V>>): void {
    this.#observer.begin();
    const compacted = this.#compactedRevision;
    const told = this.#store.revision;
    this.#store.range(request, (error, result) => {
      if (error === undefined) {
        const { key, revision: at } = request;
        if (at && at < compacted) {
          this.#breach("LinearizableKV", { revision: at, key }, "it was read, but is compacted");
        }
        if (result.revision < told) {
          const what = `what was there at ${result.revision} was read`;
          this.#breach("LinearizableKV", { revision: told, key }, what);
        }
        this.#when(result.revision, () =>
          requireRead(request, result, this.#history, this.#breach),
        );
      } else if (error instanceof CompactedError && !request.revision) {
        const place = { revision: told, key: request.key };
        this.#breach("LinearizableKV", place, "the present cannot be compacted");
      }
      done(error, result);
    });
  }

  transact(request: TransactionRequest<V>, done: Done<TransactionResult<V>>): void {
    this.#observer.begin();
    this.#store.transact(request, (error, result) => {
      if (error === undefined) {
        this.#requireAllTold(result.revision);
        this.#when(result.revision, () => this.#requireDecided(request, result));
      }
      done(error, result);
    });
  }

  watch(request: WatchRequest<V>): Watch {
    this.#observer.begin();
    const beganAt = this.#store.revision;
    const check = new WatchCheck(request, this.#history, beganAt, this.#breach);
    const end = (): void => {
      check.end();
      this.#checks.delete(check);
    };
    this.#checks.add(check);
    const watch = this.#store.watch({
      ...request,
      onChanges: (changes) => {
        check.changes(changes);
        request.onChanges(changes);
      },
      ...(request.onDeferred !== undefined && {
        onDeferred: (revision: number, prefix: string) => {
          check.deferred(revision);
          request.onDeferred?.(revision, prefix);
        },
      }),
      ...(request.onChange !== undefined && {
        onChange: (change: Change<V>) => {
          check.changes([change]);
          request.onChange?.(change);
        },
      }),
      onProgress: (revision) => {
        check.progress(revision);
        request.onProgress?.(revision);
      },
      onCompacted: (revision) => {
        check.compacted(revision);
        end();
        request.onCompacted(revision);
      },
      onError: (error) => {
        end();
        request.onError?.(error);
      },
      ...(request.onSetBack !== undefined && {
        onSetBack: (revision: number) =>
          this.#breach("RVMonotonic", { revision }, "history was set back to that"),
      }),
    });
    if (!this.#isRemote && !check.isOver) this.#requireResumed(request, check, beganAt);
    return {
      cancel: () => {
        end();
        watch.cancel();
      },
      requestProgress: () => watch.requestProgress(),
    };
  }

  compact(revision: number, done: Done<void>): void {
    this.#observer.begin();
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
    this.#observer.begin();
    this.#store.revokeLease(id, (error, revision) => {
      if (error === undefined) this.#requireAllTold(revision);
      done(error, revision);
    });
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

  #get(key: string): KeyValue<V> | undefined {
    this.#observer.begin(key);
    const item = this.#store.direct?.get(key);
    this.#requireNow(key, item);
    return item;
  }

  #replace(key: string, modRevision: number, value: V | undefined): KeyValue<V> | undefined {
    this.#observer.begin(key);
    const { revision } = this.#history;
    const before = this.#history.at(key, revision);
    const written = this.#store.direct?.replace(key, modRevision, value);
    this.#requireAllTold(this.#store.revision);
    const isDue = (before?.modRevision ?? 0) === modRevision && (before ?? value) !== undefined;
    if (isDue !== (written !== undefined)) {
      const what = `what compares with ${modRevision} was ${isDue ? "refused" : "written"}`;
      this.#breach("CAS", { revision: before?.modRevision ?? 0, key }, what);
    }
    if (written === undefined) return undefined;
    if (this.#history.revision !== revision + 1) {
      const what = `a write was answered at ${this.#history.revision}`;
      this.#breach("RVMonotonic", { revision: revision + 1, key }, what);
    }
    if (value !== undefined) this.#requireNow(key, written);
    return written;
  }

  #defer(values: DeferredValues<V>): boolean {
    this.#observer.deferringTo(values.prefix);
    const { revision } = this.#history;
    if (this.#store.direct?.defer?.(values) !== true) return false;
    this.#requireAllTold(this.#store.revision);
    if (this.#history.revision !== revision + 1) {
      const what = `a deferred put was answered at ${this.#history.revision}`;
      this.#breach("RVMonotonic", { revision: revision + 1 }, what);
    }
    this.#observer.deferred();
    return true;
  }

  #requireNow(key: string, item: KeyValue<V> | undefined): void {
    const { revision } = this.#history;
    if (this.#history.isSame(item, this.#history.at(key, revision))) return;
    this.#breach("LinearizableKV", { revision, key }, "it was read as it was not then");
  }

  #settle(): void {
    for (const check of this.#checks) check.settle();
    if (this.#later.length === 0) return;
    const due = this.#later.filter(({ revision }) => revision <= this.#history.revision);
    this.#later = this.#later.filter(({ revision }) => revision > this.#history.revision);
    for (const { check } of due) check();
  }

  /** Over a network an answer may be faster than the observer. */
  #when(revision: number, check: () => void): void {
    if (revision <= this.#history.revision) return check();
    if (this.#isRemote) this.#later.push({ revision, check });
    else this.#breach("WatchReliable", { revision }, "an observer was not told");
  }

  /** A writer is told last, unless there is a network in between. */
  #requireAllTold(revision: number): void {
    if (this.#isRemote) return;
    if (revision > this.#history.revision) {
      this.#breach("WatchReliable", { revision }, "an observer was not told");
    }
    for (const check of this.#checks) check.requireToldUpTo(revision);
  }

  /** What a watch missed before it began is told at once, unless there is a network in between. */
  #requireResumed({ afterRevision }: WatchRequest<V>, check: WatchCheck<V>, beganAt: number): void {
    if (afterRevision + 1 < this.#compactedRevision) {
      const what = `a watch began there, but what is before ${this.#compactedRevision} is compacted`;
      this.#breach("WatchResumable", { revision: afterRevision + 1 }, what);
    }
    check.requireToldUpTo(beganAt);
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
    if (!this.#history.reachesBackTo(at)) return;
    const failing = request.compares.find((compare) => !this.#holds(compare, at));
    if ((failing === undefined) !== succeeded) {
      const { key } = failing ?? request.compares[0] ?? {};
      const what = `a transaction was decided by what was not there at ${at}`;
      this.#breach("CAS", { revision, key }, what);
    }
    for (const [index, operation] of operations.entries()) {
      if (operation.type === "range" || "rangeEnd" in operation) continue;
      const { type, key } = operation;
      // Another operation of the transaction may have deleted it before.
      if (type === "delete" && written[index] === undefined && operations.length > 1) continue;
      const there = this.#history.at(key, type === "put" ? revision : at);
      if (this.#history.isSame(written[index], there)) continue;
      this.#breach("LinearizableKV", { revision, key }, `the ${type} was answered as it was not`);
    }
  }

  #holds(compare: Compare<V>, revision: number): boolean {
    const items = this.#history.rangeAt(compare, revision);
    if (compare.target === undefined) return (items[0]?.modRevision ?? 0) === compare.modRevision;
    return compareHolds(compare, items, this.#codec);
  }
}

/** Checks a store from now on; all of it is read once. */
export function checkStore<V>(
  store: Store<V>,
  options: CheckOptions<V>,
  done: Done<CheckedStore<V>>,
): void {
  store.range({ key: "", rangeEnd: prefixEnd("") }, (error, result) => {
    if (error !== undefined) return done(error, undefined as never);
    const observer = new StoreObserver(result, options.codec);
    observer.follow(store);
    done(undefined, new CheckedStore(store, options, observer));
  });
}
