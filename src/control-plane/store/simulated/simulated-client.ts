import type { Link } from "../../../kernel/link.ts";
import type { ActorRef, TimerHandle, Timeline } from "../../../kernel/timeline.ts";
import {
  ConnectionRefusedError,
  NoLeaderError,
  StoreClosedError,
  StoreUnavailableError,
  UnknownOutcomeError,
} from "../store-errors.ts";
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
import { ClientCall } from "./client-call.ts";
import { ClientWatch } from "./client-watch.ts";
import type { EtcdConnection, SimulatedEtcd } from "./simulated-etcd.ts";

/** How long a request may take, µs. @see kubernetes `endpoints/handlers/finisher/finisher.go`: 34 s */
export const requestTimeoutUsDefault = 34_000_000;
/** How often a read is asked again while there is no leader, and how long it waits before that, µs. */
const readAttemptsMax = 10;
const readRetryUs = 250_000;
/**
 * How long until the other end of a silent connection is asked whether it is there, and how long it has to
 * answer; what is sent has as long to arrive, µs.
 *
 * @see kubernetes `storagebackend/factory/etcd3.go`: `keepaliveTime`, `keepaliveTimeout`
 */
const keepAliveUs = 30_000_000;
const keepAliveTimeoutUs = 10_000_000;
/** @see grpc `doc/connection-backoff.md`: the first delay */
const reconnectUs = 1_000_000;

/** The ways between a client and its etcd. */
export interface EtcdLinks {
  readonly requests: Link;
  readonly answers: Link;
  /** What watches say: it may take longer than an answer. */
  readonly changes: Link;
}

/**
 * A store that is a simulated etcd's: requests and answers take time, and get lost. A lost message breaks
 * the connection, as those of TCP do; the client finds out in its time, and connects again.
 *
 * - Reads are asked again, over a new connection, or when there was no leader.
 * - A write whose answer is missing ends in an `UnknownOutcomeError`.
 * - Watches end in an error: they go on when they are begun again after the last revision they told of.
 */
export class SimulatedEtcdClient<V> implements Store<V> {
  readonly #etcd: SimulatedEtcd<V>;
  readonly #timeline: Timeline;
  readonly #actor: ActorRef;
  readonly #links: EtcdLinks;
  readonly #timeoutUs: number;
  readonly #calls = new Set<Pick<ClientCall<unknown>, "isWrite" | "send" | "fail" | "cancel">>();
  readonly #watches = new Set<ClientWatch<V>>();
  /** Absent while it connects. */
  #connection: EtcdConnection | undefined;
  #revision = 1;
  #reconnection: TimerHandle | undefined;
  #isKeptAlive = false;
  #isClosed = false;

  constructor(options: {
    readonly etcd: SimulatedEtcd<V>;
    readonly timeline: Timeline;
    /** Whose client it is: what befalls that actor befalls its timers. */
    readonly actor: ActorRef;
    readonly links: EtcdLinks;
    /** Default 34 s. */
    readonly requestTimeoutUs?: number | undefined;
  }) {
    const { etcd, timeline, actor, links, requestTimeoutUs = requestTimeoutUsDefault } = options;
    this.#etcd = etcd;
    this.#timeline = timeline;
    this.#actor = actor;
    this.#links = links;
    this.#timeoutUs = requestTimeoutUs;
    this.#connection = etcd.accept(() => this.#reset());
  }

  get revision(): number {
    return this.#revision;
  }

  range(request: RangeRequest, done: Done<RangeResult<V>>): void {
    this.#read<RangeResult<V>>((store, reply) => store.range(request, reply), this.#noting(done));
  }

  transact(request: TransactionRequest<V>, done: Done<TransactionResult<V>>): void {
    this.#write<TransactionResult<V>>(
      (store, reply) => store.transact(request, reply),
      this.#noting(done),
    );
  }

  watch(request: WatchRequest<V>): Watch {
    const connection = this.#connection;
    if (this.#isClosed || connection === undefined) {
      const error = this.#isClosed ? new StoreClosedError() : new ConnectionRefusedError();
      this.#timeline.setTimer(this.#actor, 0, () => request.onError?.(error));
      return { cancel: () => {}, requestProgress: () => {} };
    }
    const watch = new ClientWatch(this.#noticing(request), (ended) => this.#watches.delete(ended));
    this.#watches.add(watch);
    this.#keepAlive();
    const { requests, changes } = this.#links;
    const send = (handle: () => void): void => {
      const isSent = changes.send(once(handle), "changes", true);
      if (!isSent) this.#etcd.drop(connection);
    };
    const begin = (): void => {
      if (connection.isBroken || watch.isOver) return;
      const isConnected = (): boolean => connection === this.#connection;
      const heard = watch.heard(isConnected, (revision) => this.#heardOf(revision));
      watch.begun = this.#etcd.watch(heard, { connection, send });
    };
    this.#send(connection, begin);
    return {
      cancel: () => {
        watch.end();
        requests.send(() => watch.begun?.cancel(), "watches");
      },
      requestProgress: () => {
        if (!watch.isOver) this.#send(connection, () => watch.begun?.requestProgress());
      },
    };
  }

  compact(revision: number, done: Done<void>): void {
    this.#write((store, reply) => store.compact(revision, reply), done);
  }

  grantLease(request: LeaseRequest, done: Done<LeaseStatus>): void {
    this.#write((store, reply) => store.grantLease(request, reply), done);
  }

  keepLeaseAlive(id: LeaseId, done: Done<LeaseStatus>): void {
    this.#write((store, reply) => store.keepLeaseAlive(id, reply), done);
  }

  revokeLease(id: LeaseId, done: Done<number>): void {
    this.#write<number>(
      (store, reply) => store.revokeLease(id, reply),
      (error, revision) => {
        if (error === undefined) this.#heardOf(revision);
        done(error, revision);
      },
    );
  }

  leaseStatus(id: LeaseId, done: Done<LeaseStatus>): void {
    this.#read((store, reply) => store.leaseStatus(id, reply), done);
  }

  leases(done: Done<readonly LeaseId[]>): void {
    this.#read((store, reply) => store.leases(reply), done);
  }

  alarms(done: Done<readonly Alarm[]>): void {
    this.#read((store, reply) => store.alarms(reply), done);
  }

  disarm(alarm: Alarm, done: Done<void>): void {
    this.#write((store, reply) => store.disarm(alarm, reply), done);
  }

  /** Nobody gets an answer any more. */
  close(done: Done<void>): void {
    this.#isClosed = true;
    for (const call of this.#calls) call.cancel();
    this.#calls.clear();
    this.#watches.clear();
    if (this.#connection !== undefined) this.#etcd.drop(this.#connection);
    done(undefined);
  }

  #read<R>(act: (store: Store<V>, reply: Done<R>) => void, done: Done<R>): void {
    this.#ask(false, act, done);
  }

  #write<R>(act: (store: Store<V>, reply: Done<R>) => void, done: Done<R>): void {
    this.#ask(true, act, done);
  }

  #ask<R>(isWrite: boolean, act: (store: Store<V>, reply: Done<R>) => void, done: Done<R>): void {
    if (this.#isClosed) return done(new StoreClosedError(), undefined as R);
    const finish: Done<R> = (error, result) => {
      this.#calls.delete(call);
      timer.cancel();
      done(error, result);
    };
    const timer = this.#timeline.setTimer(this.#actor, this.#timeoutUs, () => {
      const why = "context deadline exceeded";
      call.fail(isWrite ? new UnknownOutcomeError(why) : new StoreUnavailableError(why));
    });
    const call: ClientCall<R> = new ClientCall(isWrite, finish, (reply) => {
      const connection = this.#connection;
      if (connection === undefined) return;
      const serve = once(() => {
        if (!connection.isBroken) this.#etcd.serve(isWrite, act, over(connection, reply));
      });
      this.#send(connection, serve, isWrite ? "writes" : "reads");
    });
    const over =
      (connection: EtcdConnection, reply: Done<R>): Done<R> =>
      (error, result) => {
        if (connection.isBroken) return;
        const take = (): void => {
          if (connection !== this.#connection) return;
          const isAskedAgain = error instanceof NoLeaderError && !isWrite;
          if (!isAskedAgain || call.attempts >= readAttemptsMax) return reply(error, result);
          this.#timeline.setTimer(this.#actor, readRetryUs, () => call.send());
        };
        if (!this.#links.answers.send(once(take), "answers")) this.#etcd.drop(connection);
      };
    this.#calls.add(call);
    this.#keepAlive();
    if (isWrite && this.#connection === undefined) call.fail(new ConnectionRefusedError());
    else call.send();
  }

  /** What is lost on its way breaks the connection; the client finds out after a while. */
  #send(connection: EtcdConnection, handle: () => void, stream = "watches"): void {
    if (this.#links.requests.send(once(handle), stream)) return;
    connection.isBroken = true;
    const why = "the connection is lost";
    this.#timeline.setTimer(this.#actor, keepAliveTimeoutUs, () => this.#lose(connection, why));
  }

  /** The other machine closes the connection: it went down. */
  #reset(): void {
    const connection = this.#connection;
    const hear = (): void => {
      if (connection !== undefined) this.#lose(connection, "connection reset by peer");
    };
    this.#links.answers.send(hear, "answers");
  }

  #lose(connection: EtcdConnection, why: string): void {
    if (connection !== this.#connection || this.#isClosed) return;
    this.#etcd.drop(connection);
    this.#connection = undefined;
    for (const call of this.#calls) if (call.isWrite) call.fail(new UnknownOutcomeError(why));
    for (const watch of this.#watches) watch.fail(new StoreUnavailableError(why));
    this.#connect();
  }

  #connect(): void {
    if (this.#connection !== undefined || this.#isClosed) return;
    const { requests, answers } = this.#links;
    const accept = (): void => {
      const connection = this.#etcd.accept(() => this.#reset());
      const open = (): void => {
        if (this.#connection !== undefined || this.#isClosed) return this.#etcd.drop(connection);
        this.#connection = connection;
        for (const call of this.#calls) call.send();
      };
      if (!answers.send(once(open), "answers")) this.#etcd.drop(connection);
    };
    requests.send(once(accept), "connections");
    this.#reconnection?.cancel();
    this.#reconnection = this.#timeline.setTimer(this.#actor, reconnectUs, () => this.#connect());
  }

  /** While it waits for something: that may be silent for long. */
  #keepAlive(): void {
    if (this.#isKeptAlive) return;
    this.#isKeptAlive = true;
    this.#timeline.setBackgroundTimer(this.#actor, keepAliveUs, () => {
      this.#isKeptAlive = false;
      const connection = this.#connection;
      if (this.#watches.size + this.#calls.size === 0) return;
      this.#keepAlive();
      if (connection === undefined) return;
      const deadline = this.#timeline.setTimer(this.#actor, keepAliveTimeoutUs, () =>
        this.#lose(connection, "keepalive ping failed to receive ACK within timeout"),
      );
      const answer = (): void => {
        if (connection.isBroken) return;
        const isSent = this.#links.answers.send(() => deadline.cancel(), "answers");
        if (!isSent) this.#etcd.drop(connection);
      };
      this.#send(connection, answer, "connections");
    });
  }

  #noting<R extends { readonly revision: number }>(done: Done<R>): Done<R> {
    return (error, result) => {
      if (error === undefined) this.#heardOf(result.revision);
      done(error, result);
    };
  }

  #noticing(request: WatchRequest<V>): WatchRequest<V> {
    const { onSetBack } = request;
    if (onSetBack === undefined) return request;
    const noticed = (revision: number): void => {
      this.#revision = revision;
      onSetBack(revision);
    };
    return { ...request, onSetBack: noticed };
  }

  #heardOf(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
  }
}

/** A message may come twice. */
function once(handle: () => void): () => void {
  let isHandled = false;
  return () => {
    if (isHandled) return;
    isHandled = true;
    handle();
  };
}
