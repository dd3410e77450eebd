import type {
  Alarm,
  DirectStore,
  Done,
  LeaseId,
  LeaseRequest,
  LeaseStatus,
  RangeRequest,
  RangeResult,
  Store,
  TransactionRequest,
  TransactionResult,
  Watch,
  WatchRequest,
} from "../store/store.ts";

/**
 * A store as one life of an API server has it: what it was asked it does, but its answers reach nobody
 * once that life is over.
 */
export class MortalStore<V> implements Store<V> {
  readonly #store: Store<V>;
  readonly #isOver: () => boolean;

  constructor(store: Store<V>, isOver: () => boolean) {
    this.#store = store;
    this.#isOver = isOver;
  }

  get revision(): number {
    return this.#store.revision;
  }

  /** It answers at once: nothing can come in between. */
  get direct(): DirectStore<V> | undefined {
    return this.#store.direct;
  }

  range(request: RangeRequest, done: Done<RangeResult<V>>): void {
    this.#store.range(request, this.#whileAlive(done));
  }

  transact(request: TransactionRequest<V>, done: Done<TransactionResult<V>>): void {
    this.#store.transact(request, this.#whileAlive(done));
  }

  /** Whoever dies ends its watches. */
  watch(request: WatchRequest<V>): Watch {
    return this.#store.watch(request);
  }

  compact(revision: number, done: Done<void>): void {
    this.#store.compact(revision, this.#whileAlive(done));
  }

  grantLease(request: LeaseRequest, done: Done<LeaseStatus>): void {
    this.#store.grantLease(request, this.#whileAlive(done));
  }

  keepLeaseAlive(id: LeaseId, done: Done<LeaseStatus>): void {
    this.#store.keepLeaseAlive(id, this.#whileAlive(done));
  }

  revokeLease(id: LeaseId, done: Done<number>): void {
    this.#store.revokeLease(id, this.#whileAlive(done));
  }

  leaseStatus(id: LeaseId, done: Done<LeaseStatus>): void {
    this.#store.leaseStatus(id, this.#whileAlive(done));
  }

  leases(done: Done<readonly LeaseId[]>): void {
    this.#store.leases(this.#whileAlive(done));
  }

  alarms(done: Done<readonly Alarm[]>): void {
    this.#store.alarms(this.#whileAlive(done));
  }

  disarm(alarm: Alarm, done: Done<void>): void {
    this.#store.disarm(alarm, this.#whileAlive(done));
  }

  close(done: Done<void>): void {
    this.#store.close(done);
  }

  #whileAlive<R>(done: Done<R>): Done<R> {
    return (error, result) => {
      if (!this.#isOver()) done(error, result);
    };
  }
}
