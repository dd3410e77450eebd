// oxlint-disable max-lines -- The whole interface of a store; what it is made of has files of its own.
import { invariant } from "../../kernel/invariant.ts";
import type { DeferredValues } from "./deferred-puts.ts";
import { Keyspace } from "./keyspace.ts";
import { Leases } from "./leases.ts";
import { codecMissing, stoppedClock } from "./missing-parts.ts";
import { putsSomething, Quota } from "./quota.ts";
import { NoSpaceError, refuse, StoreClosedError } from "./store-errors.ts";
import { journaled, type JournalRecord, type StoreJournal } from "./store-journal.ts";
import {
  type Alarm,
  type Change,
  type Codec,
  type DirectStore,
  type Done,
  type KeyValue,
  type LeaseId,
  type LeaseRequest,
  type LeaseStatus,
  type Operation,
  type Pulse,
  type RangeRequest,
  type RangeResult,
  type Stamp,
  type Store,
  type StoreClock,
  type TransactionRequest,
  type TransactionResult,
  type Watch,
  type WatchRequest,
  prefixEnd,
} from "./store.ts";
import { changeOf } from "./version.ts";
import { isWatched, Watcher, Watchers } from "./watchers.ts";

export interface MemoryStoreOptions<V> {
  /** Values as bytes; needed to compare and to sort by value, and for a quota. */
  readonly codec?: Codec<V>;
  /** Default: a clock that stands still, so that leases do not end by themselves. */
  readonly clock?: StoreClock;
  /** What all versions may take, as etcd reckons; default: no limit. */
  readonly quotaBytes?: number;
}

/**
 * The default backend: everything in memory. It answers at once, unless a journal makes it durable:
 * then what was written is told when it is.
 */
export class MemoryStore<V> implements Store<V> {
  readonly #keyspace: Keyspace<V>;
  readonly #watchers = new Watchers<V>();
  readonly #leases: Leases;
  readonly #alarms = new Set<Alarm>();
  readonly #quota: Quota<V> | undefined;
  readonly #direct: DirectStore<V> = {
    get: (key) => this.#keyspace.get(key),
    replace: (key, modRevision, value) => this.#replace(key, modRevision, value),
    defer: (values) => this.#defer(values),
    makeDeferred: () => this.#keyspace.makeDeferred(),
    pulse: (prefix, source) => this.#keyspace.pulse(prefix, source),
    beat: (pulse, number) => this.#beat(pulse, number),
  };
  #journal: StoreJournal<V> | undefined;
  /** Watchers were told up to here. */
  #revision = 1;
  #isNotifying = false;
  #isClosed = false;

  /**
   * @param stamp Writes a value's revision into it. Values are kept and handed out as they are, so
   *   they must never be changed.
   */
  constructor(stamp: Stamp<V>, options: MemoryStoreOptions<V> = {}) {
    const { codec = codecMissing, clock = stoppedClock, quotaBytes } = options;
    this.#leases = new Leases(clock, (id) => this.revokeLease(id, () => {}));
    this.#quota = quotaBytes === undefined ? undefined : new Quota(quotaBytes, codec);
    this.#keyspace = new Keyspace({ stamp, codec, leased: this.#leases, meter: this.#quota });
  }

  get revision(): number {
    return this.#revision;
  }

  /** Absent where a write may have to wait, or to be refused. */
  get direct(): DirectStore<V> | undefined {
    return this.#journal === undefined && this.#quota === undefined ? this.#direct : undefined;
  }

  range(request: RangeRequest, done: Done<RangeResult<V>>): void {
    if (this.#isClosed) return refuse(done, new StoreClosedError());
    let result: RangeResult<V>;
    try {
      result = this.#keyspace.range(request, this.#revision);
    } catch (refusal) {
      return refuse(done, refusal);
    }
    done(undefined, result);
  }

  transact(request: TransactionRequest<V>, done: Done<TransactionResult<V>>): void {
    if (this.#isClosed) return refuse(done, new StoreClosedError());
    invariant(!this.#isNotifying, "a watch handler does not write");
    const keyspace = this.#keyspace;
    const before = keyspace.revision;
    let result: TransactionResult<V>;
    try {
      if (this.#quota !== undefined) this.#requireSpace(this.#quota, request);
      result = keyspace.transact(request);
    } catch (refusal) {
      return this.#answer(done, refusal);
    }
    keyspace.prune(pruneStepsPerWrite);
    if (keyspace.revision !== before) return this.#commit(result, done);
    this.#answer(done, undefined, result);
  }

  watch(request: WatchRequest<V>): Watch {
    const { afterRevision, onCompacted, onProgress } = request;
    const watcher = new Watcher(request, Math.max(afterRevision, this.#revision));
    const { compactedRevision } = this.#keyspace;
    if (this.#isClosed) {
      request.onError?.(new StoreClosedError());
    } else if (afterRevision + 1 < compactedRevision) {
      onCompacted(compactedRevision);
    } else {
      this.#replay(watcher);
      this.#watchers.add(watcher);
    }
    return {
      cancel: () => this.#watchers.remove(watcher),
      requestProgress: () => {
        if (!watcher.isCancelled) onProgress?.(this.#revision);
      },
    };
  }

  compact(revision: number, done: Done<void>): void {
    this.#attempt(done, () => {
      this.#keyspace.compact(revision, this.#revision);
      this.#keyspace.prune(pruneStepsPerCompaction);
      this.#journal?.append({ type: "compact", revision });
    });
  }

  grantLease(request: LeaseRequest, done: Done<LeaseStatus>): void {
    this.#attempt(done, () => {
      this.#requireNoAlarm();
      if (this.#quota?.hasRoomForLease() === false) this.#runOutOfSpace();
      const { ttlSeconds } = request;
      const id = this.#leases.admit(request);
      this.#leases.grant(id, ttlSeconds);
      this.#journal?.append({ type: "grantLease", id, ttlSeconds });
      return { ...this.#leases.status(id), keys: [] };
    });
  }

  keepLeaseAlive(id: LeaseId, done: Done<LeaseStatus>): void {
    this.#attempt(done, () => {
      this.#leases.keepAlive(id);
      return { ...this.#leases.status(id), keys: [] };
    });
  }

  revokeLease(id: LeaseId, done: Done<number>): void {
    if (this.#isClosed) return refuse(done, new StoreClosedError());
    invariant(!this.#isNotifying, "a watch handler does not write");
    let keys: readonly string[];
    try {
      keys = this.#leases.keysOf(id);
    } catch (refusal) {
      return this.#answer(done, refusal);
    }
    const then = keys.map((key) => ({ type: "delete" as const, key }));
    const result = this.#keyspace.transact({ compares: [], then });
    this.#leases.forget(id);
    this.#journal?.append({ type: "revokeLease", id });
    const answer: Done<TransactionResult<V>> = (error) => done(error, result.revision);
    if (keys.length > 0) this.#commit(result, answer);
    else this.#answer(answer, undefined, result);
  }

  leaseStatus(id: LeaseId, done: Done<LeaseStatus>): void {
    this.#attempt(done, () => ({ ...this.#leases.status(id), keys: this.#leases.keysOf(id) }));
  }

  leases(done: Done<readonly LeaseId[]>): void {
    this.#attempt(done, () => this.#leases.ids);
  }

  alarms(done: Done<readonly Alarm[]>): void {
    this.#attempt(done, () => [...this.#alarms]);
  }

  disarm(alarm: Alarm, done: Done<void>): void {
    this.#attempt(done, () => {
      if (this.#alarms.delete(alarm)) this.#journal?.append({ type: "disarm", alarm });
    });
  }

  close(done: Done<void>): void {
    this.#isClosed = true;
    if (this.#journal === undefined) return done(undefined);
    this.#journal.close(done);
  }

  /** Makes what is done from now on durable before it is told. */
  journalTo(journal: StoreJournal<V>): void {
    this.#journal = journal;
  }

  /** History before it cannot be read. */
  get compactedRevision(): number {
    return this.#keyspace.compactedRevision;
  }

  /** Takes in a key of a snapshot. */
  restoreItem(item: KeyValue<V>): void {
    this.#keyspace.restore(item);
  }

  /** Goes on from where a snapshot was taken. */
  restoreRevisions(revision: number, compactedRevision: number): void {
    this.#keyspace.restoreRevisions(revision, compactedRevision);
    this.#revision = revision;
  }

  /**
   * Does what a journal says was done. What a snapshot has in it already is left as it is.
   *
   * @returns Whether that can follow what was done before.
   */
  redo(record: JournalRecord<V>): boolean {
    switch (record.type) {
      case "write": {
        if (record.revision <= this.#revision) return true;
        const then = record.writes.map(({ key, value, lease }): Operation<V> =>
          value === undefined ? { type: "delete", key } : { type: "put", key, value, lease },
        );
        this.#revision = this.#keyspace.redo(then).revision;
        return this.#revision === record.revision;
      }
      case "compact":
        if (record.revision > this.#revision) return false;
        if (record.revision > this.compactedRevision)
          this.#keyspace.compact(record.revision, this.#revision);
        this.#keyspace.prune(Infinity);
        return true;
      case "grantLease":
        if (!this.#leases.has(record.id)) this.#leases.grant(record.id, record.ttlSeconds);
        return true;
      case "revokeLease":
        this.#leases.forget(record.id);
        return true;
      case "raiseAlarm":
        this.#alarms.add(record.alarm);
        return true;
      case "disarm":
        this.#alarms.delete(record.alarm);
        return true;
    }
  }

  /** Lets all leases last their whole time again, as a new leader of etcd does. */
  renewLeases(): void {
    for (const id of this.#leases.ids) this.#leases.keepAlive(id);
  }

  /** What a snapshot has besides keys. */
  *standing(): Generator<JournalRecord<V>, void, undefined> {
    for (const id of this.#leases.ids) {
      const { grantedTtlSeconds: ttlSeconds } = this.#leases.status(id);
      yield { type: "grantLease", id, ttlSeconds };
    }
    for (const alarm of this.#alarms) yield { type: "raiseAlarm", alarm };
  }

  /** Keys from `start` on as of a revision that is held. */
  itemsAt(revision: number, start: string, limit: number): readonly KeyValue<V>[] {
    return this.#keyspace.items(start, prefixEnd(""), revision, limit);
  }

  /** Keeps what can be read now, and the revision before it, until it is let go of. */
  holdHistory(): () => void {
    this.#keyspace.hold(this.compactedRevision);
    return () => this.#keyspace.hold(undefined);
  }

  #replace(key: string, modRevision: number, value: V | undefined): KeyValue<V> | undefined {
    invariant(!this.#isNotifying, "a watch handler does not write");
    const keyspace = this.#keyspace;
    const before = keyspace.revision;
    const written = keyspace.replace(key, modRevision, value);
    keyspace.prune(pruneStepsPerWrite);
    const { revision, loneVersion } = keyspace;
    if (revision !== before && loneVersion !== undefined)
      this.#publishOne(revision, changeOf(loneVersion));
    return written;
  }

  #defer(values: DeferredValues<V>): boolean {
    invariant(!this.#isNotifying, "a watch handler does not write");
    if (!this.#watchers.mayDefer(values.prefix) || !this.#keyspace.defer(values)) return false;
    this.#deferred(values.prefix);
    return true;
  }

  #beat(pulse: Pulse<V>, number: number): number | undefined {
    invariant(!this.#isNotifying, "a watch handler does not write");
    const { prefix } = pulse;
    if (!this.#watchers.mayDefer(prefix) || !this.#keyspace.beat(pulse, number)) return undefined;
    this.#deferred(prefix);
    return this.#revision;
  }

  #deferred(prefix: string): void {
    this.#keyspace.prune(pruneStepsPerWrite);
    const { revision } = this.#keyspace;
    this.#revision = revision;
    this.#watchers.deferred(prefix, revision);
  }

  /** Tells of a write, its watchers first, once it is durable. */
  #commit(result: TransactionResult<V>, done: Done<TransactionResult<V>>): void {
    const { revision } = result;
    const journal = this.#journal;
    if (journal === undefined) {
      const lone = this.#keyspace.loneVersion;
      if (lone === undefined) this.#publish(revision, this.#changesAfter(revision - 1));
      else this.#publishOne(revision, changeOf(lone));
      return done(undefined, result);
    }
    const versions = [...this.#keyspace.writtenAfter(revision - 1)];
    journal.append({ type: "write", revision, writes: versions.map(journaled) });
    journal.afterDurable((error) => {
      if (error !== undefined) return refuse(done, error);
      this.#publish(revision, versions.map(changeOf));
      done(undefined, result);
    });
  }

  /** Answers after all that was done before is durable, since the answer may tell of it. */
  #answer<R>(done: Done<R>, refusal: unknown, result?: R): void {
    if (this.#journal === undefined) return done(refusal as Error | undefined, result as R);
    this.#journal.afterDurable((error) => done(error ?? (refusal as Error), result as R));
  }

  #attempt<R>(done: Done<R>, act: () => R): void {
    if (this.#isClosed) return refuse(done, new StoreClosedError());
    let result: R;
    try {
      result = act();
    } catch (refusal) {
      return this.#answer(done, refusal);
    }
    this.#answer(done, undefined, result);
  }

  #publishOne(revision: number, change: Change<V>): void {
    this.#revision = revision;
    this.#isNotifying = true;
    this.#watchers.publishOne(change);
    this.#isNotifying = false;
  }

  #publish(revision: number, changes: readonly Change<V>[]): void {
    this.#revision = revision;
    this.#isNotifying = true;
    this.#watchers.publish(changes);
    this.#isNotifying = false;
  }

  #changesAfter(revision: number): readonly Change<V>[] {
    return [...this.#keyspace.writtenAfter(revision)].map(changeOf);
  }

  /** Tells a new watch what it missed. */
  #replay(watcher: Watcher<V>): void {
    const { request } = watcher;
    if (request.afterRevision >= this.#revision) return;
    const wasNotifying = this.#isNotifying;
    this.#isNotifying = true;
    let missed: Change<V>[] = [];
    for (const version of this.#keyspace.writtenAfter(request.afterRevision)) {
      if (version.modRevision > this.#revision) break;
      if (!isWatched(request, version.key)) continue;
      if (missed.length > 0 && missed[0]?.revision !== version.modRevision) {
        watcher.tell(missed);
        missed = [];
      }
      missed.push(changeOf(version));
    }
    if (missed.length > 0) watcher.tell(missed);
    this.#isNotifying = wasNotifying;
  }

  #requireSpace(quota: Quota<V>, request: TransactionRequest<V>): void {
    if (putsSomething(request)) this.#requireNoAlarm();
    if (!quota.hasRoomFor(request)) this.#runOutOfSpace();
  }

  #requireNoAlarm(): void {
    if (this.#alarms.has("NOSPACE")) throw new NoSpaceError();
  }

  #runOutOfSpace(): never {
    this.#alarms.add("NOSPACE");
    this.#journal?.append({ type: "raiseAlarm", alarm: "NOSPACE" });
    throw new NoSpaceError();
  }
}

/** A write lets go of more history than it adds, so what is compacted goes in the end. */
const pruneStepsPerWrite = 4;
const pruneStepsPerCompaction = 4_096;
