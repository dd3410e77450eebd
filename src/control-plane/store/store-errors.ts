import type { Done } from "./store.ts";

/** An answer of the store that is not a result. The words are etcd's, so that clients know them. */
export class StoreError extends Error {
  override readonly name: string = "StoreError";
}

/** History that was asked for and is gone. @see etcd `mvcc.ErrCompacted` */
export class CompactedError extends StoreError {
  override readonly name = "CompactedError";
  readonly compactedRevision: number;

  constructor(compactedRevision: number) {
    super("mvcc: required revision has been compacted");
    this.compactedRevision = compactedRevision;
  }
}

/** A revision that the store has not reached. @see etcd `mvcc.ErrFutureRev` */
export class FutureRevisionError extends StoreError {
  override readonly name = "FutureRevisionError";

  constructor() {
    super("mvcc: required revision is a future revision");
  }
}

/** A write that would not fit, or that came after one that did not. @see etcd `rpctypes.ErrNoSpace` */
export class NoSpaceError extends StoreError {
  override readonly name = "NoSpaceError";

  constructor() {
    super("etcdserver: mvcc: database space exceeded");
  }
}

/** @see etcd `rpctypes.ErrDuplicateKey` */
export class DuplicateKeyError extends StoreError {
  override readonly name = "DuplicateKeyError";

  constructor() {
    super("etcdserver: duplicate key given in txn request");
  }
}

/** @see etcd `rpctypes.ErrEmptyKey` */
export class EmptyKeyError extends StoreError {
  override readonly name = "EmptyKeyError";

  constructor() {
    super("etcdserver: key is not provided");
  }
}

/** @see etcd `rpctypes.ErrLeaseNotFound` */
export class LeaseNotFoundError extends StoreError {
  override readonly name = "LeaseNotFoundError";

  constructor() {
    super("etcdserver: requested lease not found");
  }
}

/** @see etcd `rpctypes.ErrLeaseExist` */
export class LeaseExistsError extends StoreError {
  override readonly name = "LeaseExistsError";

  constructor() {
    super("etcdserver: lease already exists");
  }
}

/** @see etcd `rpctypes.ErrLeaseTTLTooLarge` */
export class LeaseTtlTooLargeError extends StoreError {
  override readonly name = "LeaseTtlTooLargeError";

  constructor() {
    super("etcdserver: too large lease TTL");
  }
}

/** Asked of a store that is closed, or that cannot keep what it is given any more. */
export class StoreClosedError extends StoreError {
  override readonly name = "StoreClosedError";

  constructor(why = "the store is closed", cause?: unknown) {
    super(why, { cause });
  }
}

/** The server that keeps the data was not reached in time. Nothing was done. */
export class StoreUnavailableError extends StoreError {
  override readonly name = "StoreUnavailableError";

  constructor(why: string) {
    super(`the store cannot be reached: ${why}`);
  }
}

/**
 * A write was sent, its answer got lost, and no read proves which way it went: it was done once, or
 * never, or will be done yet. Who needs to know looks at the data, and must not simply write again.
 */
export class UnknownOutcomeError extends StoreError {
  override readonly name = "UnknownOutcomeError";

  constructor(why: string) {
    super(`the outcome of the write is unknown: ${why}`);
  }
}

/**
 * The server that keeps the data could not say in time what became of a write: as with an
 * `UnknownOutcomeError`, it may have been done.
 *
 * @see etcd `rpctypes.ErrTimeout`, `rpctypes.ErrTimeoutDueToLeaderFail`
 */
export class ServerTimeoutError extends StoreError {
  override readonly name = "ServerTimeoutError";

  constructor(why = "") {
    super(`etcdserver: request timed out${why}`);
  }
}

/** Nothing is decided while the servers have no leader. @see etcd `rpctypes.ErrNoLeader` */
export class NoLeaderError extends StoreError {
  override readonly name = "NoLeaderError";

  constructor() {
    super("etcdserver: no leader");
  }
}

/** Nobody listens where the data is kept. Nothing was done. */
export class ConnectionRefusedError extends StoreError {
  override readonly name = "ConnectionRefusedError";

  constructor() {
    super('rpc error: code = Unavailable desc = connection error: desc = "connection refused"');
  }
}

/** Answers with an error. */
export function refuse<R>(done: Done<R>, refusal: unknown): void {
  done(refusal as Error, undefined as R);
}
