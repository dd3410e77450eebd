import type { DeferredValues } from "./deferred-puts.ts";

/**
 * etcd's v3 data model behind one callback-style interface, so that a backend may answer at once
 * (memory), after an fsync (file) or over a network (etcd). An answer comes exactly once, on the
 * main thread; an error instead of a result means that nothing was done, unless it says otherwise.
 *
 * Keys are text, in code-unit order; as bytes they are UTF-8. Values are handed out as they are
 * kept, so they must never be changed.
 *
 * @see etcd `api/etcdserverpb/rpc.proto`: the names and meanings are its own.
 */
export interface Store<V> {
  /** The revision of the last write that was told. 1 when empty, as in etcd. */
  readonly revision: number;
  /** Sees every write that was answered before it was asked. */
  range(request: RangeRequest, done: Done<RangeResult<V>>): void;
  /** Compares and writes as one revision: all of `then`, or all of `otherwise`. */
  transact(request: TransactionRequest<V>, done: Done<TransactionResult<V>>): void;
  /** The same for one key, from backends that answer at once. */
  readonly direct?: DirectStore<V> | undefined;
  /**
   * Changes after `afterRevision`, oldest first, then live ones until cancelled. Backends of this
   * process tell watchers of a write before its writer; over a network either may be first.
   */
  watch(request: WatchRequest<V>): Watch;
  /** Forgets what was superseded at or before `revision`; watches may begin at it, not before. */
  compact(revision: number, done: Done<void>): void;
  /** A lease that ends `ttlSeconds` from now: the keys put with it go with it. */
  grantLease(request: LeaseRequest, done: Done<LeaseStatus>): void;
  /** Lets a lease last its whole time again, from now. */
  keepLeaseAlive(id: LeaseId, done: Done<LeaseStatus>): void;
  /** Ends a lease now and deletes its keys, all as one revision, which is the result. */
  revokeLease(id: LeaseId, done: Done<number>): void;
  leaseStatus(id: LeaseId, done: Done<LeaseStatus>): void;
  /** The leases there are, in the order they end. */
  leases(done: Done<readonly LeaseId[]>): void;
  alarms(done: Done<readonly Alarm[]>): void;
  /** Takes an alarm back. It is raised again by the next write, if there is still no space. */
  disarm(alarm: Alarm, done: Done<void>): void;
  /** Answers what was asked before, then gives back files and connections. */
  close(done: Done<void>): void;
}

/** One key at a time without a request or a callback: what most of a control plane's writes are. */
export interface DirectStore<V> {
  get(key: string): KeyValue<V> | undefined;
  /**
   * Writes, or deletes with no value, if the key was last written at `modRevision` (0: if it does not
   * exist). Returns what was put or deleted; `undefined` when the revision is another.
   */
  replace(key: string, modRevision: number, value: V | undefined): KeyValue<V> | undefined;
  /**
   * Puts what `values` has at the next index without making it, which follows when somebody reads it: as one revision,
   * the store's then. `false` where that cannot be: nothing was done. Only one may be deferred to.
   */
  defer?(values: DeferredValues<V>): boolean;
  /** Makes all that was deferred. */
  makeDeferred?(): void;
  /**
   * A way to a key whose values differ by one number from each other. Only under one prefix: `undefined`
   * elsewhere.
   */
  pulse?(prefix: string, source: PulseSource<V>): Pulse<V> | undefined;
  /**
   * Puts the value of a number without making it, as `defer` does, where one of the pulse's values is.
   *
   * @returns The store's revision then; `undefined` where that cannot be: nothing was done.
   */
  beat?(pulse: Pulse<V>, number: number): number | undefined;
}

/** What a key's values are made of, once somebody reads them. */
export interface PulseSource<V> {
  readonly key: string;
  /** Whether what is there now can be followed by one of these values. */
  mayFollow(value: V): boolean;
  valueAt(number: number): V;
}

/** A key that is updated all the time. */
export interface Pulse<V> {
  readonly prefix: string;
  readonly source: PulseSource<V>;
}

/** Either an error, and then `result` is nothing to look at, or a result; once. */
export type Done<R> = (error: Error | undefined, result: R) => void;

export interface KeyValue<V> {
  readonly key: string;
  readonly value: V;
  readonly createRevision: number;
  readonly modRevision: number;
  /** Writes since creation: 1 for a new key. */
  readonly version: number;
  /** The lease it goes with; 0n for none. */
  readonly lease: LeaseId;
}

/** One key, or all keys from it up to an end. */
export interface KeyRange {
  /** The first key of the range. */
  readonly key: string;
  /** Exclusive; absent for `key` alone. `prefixEnd(prefix)` ends a prefix. */
  readonly rangeEnd?: string;
}

export interface RangeRequest extends KeyRange {
  /** Items at most; 0 or absent for all. */
  readonly limit?: number;
  /** 0 or absent for the latest. */
  readonly revision?: number;
  /** No items, only their number. */
  readonly countOnly?: boolean;
  /** The caller does not look at the items' values, so they need not be there. */
  readonly keysOnly?: boolean;
  /** Default: by key, ascending. With anything else the limit saves nothing. */
  readonly sort?: RangeSort;
  /** Leaves out what was last written, or created, earlier or later; `count` is of all. */
  readonly minModRevision?: number;
  readonly maxModRevision?: number;
  readonly minCreateRevision?: number;
  readonly maxCreateRevision?: number;
}

export interface RangeSort {
  /** Keys of equal rank are in key order, of descending ranks, too. */
  readonly by: "key" | "version" | "createRevision" | "modRevision" | "value";
  readonly order: "ascend" | "descend";
}

export interface RangeResult<V> {
  readonly items: readonly KeyValue<V>[];
  /** Keys in the range, whatever the limit. */
  readonly count: number;
  /** Whether the limit left out some. */
  readonly more: boolean;
  /** The store's revision when it answered. */
  readonly revision: number;
}

/**
 * What must hold of a key; of every key, when a range is given. A key that does not exist has 0
 * everywhere and no value, so that a comparison with its value never holds.
 */
export type Compare<V> = RevisionCompare | FieldCompare | ValueCompare<V>;

/** Holds when the key was last written at this revision; 0: when it does not exist. */
export interface RevisionCompare {
  readonly key: string;
  readonly modRevision: number;
  readonly target?: undefined;
}

export interface FieldCompare extends KeyRange {
  readonly target: "version" | "createRevision" | "modRevision" | "lease";
  readonly is: Relation;
  readonly than: number | bigint;
}

/** Of values as bytes: what the codec makes of them. */
export interface ValueCompare<V> extends KeyRange {
  readonly target: "value";
  readonly is: Relation;
  readonly than: V;
}

export type Relation = "=" | "!=" | "<" | ">";

export type Operation<V> = PutOperation<V> | DeleteOperation | RangeOperation;

export interface PutOperation<V> {
  readonly type: "put";
  readonly key: string;
  readonly value: V;
  /** The lease it goes with from now on; absent or 0n for none. */
  readonly lease?: LeaseId;
}

/** Deletes a key, or all of a range. */
export interface DeleteOperation extends KeyRange {
  readonly type: "delete";
}

/** Reads what the operations before it left. */
export interface RangeOperation extends RangeRequest {
  readonly type: "range";
}

export interface TransactionRequest<V> {
  readonly compares: readonly Compare<V>[];
  /** When all of them hold. No key may be written twice. */
  readonly then: readonly Operation<V>[];
  /** When one does not. */
  readonly otherwise?: readonly Operation<V>[];
}

export interface TransactionResult<V> {
  /** Whether all compares held. */
  readonly succeeded: boolean;
  /** The revision of the write, or the store's when nothing was written. */
  readonly revision: number;
  /** For each operation that was done: what was put, or the one key that was deleted. */
  readonly written: readonly (KeyValue<V> | undefined)[];
  /**
   * For each operation that was done: what was read, or all that a range lost. Empty, when no
   * operation was about a range.
   */
  readonly ranges: readonly (RangeResult<V> | undefined)[];
}

export interface Change<V> {
  readonly type: "put" | "delete";
  readonly key: string;
  readonly revision: number;
  /** What was put; absent for a deletion. */
  readonly current: KeyValue<V> | undefined;
  /** What was there before; absent for a creation, and for who does without. */
  readonly previous: KeyValue<V> | undefined;
}

/** All keys with a prefix, one key, or a range. */
export type WatchScope = { readonly prefix: string } | KeyRange;

export type WatchRequest<V> = WatchScope & {
  /** May be yet to come: then the watch begins after it. */
  readonly afterRevision: number;
  /** Changes nobody wants to hear of. */
  readonly without?: "put" | "delete";
  /** Changes need not come with what was there before, which may save its way over a network. */
  readonly withoutPrevious?: boolean;
  /** All changes of one revision arrive in one call. It does not write to the store. */
  readonly onChanges: (changes: readonly Change<V>[]) => void;
  /** In place of that, where it is given, for a revision of one change from a store of this process. */
  readonly onChange?: (change: Change<V>) => void;
  /**
   * Something was put whose value is not made before somebody reads it. Who does without this is told
   * of everything in whole, and nothing that it watches is deferred.
   */
  readonly onDeferred?: (revision: number, prefix: string) => void;
  /** All changes up to `revision` were told. */
  readonly onProgress?: (revision: number) => void;
  /** The history asked for is compacted: the watch is over. */
  readonly onCompacted: (compactedRevision: number) => void;
  /**
   * The store's history ends before the watch was to begin: what was told of what came after is not
   * true any more. The watch is over. Without this it waits until history has got there again.
   */
  readonly onSetBack?: (revision: number) => void;
  /** It cannot go on for another reason: the watch is over. Other watches may be fine. */
  readonly onError?: (error: Error) => void;
};

export interface Watch {
  /** Nothing is told any more, not even what is on its way. */
  cancel(): void;
  /** Asks for one `onProgress`, after all that is to be told by now. */
  requestProgress(): void;
}

/** An int64, as in etcd; 0n is none. */
export type LeaseId = bigint;

export interface LeaseRequest {
  /** Absent or 0n: the store chooses. */
  readonly id?: LeaseId;
  /** At least 1. */
  readonly ttlSeconds: number;
}

export interface LeaseStatus {
  readonly id: LeaseId;
  /** What was granted. */
  readonly grantedTtlSeconds: number;
  /** What is left of it, in whole seconds. */
  readonly ttlSeconds: number;
  /** In key order; only `leaseStatus` says it. */
  readonly keys: readonly string[];
}

/** `NOSPACE`: only reads and deletes, until somebody made room and disarmed it. */
export type Alarm = "NOSPACE" | "CORRUPT";

/** Values as bytes, for backends that keep them outside of this process. */
export interface Codec<V> {
  /** Without what a stamp wrote: a value has the same bytes before and after. */
  encode(value: V): Uint8Array;
  /** @throws When these bytes are no value. */
  decode(bytes: Uint8Array): V;
}

/**
 * Writes a value's revision into it, since only the commit knows it. Backends that keep bytes do so
 * whenever they read.
 */
export type Stamp<V> = (value: V, revision: number) => V;

/** The cluster's time. Leases end by it, never by the machine's. */
export interface StoreClock {
  /** µs since the Unix epoch. */
  readonly nowUs: number;
  /** Calls `act` once, after `delayUs`. */
  after(delayUs: number, act: () => void): void;
}

/** The key after every key that starts with `prefix`; `""` is what every key starts with. */
export function prefixEnd(prefix: string): string {
  const start = prefix.replace(/\uFFFF+$/, "");
  if (start === "") return "\uFFFF";
  return `${start.slice(0, -1)}${String.fromCharCode(start.charCodeAt(start.length - 1) + 1)}`;
}
