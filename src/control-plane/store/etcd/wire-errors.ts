import {
  CompactedError,
  DuplicateKeyError,
  EmptyKeyError,
  FutureRevisionError,
  LeaseExistsError,
  LeaseNotFoundError,
  LeaseTtlTooLargeError,
  NoSpaceError,
  StoreClosedError,
  StoreError,
} from "../store-errors.ts";

/** gRPC's status codes, as numbers so that nobody has to load the library for them. */
export const grpcCode = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** How a call ends that does not succeed. */
export interface WireStatus {
  readonly code: number;
  readonly details: string;
}

/** An answer of the door with etcd's own words and code. */
export class WireError extends StoreError implements WireStatus {
  override readonly name = "WireError";
  readonly code: number;
  readonly details: string;

  constructor(code: number, details: string) {
    super(details);
    this.code = code;
    this.details = details;
  }
}

/**
 * What a store's refusal is to a client of etcd's protocol.
 *
 * @see etcd `api/v3rpc/rpctypes/error.go`, `server/etcdserver/api/v3rpc/util.go`
 */
export function statusOf(error: Error): WireStatus {
  if (error instanceof WireError) return { code: error.code, details: error.details };
  for (const [type, code] of codes) {
    if (error instanceof type) return { code, details: prefixed(error.message) };
  }
  if (error instanceof StoreError) {
    return { code: grpcCode.invalidArgument, details: prefixed(error.message) };
  }
  return { code: grpcCode.internal, details: error.message };
}

/**
 * What an etcd's refusal is to a user of the store. `compactedRevision` is asked of the server
 * beforehand, since this answer does not say it.
 */
export function errorOf(status: WireStatus, compactedRevision = 0): StoreError {
  const create = errors[status.details];
  return create === undefined ? new StoreError(status.details) : create(compactedRevision);
}

export function isCompacted({ details }: WireStatus): boolean {
  return details === "etcdserver: mvcc: required revision has been compacted";
}

/** Whether a status says that this login is over, so that nothing was done. */
export function isLoggedOut({ code, details }: WireStatus): boolean {
  return code === grpcCode.unauthenticated || details.includes("revision of auth store is old");
}

/** Whether the server, or the way to it, failed, so that the same request may do better. */
export function isPassing({ code, details }: WireStatus): boolean {
  switch (code) {
    case grpcCode.unavailable:
    case grpcCode.deadlineExceeded:
    case grpcCode.cancelled:
    case grpcCode.internal:
    case grpcCode.unknown:
      return true;
    case grpcCode.resourceExhausted:
      return details === "etcdserver: too many requests";
    default:
      return false;
  }
}

/** Whether a passing failure came before anything can have been done. */
export function isBeforehand({ details }: WireStatus): boolean {
  return (
    details.startsWith("No connection established") ||
    details.startsWith("Name resolution failed") ||
    details === "etcdserver: no leader" ||
    details === "etcdserver: not capable" ||
    details === "etcdserver: too many requests" ||
    details === "etcdserver: rpc not supported for learner"
  );
}

function prefixed(message: string): string {
  return message.startsWith("etcdserver: ") ? message : `etcdserver: ${message}`;
}

const codes: readonly (readonly [type: abstract new (...args: never) => Error, code: number])[] = [
  [CompactedError, grpcCode.outOfRange],
  [FutureRevisionError, grpcCode.outOfRange],
  [NoSpaceError, grpcCode.resourceExhausted],
  [LeaseNotFoundError, grpcCode.notFound],
  [LeaseExistsError, grpcCode.failedPrecondition],
  [LeaseTtlTooLargeError, grpcCode.outOfRange],
  [StoreClosedError, grpcCode.unavailable],
];

const errors: Readonly<Record<string, (compactedRevision: number) => StoreError>> = {
  "etcdserver: mvcc: required revision has been compacted": (revision) =>
    new CompactedError(revision),
  "etcdserver: mvcc: required revision is a future revision": () => new FutureRevisionError(),
  "etcdserver: mvcc: database space exceeded": () => new NoSpaceError(),
  "etcdserver: duplicate key given in txn request": () => new DuplicateKeyError(),
  "etcdserver: key is not provided": () => new EmptyKeyError(),
  "etcdserver: requested lease not found": () => new LeaseNotFoundError(),
  "etcdserver: lease already exists": () => new LeaseExistsError(),
  "etcdserver: too large lease TTL": () => new LeaseTtlTooLargeError(),
};
