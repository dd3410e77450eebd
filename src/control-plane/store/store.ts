/**
 * etcd's v3 data model behind one callback-style interface, so that a backend may answer at once
 * (memory), after an fsync (file) or over a network (etcd).
 *
 * @see etcd `api/etcdserverpb/rpc.proto`: the names and meanings are its own.
 */
export interface Store<V> {
  /** The revision of the last write. 1 when empty, as in etcd. */
  readonly revision: number;
  range(request: RangeRequest, done: Done<RangeResult<V>>): void;
  /** Compares and writes as one revision: all of `then`, or all of `otherwise`. */
  transact(request: TransactionRequest<V>, done: Done<TransactionResult<V>>): void;
  /** Changes after `afterRevision`, oldest first, then live ones until cancelled. */
  watch(request: WatchRequest<V>): CancelWatch;
  /** The same for one key, from backends that answer at once. */
  readonly direct?: DirectStore<V>;
  /** Forgets what was superseded at or before `revision`; watches may begin at it, not before. */
  compact(revision: number, done: Done<void>): void;
}

/** One key at a time without a request or a callback: what most of a control plane's writes are. */
export interface DirectStore<V> {
  get(key: string): KeyValue<V> | undefined;
  /**
   * Writes, or deletes with no value, if the key was last written at `modRevision` (0: if it does not
   * exist). Returns what was put or deleted; `undefined` when the revision is another.
   */
  replace(key: string, modRevision: number, value: V | undefined): KeyValue<V> | undefined;
}

/** Either an error or a result, once. */
export type Done<R> = (error: Error | undefined, result: R) => void;
export type CancelWatch = () => void;

export interface KeyValue<V> {
  readonly key: string;
  readonly value: V;
  readonly createRevision: number;
  readonly modRevision: number;
  /** Writes since creation: 1 for a new key. */
  readonly version: number;
}

export interface RangeRequest {
  /** The first key of the range. */
  readonly key: string;
  /** Exclusive; absent for `key` alone. `prefixEnd(prefix)` ends a prefix. */
  readonly rangeEnd?: string;
  /** 0 or absent for all. */
  readonly limit?: number;
  /** 0 or absent for the latest. */
  readonly revision?: number;
}

export interface RangeResult<V> {
  /** In key order. */
  readonly items: readonly KeyValue<V>[];
  /** Keys in the range, whatever the limit. */
  readonly count: number;
  /** The store's revision when it answered. */
  readonly revision: number;
}

/** Holds when the key was last written at this revision; 0: when it does not exist. */
export interface Compare {
  readonly key: string;
  readonly modRevision: number;
}

export type Operation<V> =
  | { readonly type: "put"; readonly key: string; readonly value: V }
  | { readonly type: "delete"; readonly key: string };

export interface TransactionRequest<V> {
  readonly compares: readonly Compare[];
  readonly then: readonly Operation<V>[];
}

export interface TransactionResult<V> {
  readonly succeeded: boolean;
  /** The revision of the write, or the store's when nothing was written. */
  readonly revision: number;
  /** For each operation of a transaction that succeeded: what was put, or was deleted. */
  readonly written: readonly (KeyValue<V> | undefined)[];
}

export interface Change<V> {
  readonly type: "put" | "delete";
  readonly key: string;
  readonly revision: number;
  /** What was put; absent for a deletion. */
  readonly current: KeyValue<V> | undefined;
  /** What was there before; absent for a creation. */
  readonly previous: KeyValue<V> | undefined;
}

export interface WatchRequest<V> {
  readonly prefix: string;
  readonly afterRevision: number;
  /** All changes of one revision arrive in one call. */
  readonly onChanges: (changes: readonly Change<V>[]) => void;
  /** The history asked for is compacted: the watch is over. */
  readonly onCompacted: (compactedRevision: number) => void;
}

/** History that was asked for and is gone. @see etcd `mvcc.ErrCompacted` */
export class CompactedError extends Error {
  override readonly name = "CompactedError";
  readonly compactedRevision: number;

  constructor(compactedRevision: number) {
    super("mvcc: required revision has been compacted");
    this.compactedRevision = compactedRevision;
  }
}

/** A revision that the store has not reached. @see etcd `mvcc.ErrFutureRev` */
export class FutureRevisionError extends Error {
  override readonly name = "FutureRevisionError";

  constructor() {
    super("mvcc: required revision is a future revision");
  }
}

/** The key after every key that starts with `prefix`; `""` is what every key starts with. */
export function prefixEnd(prefix: string): string {
  if (prefix === "") return "\uFFFF";
  return `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`;
}
