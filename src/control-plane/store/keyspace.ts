// oxlint-disable max-lines -- Every write and every read end here: what they do to the same tables is told in one place.
import { compareHolds } from "./compare.ts";
import { DeferredPuts, type DeferredValues } from "./deferred-puts.ts";
import { DeferredUpdates } from "./deferred-updates.ts";
import { KeyMap } from "./key-map.ts";
import { needsAll, passes, sorted } from "./range-selection.ts";
import { RangeCounts } from "./range-counts.ts";
import { SortedKeys } from "./sorted-keys.ts";
import { requireSound } from "./sound-operations.ts";
import { CompactedError, FutureRevisionError } from "./store-errors.ts";
import {
  type Codec,
  type Compare,
  type DeleteOperation,
  type KeyRange,
  type KeyValue,
  type LeaseId,
  type Operation,
  type Pulse,
  type PulseSource,
  type RangeRequest,
  type RangeResult,
  type Stamp,
  type TransactionRequest,
  type TransactionResult,
} from "./store.ts";
import { noLease, Version } from "./version.ts";
import { VersionLog } from "./version-log.ts";

/** Who wants to know which keys go with which lease. */
export interface LeasedKeys {
  /** @throws {LeaseNotFoundError} */
  require(lease: LeaseId): void;
  attach(lease: LeaseId, key: string): void;
  detach(lease: LeaseId, key: string): void;
}

/** Who wants to know how much there is. */
export interface VersionMeter<V> {
  added(version: Version<V>): void;
  dropped(version: Version<V>): void;
}

/**
 * All keys with all their versions since the last compaction, and the one revision counter. Every
 * write of the product ends here, so what is done once a write allocates what stays and little else.
 *
 * @see etcd `server/storage/mvcc/{kvstore,index,key_index}.go`
 */
export class Keyspace<V> {
  readonly #stamp: Stamp<V>;
  readonly #codec: Codec<V>;
  readonly #leased: LeasedKeys;
  readonly #meter: VersionMeter<V> | undefined;
  /** The newest version of each key, a deletion included until it is compacted. */
  readonly #heads = new KeyMap<Version<V>>();
  readonly #keys: SortedKeys;
  readonly #counts = new RangeCounts();
  readonly #log = new VersionLog<V>();
  readonly #wasLive = (key: string, revision: number): boolean =>
    this.#heads.get(key)?.at(revision) !== undefined;
  readonly #deferred: DeferredPuts<V>;
  readonly #updates: DeferredUpdates<V>;
  readonly #revisionOf = (entry: number): number =>
    entry < 0 ? this.#updates.revisionOf(~entry) : this.#deferred.revisionOf(entry);
  readonly #headOf = (key: string): Version<V> | undefined => this.get(key);
  #revision = 1;
  #compactedRevision = 0;
  #heldRevision: number | undefined;
  /** Versions that the last revision wrote. */
  #writtenCount = 0;
  /** What was looked up last: a write looks up what its compare did. */
  #soughtKey: string | undefined;
  #sought: Version<V> | undefined;

  constructor(parts: {
    readonly stamp: Stamp<V>;
    readonly codec: Codec<V>;
    readonly leased: LeasedKeys;
    readonly meter: VersionMeter<V> | undefined;
  }) {
    this.#stamp = parts.stamp;
    this.#codec = parts.codec;
    this.#leased = parts.leased;
    this.#meter = parts.meter;
    this.#keys = new SortedKeys((key) => this.#heads.get(key)?.isDeletion === false);
    const { stamp } = parts;
    this.#deferred = new DeferredPuts(this.#heads, this.#keys, this.#log, stamp);
    this.#updates = new DeferredUpdates(this.#heads, this.#log, stamp);
  }

  get revision(): number {
    return this.#revision;
  }

  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  /** What the last revision wrote, if that is one version. */
  get loneVersion(): Version<V> | undefined {
    return this.#writtenCount === 1 ? this.#log.last : undefined;
  }

  /** Keys there are, with those whose deletion is not compacted yet. */
  get size(): number {
    return this.#keys.size + this.#deferred.length;
  }

  /**
   * @param latest The revision that counts as the latest.
   * @throws {CompactedError | FutureRevisionError}
   */
  range(request: RangeRequest, latest: number): RangeResult<V> {
    return this.#range(request, latest, this.#counts);
  }

  /** The first keys of a range at a revision that is not compacted, in key order. */
  items(start: string, end: string, revision: number, limit = Infinity): Version<V>[] {
    this.#deferred.makeIn(start, end);
    this.#updates.makeIn(start, end);
    const items: Version<V>[] = [];
    this.#keys.walk(start, end, (key) => {
      const found = this.#heads.get(key)?.at(revision);
      if (found !== undefined) items.push(found);
      return items.length < limit;
    });
    return items;
  }

  /**
   * Does it, or nothing at all.
   *
   * @throws {StoreError} When it cannot be done, by what a caller may ask.
   */
  transact(request: TransactionRequest<V>): TransactionResult<V> {
    const succeeded = this.#hold(request.compares);
    const operations = succeeded ? request.then : (request.otherwise ?? nothing);
    requireSound(operations, {
      leased: this.#leased,
      revision: this.#revision,
      compactedRevision: this.#compactedRevision,
    });
    return this.#write(operations, succeeded);
  }

  /** A key as it is now. */
  get(key: string): Version<V> | undefined {
    const head = this.#head(key);
    return head === undefined || head.isDeletion ? undefined : head;
  }

  /** Puts, or deletes with no value, what was last written at `modRevision`. */
  replace(key: string, modRevision: number, value: V | undefined): Version<V> | undefined {
    if ((this.get(key)?.modRevision ?? 0) !== modRevision) return undefined;
    const revision = this.#revision + 1;
    const written =
      value === undefined ? this.#delete(key, revision) : this.#put(key, value, noLease, revision);
    if (written === undefined) return undefined;
    this.#revision = revision;
    this.#writtenCount = 1;
    return written;
  }

  /**
   * Puts what `values` has at the next index, under its key, without making either; `false` when that
   * cannot be, since the key may be taken.
   */
  defer(values: DeferredValues<V>): boolean {
    if (!this.#deferred.add(values, this.#revision + 1)) return false;
    this.#revision++;
    this.#writtenCount = 0;
    this.#soughtKey = undefined;
    return true;
  }

  /** Makes what was deferred, since somebody reads it. */
  makeDeferred(): void {
    this.#deferred.make();
    this.#updates.make();
    this.#soughtKey = undefined;
  }

  /** @see `DirectStore` */
  pulse(prefix: string, source: PulseSource<V>): Pulse<V> | undefined {
    return this.#updates.pulse(prefix, source);
  }

  /** Whether it could be put. */
  beat(pulse: Pulse<V>, number: number): boolean {
    if (!this.#updates.add(pulse, number, this.#revision + 1, this.#headOf)) return false;
    this.#revision++;
    this.#writtenCount = 0;
    this.#soughtKey = undefined;
    return true;
  }

  /** Writes what was found sound when it was first written. */
  redo(then: readonly Operation<V>[]): TransactionResult<V> {
    return this.#write(then, true);
  }

  /** The versions written after `revision`, oldest first. */
  writtenAfter(revision: number): Iterable<Version<V>> {
    if (this.#deferred.lastRevision > revision) this.#deferred.make();
    if (this.#updates.lastRevision > revision) this.#updates.make();
    return this.#log.after(revision, this.#revisionOf);
  }

  /**
   * From now on what was superseded before `revision` cannot be read. It goes by and by.
   *
   * @throws {CompactedError | FutureRevisionError}
   */
  compact(revision: number, latest: number): void {
    if (revision > latest) throw new FutureRevisionError();
    if (revision <= this.#compactedRevision) throw new CompactedError(this.#compactedRevision);
    this.#compactedRevision = revision;
  }

  /**
   * Lets go of some of what cannot be read any more. What happened at the compacted revision itself
   * is still told to watches, with what was there before.
   */
  prune(steps: number): void {
    for (let step = 0; step < steps; step++) {
      const before = this.#heldRevision ?? this.#compactedRevision;
      const oldest = this.#log.takeBefore(before, this.#revisionOf);
      if (oldest === undefined) return;
      if (typeof oldest === "number") {
        // What is put for the first time has no older version to let go of.
        if (oldest < 0) this.#updates.take();
        continue;
      }
      if (this.#meter !== undefined && oldest.older !== undefined)
        this.#meter.dropped(oldest.older);
      oldest.forgetOlder();
      if (!oldest.isDeletion || this.#heads.get(oldest.key) !== oldest) continue;
      this.#heads.delete(oldest.key);
      this.#keys.remove(oldest.key);
      this.#soughtKey = undefined;
      this.#meter?.dropped(oldest);
    }
  }

  /** Lets go of nothing that was there when `revision` was compacted; of all, when it is absent. */
  hold(revision: number | undefined): void {
    this.#heldRevision = revision;
  }

  /** Takes in a key of a snapshot, before anything is written. */
  restore({ key, value, createRevision, modRevision, version, lease }: KeyValue<V>): void {
    const stamped = this.#stamp(value, modRevision);
    const restored = new Version(
      key,
      stamped,
      createRevision,
      modRevision,
      version,
      lease,
      undefined,
    );
    this.#heads.set(key, restored);
    this.#keys.add(key, 0);
    this.#leased.attach(lease, key);
    this.#meter?.added(restored);
  }

  /** Goes on from where a snapshot was taken. */
  restoreRevisions(revision: number, compactedRevision: number): void {
    this.#revision = revision;
    this.#compactedRevision = compactedRevision;
  }

  /** @param counts None while the revision is being written, since its counts still change. */
  #range(request: RangeRequest, latest: number, counts: RangeCounts | undefined): RangeResult<V> {
    const revision = request.revision || latest;
    if (revision > latest) throw new FutureRevisionError();
    if (revision < this.#compactedRevision) throw new CompactedError(this.#compactedRevision);
    const { key, rangeEnd } = request;
    if (rangeEnd === undefined) {
      this.#makeAt(key);
      const found = this.#heads.get(key)?.at(revision);
      const isWanted = found !== undefined && !request.countOnly && passes(found, request);
      return {
        items: isWanted ? [found] : [],
        count: found === undefined ? 0 : 1,
        more: false,
        revision: latest,
      };
    }
    this.#deferred.makeIn(key, rangeEnd);
    this.#updates.makeIn(key, rangeEnd);
    if (request.countOnly) {
      const count = this.#keys.count(key, rangeEnd, revision, this.#wasLive);
      return { items: [], count, more: false, revision: latest };
    }
    if (needsAll(request)) return this.#sortedRange(request, rangeEnd, revision, latest);
    const limit = request.limit || Infinity;
    const items = this.items(key, rangeEnd, revision, limit);
    if (items.length < limit) return { items, count: items.length, more: false, revision: latest };
    const count =
      counts?.get(revision, key, rangeEnd) ??
      this.#keys.count(key, rangeEnd, revision, this.#wasLive);
    const rest = count - items.length;
    counts?.set(revision, `${(items.at(-1) as KeyValue<V>).key}\0`, rangeEnd, rest);
    return { items, count, more: rest > 0, revision: latest };
  }

  #makeAt(key: string): void {
    this.#deferred.makeAt(key);
    this.#updates.makeAt(key);
  }

  #head(key: string): Version<V> | undefined {
    if (key === this.#soughtKey) return this.#sought;
    this.#makeAt(key);
    this.#soughtKey = key;
    this.#sought = this.#heads.get(key);
    return this.#sought;
  }

  #hold(compares: readonly Compare<V>[]): boolean {
    for (let index = 0; index < compares.length; index++) {
      const compare = compares[index] as Compare<V>;
      if (compare.target === undefined) {
        const head = this.#head(compare.key);
        const modRevision = head === undefined || head.isDeletion ? 0 : head.modRevision;
        if (modRevision !== compare.modRevision) return false;
      } else if (!compareHolds(compare, this.#itemsOf(compare), this.#codec)) {
        return false;
      }
    }
    return true;
  }

  #itemsOf({ key, rangeEnd }: KeyRange): readonly Version<V>[] {
    if (rangeEnd !== undefined) return this.items(key, rangeEnd, this.#revision);
    const found = this.get(key);
    return found === undefined ? [] : [found];
  }

  #write(operations: readonly Operation<V>[], succeeded: boolean): TransactionResult<V> {
    const revision = this.#revision + 1;
    const logged = this.#log.length;
    const written: (KeyValue<V> | undefined)[] = [];
    let ranges: readonly (RangeResult<V> | undefined)[] = nothing;
    for (let index = 0; index < operations.length; index++) {
      const operation = operations[index] as Operation<V>;
      if (operation.type === "put") {
        const { key, value, lease = noLease } = operation;
        written.push(this.#put(key, value, lease, revision));
      } else if (operation.type === "delete" && operation.rangeEnd === undefined) {
        written.push(this.#delete(operation.key, revision));
      } else {
        if (ranges === nothing) ranges = operations.map(() => undefined);
        const result =
          operation.type === "delete"
            ? this.#deleteRange(operation, revision)
            : this.#range(
                operation,
                this.#log.length > logged ? revision : this.#revision,
                undefined,
              );
        (ranges as (RangeResult<V> | undefined)[])[index] = result;
        written.push(undefined);
      }
    }
    if (this.#log.length > logged) {
      this.#revision = revision;
      this.#writtenCount = this.#log.length - logged;
    }
    return { succeeded, revision: this.#revision, written, ranges };
  }

  #put(key: string, value: V, lease: LeaseId, revision: number): Version<V> {
    const head = this.#head(key);
    const stamped = this.#stamp(value, revision);
    const isNew = head === undefined || head.isDeletion;
    const current = new Version(
      key,
      stamped,
      isNew ? revision : head.createRevision,
      revision,
      isNew ? 1 : head.version + 1,
      lease,
      head,
    );
    if (head === undefined) {
      this.#keys.add(key, revision);
      this.#deferred.noticed(key);
    } else {
      this.#updates.noticed(key);
      if (isNew) this.#keys.setLive(key, true, revision);
      else if (head.lease !== noLease) this.#leased.detach(head.lease, key);
    }
    this.#become(current);
    if (lease !== noLease) this.#leased.attach(lease, key);
    return current;
  }

  #delete(key: string, revision: number): Version<V> | undefined {
    const head = this.#head(key);
    if (head === undefined || head.isDeletion) return undefined;
    const gone = undefined as V;
    this.#updates.noticed(key);
    this.#become(new Version(key, gone, 0, revision, 0, noLease, head));
    this.#keys.setLive(key, false, revision);
    if (head.lease !== noLease) this.#leased.detach(head.lease, key);
    return head;
  }

  #become(version: Version<V>): void {
    this.#heads.set(version.key, version);
    this.#log.append(version);
    this.#meter?.added(version);
    this.#soughtKey = version.key;
    this.#sought = version;
  }

  #deleteRange({ key, rangeEnd }: DeleteOperation, revision: number): RangeResult<V> {
    const items = this.items(key, rangeEnd as string, revision);
    for (const item of items) this.#delete(item.key, revision);
    return { items, count: items.length, more: false, revision };
  }

  #sortedRange(request: RangeRequest, end: string, revision: number, latest: number) {
    const all = this.items(request.key, end, revision);
    const passed = all.filter((item) => passes(item, request));
    const items = request.sort === undefined ? passed : sorted(passed, request.sort, this.#codec);
    const limit = request.limit || Infinity;
    const more = items.length > limit;
    return { items: items.slice(0, limit), count: all.length, more, revision: latest };
  }
}

const nothing: readonly never[] = [];
