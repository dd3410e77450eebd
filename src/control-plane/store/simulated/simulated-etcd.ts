import { invariant } from "../../../kernel/invariant.ts";
import type { ActorRef, TimerHandle, Timeline } from "../../../kernel/timeline.ts";
import { MemoryStore } from "../memory-store.ts";
import { NoLeaderError, ServerTimeoutError } from "../store-errors.ts";
import type { Codec, Done, Stamp, Store, StoreClock, Watch, WatchRequest } from "../store.ts";
import { DurableLog } from "./durable-log.ts";
import { FsyncJournal } from "./fsync-journal.ts";

/** How long a write may take. @see etcd `server/config/config.go`: `ReqTimeout`, 5 s and two elections */
const requestUsMax = 7_000_000;

/** How long until the system writes by itself. @see linux `vm.dirty_writeback_centisecs`: 5 s */
const writebackUs = 5_000_000;

/** What the environment does to an etcd. */
export interface EtcdEnvironment {
  /** How long the `n`-th fsync takes, from 1, µs. */
  fsyncUs(n: number): number;
  /** How many of so many records that are not on the disk the `n`-th crash loses, from 1: the last. */
  lostRecords(n: number, unsynced: number): number;
  /** Tells the trace. */
  record(kind: string, data: Readonly<Record<string, number>>): void;
}

/** A client's connection, as the server has it. */
export interface EtcdConnection {
  /** Something sent over it was lost, or one end is gone: nothing passes any more. */
  isBroken: boolean;
  /** The server's machine closes it. */
  readonly reset: () => void;
}

/** A watch, as the server has it. Each is one ordered stream. */
export interface EtcdStream {
  readonly connection: EtcdConnection;
  /** Sends something to the client. */
  readonly send: (handle: () => void) => void;
}

/**
 * An etcd in virtual time: a `MemoryStore` behind a log, that is an actor like any other. It can be
 * slow, paused, cut off and crash, and its servers can lose their leader for a while. Clients reach it by
 * `SimulatedEtcdClient`s, over links.
 */
export class SimulatedEtcd<V> {
  readonly actor: ActorRef;
  readonly #timeline: Timeline;
  readonly #environment: EtcdEnvironment;
  readonly #isUnsafe: boolean;
  readonly #newStore: () => MemoryStore<V>;
  readonly #onLife: (store: Store<V>) => void;
  readonly #log = new DurableLog<V>();
  readonly #connections = new Set<EtcdConnection>();
  readonly #writes = new Set<(failure: Error) => void>();
  readonly #streams = new Set<(failure: Error) => void>();
  #store: MemoryStore<V> | undefined;
  #journal: FsyncJournal<V> | undefined;
  #leaderLosses = 0;
  #fsyncs = 0;
  #crashes = 0;

  constructor(options: {
    readonly actor: ActorRef;
    readonly timeline: Timeline;
    readonly stamp: Stamp<V>;
    readonly codec: Codec<V>;
    /** Its leases end by it. */
    readonly clock: StoreClock;
    readonly environment: EtcdEnvironment;
    /** Answers before the fsync, as `etcd --unsafe-no-fsync`. */
    readonly isUnsafe: boolean;
    /** Gets the store of each of its lives, before anybody asks it. */
    readonly onLife?: (store: Store<V>) => void;
  }) {
    const { stamp, codec, clock } = options;
    this.actor = options.actor;
    this.#timeline = options.timeline;
    this.#environment = options.environment;
    this.#isUnsafe = options.isUnsafe;
    this.#newStore = () => new MemoryStore<V>(stamp, { codec, clock });
    this.#onLife = options.onLife ?? (() => {});
    this.#begin();
  }

  /** What all who were told know; of a server that is down, undefined. */
  get revision(): number | undefined {
    return this.#store?.revision;
  }

  /** A client connects. */
  accept(reset: () => void): EtcdConnection {
    const connection = { isBroken: false, reset };
    this.#connections.add(connection);
    return connection;
  }

  /** Lets go of a connection and of all that depends on it. */
  drop(connection: EtcdConnection): void {
    connection.isBroken = true;
    this.#connections.delete(connection);
  }

  /** Answers a request, once. */
  serve<R>(isWrite: boolean, act: (store: Store<V>, done: Done<R>) => void, done: Done<R>): void {
    const store = this.#living();
    if (this.#leaderLosses > 0) return done(new NoLeaderError(), undefined as R);
    if (!isWrite) return act(store, done);
    let isOver = false;
    const finish: Done<R> = (error, result) => {
      if (isOver) return;
      isOver = true;
      timer.cancel();
      this.#writes.delete(fail);
      done(error, result);
    };
    const fail = (failure: Error): void => finish(failure, undefined as R);
    const timer = this.#after(requestUsMax, () => fail(new ServerTimeoutError()));
    this.#writes.add(fail);
    act(store, finish);
  }

  /** Begins a watch; what it says goes over `stream`. */
  watch(request: WatchRequest<V>, { connection, send }: EtcdStream): Watch {
    const store = this.#living();
    let isOver = false;
    const over = (): void => {
      isOver = true;
      this.#streams.delete(fail);
      watch?.cancel();
    };
    const say = (act: () => void): void => {
      if (connection.isBroken) over();
      if (!isOver) send(act);
    };
    const end = (act: () => void): void => {
      say(act);
      over();
    };
    const fail = (failure: Error): void => end(() => request.onError?.(failure));
    const handle: Watch = {
      cancel: over,
      requestProgress: () => watch?.requestProgress(),
    };
    let watch: Watch | undefined;
    this.#streams.add(fail);
    const { revision } = store;
    const { onSetBack, onProgress } = request;
    if (this.#leaderLosses > 0) {
      fail(new NoLeaderError());
    } else if (onSetBack !== undefined && revision < request.afterRevision) {
      end(() => onSetBack(revision));
    } else {
      watch = store.watch({
        ...request,
        onChanges: (changes) => say(() => request.onChanges(changes)),
        onProgress: (upTo) => say(() => onProgress?.(upTo)),
        onCompacted: (compacted) => end(() => request.onCompacted(compacted)),
        onError: fail,
      });
      if (isOver) watch.cancel();
    }
    return handle;
  }

  /** Forgets history, as a command of somebody's or the server's own habit. */
  compact(keepRevisions: number): void {
    const revision = (this.#store?.revision ?? 0) - keepRevisions;
    this.#store?.compact(revision, (error) => {
      if (error === undefined) this.#environment.record("historyCompacted", { revision });
    });
  }

  /** Until it is elected again as often, nothing is decided. */
  loseLeader(): void {
    this.#leaderLosses++;
    if (this.#leaderLosses > 1) return;
    this.#environment.record("leaderLost", {});
    const why = ", possibly due to previous leader failure";
    for (const fail of this.#writes) fail(new ServerTimeoutError(why));
    for (const fail of this.#streams) fail(new NoLeaderError());
  }

  electLeader(): void {
    this.#leaderLosses--;
    if (this.#leaderLosses === 0) this.#environment.record("leaderElected", {});
  }

  /** Its machine goes down: what is not on the disk may be lost. */
  crash(): void {
    const journal = this.#journalOfNow();
    const { unsynced } = journal;
    this.#crashes++;
    const lost = unsynced === 0 ? 0 : this.#environment.lostRecords(this.#crashes, unsynced);
    journal.crash(lost);
    this.#environment.record("writesLost", { lost, of: unsynced });
    this.#store = undefined;
    this.#journal = undefined;
    this.#writes.clear();
    this.#streams.clear();
    for (const connection of this.#connections) {
      connection.isBroken = true;
      connection.reset();
    }
    this.#connections.clear();
  }

  /** Goes on from what is on its disk. */
  restart(): void {
    this.#begin();
    this.#environment.record("storeRecovered", { revision: this.#living().revision });
  }

  #begin(): void {
    const store = this.#newStore();
    this.#log.recover(store);
    this.#journal = new FsyncJournal(this.#log, (done) => this.#fsync(done), this.#isUnsafe);
    store.journalTo(this.#journal);
    this.#store = store;
    this.#onLife(store);
  }

  #fsync(done: () => void): void {
    if (this.#isUnsafe) this.#timeline.setBackgroundTimer(this.actor, writebackUs, done);
    else this.#after(this.#environment.fsyncUs(++this.#fsyncs), done);
  }

  #after(delayUs: number, act: () => void): TimerHandle {
    return this.#timeline.setTimer(this.actor, delayUs, act);
  }

  #living(): MemoryStore<V> {
    invariant(this.#store !== undefined, "who is down is asked nothing");
    return this.#store;
  }

  #journalOfNow(): FsyncJournal<V> {
    invariant(this.#journal !== undefined, "who is down does not crash");
    return this.#journal;
  }
}
