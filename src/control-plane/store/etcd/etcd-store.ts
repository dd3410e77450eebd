import type {
  Alarm,
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
} from "../store.ts";
import {
  CompactedError,
  LeaseNotFoundError,
  StoreClosedError,
  type StoreError,
  UnknownOutcomeError,
} from "../store-errors.ts";
import {
  type CallKind,
  type CallResult,
  type EtcdConnection,
  RepeatedError,
} from "./etcd-connection.ts";
import { EtcdWatch, type WatchHost } from "./etcd-watch.ts";
import { compactedRevision, firstEventAfter, readRevision } from "./history.ts";
import { type Guard, looksLike, repeatabilityOf } from "./lost-answer.ts";
import { errorOf, isCompacted, WireError } from "./wire-errors.ts";
import { keyText } from "./wire-keys.ts";
import type {
  WireAlarms,
  WireHeader,
  WireLease,
  WireLeaseResponse,
  WireLeases,
  WireLeaseStatus,
  WireRangeResponse,
  WireTransactionResponse,
} from "./wire-messages.ts";
import { rangeToWire, sortedRange } from "./wire-range.ts";
import { transactionFromWire, transactionToWire } from "./wire-transaction.ts";
import type { WireValues } from "./wire-values.ts";

/**
 * The backend that keeps everything in a real etcd, 3.4 or later.
 *
 * @see lost-answer.ts What happens to a write whose answer gets lost.
 */
export class EtcdStore<V> implements Store<V> {
  readonly #connection: EtcdConnection;
  readonly #values: WireValues<V>;
  readonly #submit: (handle: () => void) => void;
  readonly #host: WatchHost<V>;
  readonly #watches = new Set<EtcdWatch<V>>();
  readonly #pending = new Set<Promise<void>>();
  #revision: number;
  #isClosed = false;

  /** Use `openEtcdStore`. */
  constructor(parts: {
    readonly connection: EtcdConnection;
    readonly values: WireValues<V>;
    readonly submit: (handle: () => void) => void;
    readonly revision: number;
    readonly isProgressReliable: boolean;
  }) {
    this.#connection = parts.connection;
    this.#values = parts.values;
    this.#submit = parts.submit;
    this.#revision = parts.revision;
    this.#host = {
      connection: parts.connection,
      values: parts.values,
      isProgressReliable: parts.isProgressReliable,
      submit: parts.submit,
      readRevision: async () => readRevision(parts.connection),
      told: (revision) => this.#sawRevision(revision),
      ended: (watch) => void this.#watches.delete(watch),
    };
  }

  get revision(): number {
    return this.#revision;
  }

  range(request: RangeRequest, done: Done<RangeResult<V>>): void {
    this.#answer(done, async () => {
      const { response } = await this.#call<WireRangeResponse>(
        "KV",
        "Range",
        rangeToWire(request),
        "read",
      );
      const result = this.#values.range(sortedRange(response, request), request.keysOnly);
      return { result, revision: result.revision };
    });
  }

  /**
   * An `UnknownOutcomeError` says that the write may have been done: its answer got lost, and no
   * read proves which way it went.
   */
  transact(request: TransactionRequest<V>, done: Done<TransactionResult<V>>): void {
    this.#answer(done, async () => {
      const result = await this.#transact(request);
      return { result, revision: result.revision };
    });
  }

  watch(request: WatchRequest<V>): Watch {
    if (this.#isClosed) {
      request.onError?.(new StoreClosedError());
      return { cancel: () => {}, requestProgress: () => {} };
    }
    const watch = new EtcdWatch(this.#host, request);
    this.#watches.add(watch);
    void watch.run();
    return watch;
  }

  compact(revision: number, done: Done<void>): void {
    this.#answer(done, async () => {
      try {
        await this.#call("KV", "Compact", { revision, physical: false }, "repeatable");
      } catch (error) {
        // It is compacted, if not by this request, then by the one before whose answer got lost.
        if (!(error instanceof RepeatedError && isCompacted(error.status))) throw error;
      }
      return { result: undefined };
    });
  }

  grantLease(request: LeaseRequest, done: Done<LeaseStatus>): void {
    this.#answer(done, async () => {
      const { id: wanted = 0n, ttlSeconds } = request;
      // Done twice without an id, the first one ends by itself.
      const { response } = await this.#call<WireLeaseResponse>(
        "Lease",
        "LeaseGrant",
        {
          id: String(wanted),
          ttl: ttlSeconds,
        },
        "repeatable",
      );
      const grantedTtlSeconds = Number(response.ttl);
      const id = BigInt(response.id);
      return { result: { id, grantedTtlSeconds, ttlSeconds: grantedTtlSeconds, keys: [] } };
    });
  }

  keepLeaseAlive(id: LeaseId, done: Done<LeaseStatus>): void {
    this.#answer(done, async () => {
      const { ttl } = await this.#connection.ask<WireLease, WireLeaseResponse>(
        "Lease",
        "LeaseKeepAlive",
        { id: String(id) },
      );
      const ttlSeconds = Number(ttl);
      if (ttlSeconds <= 0) throw new LeaseNotFoundError();
      return { result: { id, grantedTtlSeconds: ttlSeconds, ttlSeconds, keys: [] } };
    });
  }

  revokeLease(id: LeaseId, done: Done<number>): void {
    this.#answer(done, async () => {
      const { response } = await this.#call<{ readonly header: WireHeader }>(
        "Lease",
        "LeaseRevoke",
        { id: String(id) },
        "repeatable",
      );
      const revision = Number(response.header.revision);
      return { result: revision, revision };
    });
  }

  leaseStatus(id: LeaseId, done: Done<LeaseStatus>): void {
    this.#answer(done, async () => {
      const { response } = await this.#call<WireLeaseStatus>(
        "Lease",
        "LeaseTimeToLive",
        {
          id: String(id),
          keys: true,
        },
        "read",
      );
      const ttlSeconds = Number(response.ttl);
      if (ttlSeconds < 0) throw new LeaseNotFoundError();
      const keys = response.keys.map(keyText).toSorted((left, right) => (left < right ? -1 : 1));
      return { result: { id, grantedTtlSeconds: Number(response.grantedTtl), ttlSeconds, keys } };
    });
  }

  leases(done: Done<readonly LeaseId[]>): void {
    this.#answer(done, async () => {
      const { response } = await this.#call<WireLeases>("Lease", "LeaseLeases", {}, "read");
      return { result: response.leases.map(({ id }) => BigInt(id)) };
    });
  }

  alarms(done: Done<readonly Alarm[]>): void {
    this.#answer(done, async () => {
      const { alarms } = await this.#alarms();
      const kinds = alarms.map(({ alarm }) => alarm).filter((alarm) => alarm !== "NONE");
      return { result: [...new Set(kinds)] };
    });
  }

  disarm(alarm: Alarm, done: Done<void>): void {
    this.#answer(done, async () => {
      const { alarms } = await this.#alarms();
      for (const { memberId } of alarms.filter((each) => each.alarm === alarm)) {
        await this.#call(
          "Maintenance",
          "Alarm",
          { action: "DEACTIVATE", memberId, alarm },
          "repeatable",
        );
      }
      return { result: undefined };
    });
  }

  close(done: Done<void>): void {
    this.#isClosed = true;
    for (const watch of this.#watches) watch.cancel();
    void this.#close(done);
  }

  async #close(done: Done<void>): Promise<void> {
    this.#connection.closeUnlessConnected();
    await Promise.all(this.#pending);
    this.#connection.close();
    this.#submit(() => done(undefined));
  }

  async #transact(request: TransactionRequest<V>): Promise<TransactionResult<V>> {
    const wire = transactionToWire(request, this.#values);
    const repeatability = repeatabilityOf(request);
    const { response, wasRepeated } = await this.#call<WireTransactionResponse>(
      "KV",
      "Txn",
      wire,
      kinds[repeatability.type],
    );
    if (wasRepeated && !response.succeeded && repeatability.type === "guarded") {
      await this.#requireNotDone(repeatability.guard);
    }
    return transactionFromWire(response, request, this.#values);
  }

  /**
   * It was sent before, and now what it compares does not hold. Either somebody else was faster, or
   * the one before was done.
   *
   * @throws {UnknownOutcomeError} Unless the history of the key says that it was somebody else.
   */
  async #requireNotDone(guard: Guard<V>): Promise<void> {
    const { key, modRevision } = guard;
    const event = await firstEventAfter(this.#connection, key, modRevision);
    if (event !== undefined && !looksLike(event, guard, this.#values)) return;
    throw new UnknownOutcomeError(`its answer got lost, and what ${key} is now may be its doing`);
  }

  async #alarms(): Promise<WireAlarms> {
    const request = { action: "GET", memberId: 0, alarm: "NONE" };
    return (await this.#call<WireAlarms>("Maintenance", "Alarm", request, "read")).response;
  }

  async #call<R>(
    service: "KV" | "Lease" | "Maintenance",
    method: string,
    request: object,
    kind: CallKind,
  ): Promise<CallResult<R>> {
    return this.#connection.call<R>(service, method, request, kind);
  }

  #answer<R>(
    done: Done<R>,
    work: () => Promise<{ readonly result: R; readonly revision?: number }>,
  ): void {
    if (this.#isClosed) return done(new StoreClosedError(), undefined as R);
    const answered = this.#settle(done, work);
    this.#pending.add(answered);
    void answered.finally(() => this.#pending.delete(answered));
  }

  async #settle<R>(
    done: Done<R>,
    work: () => Promise<{ readonly result: R; readonly revision?: number }>,
  ): Promise<void> {
    let answer: () => void;
    try {
      const { result, revision = 0 } = await work();
      answer = () => {
        this.#sawRevision(revision);
        done(undefined, result);
      };
    } catch (error) {
      const refusal = await this.#refusalOf(error);
      answer = () => done(refusal, undefined as R);
    }
    this.#submit(answer);
  }

  async #refusalOf(error: unknown): Promise<StoreError> {
    if (!(error instanceof WireError)) return error as StoreError;
    if (!isCompacted(error)) return errorOf(error);
    try {
      return new CompactedError(await compactedRevision(this.#connection));
    } catch (failure) {
      return failure as StoreError;
    }
  }

  #sawRevision(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
  }
}

const kinds = { reads: "read", guarded: "repeatable", other: "once" } as const;
