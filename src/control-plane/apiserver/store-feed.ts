import { ApiError, tooLargeResourceVersion } from "../../api/errors.ts";
import type { ActorRef, TimerHandle, Timeline } from "../../kernel/timeline.ts";
import { type Change, type KeyValue, prefixEnd, type Store, type Watch } from "../store/store.ts";
import { storeFailure } from "./store-failure.ts";
import type { StoredObject } from "./stored/stored-object.ts";

const prefix = "/registry/";

/** How long a reader waits for a revision, µs. @see kubernetes `cacher/watch_cache.go`: `blockTimeout` */
const patienceUs = 3_000_000;
/** While somebody waits. @see kubernetes `cacher/progress/watch_progress.go`: `progressRequestPeriod` */
const progressIntervalUs = 100_000;
/** After a watch broke. @see client-go `tools/cache/reflector.go` */
const resumeDelayUs = 1_000_000;

export interface FeedListener {
  /** All there is: at the beginning, and again after a gap that cannot be closed. */
  onList(items: readonly KeyValue<StoredObject>[], revision: number): void;
  onChange(change: Change<StoredObject>): void;
  /** An event was put that nobody has made yet. */
  onDeferred(revision: number, prefix: string): void;
}

/**
 * Sends something that the store says on its way to an API server, behind all that was sent before.
 *
 * @returns Whether it arrives: when not, the stream is broken.
 */
export type SendFromStore = (handle: () => void) => boolean;

/**
 * What an API server hears of its store: all there is, then every change, in order and without a gap.
 * At once from a store of this process; later, when there is a link in between.
 *
 * @see kubernetes `staging/src/k8s.io/apiserver/pkg/storage/etcd3/watcher.go`
 */
export class StoreFeed {
  readonly #store: Store<StoredObject>;
  readonly #timeline: Timeline;
  readonly #actor: ActorRef;
  readonly #sendLate: SendFromStore | undefined;
  readonly #listener: FeedListener;
  readonly #waiting = new Set<Waiter>();
  #revision = 0;
  #watch: Watch | undefined;
  #endStream: () => void = () => {};
  #asksForProgress = false;

  constructor(options: {
    readonly store: Store<StoredObject>;
    readonly timeline: Timeline;
    readonly actor: ActorRef;
    /** How the watch gets here; absent when that takes no time. */
    readonly send: SendFromStore | undefined;
    readonly listener: FeedListener;
  }) {
    this.#store = options.store;
    this.#timeline = options.timeline;
    this.#actor = options.actor;
    this.#sendLate = options.send;
    this.#listener = options.listener;
  }

  /** Whether a write is heard of before it is answered: then nobody ever has to wait. */
  get isImmediate(): boolean {
    return this.#sendLate === undefined && this.#store.direct !== undefined;
  }

  /** Whether it was told once what there is. */
  get hasListed(): boolean {
    return this.isImmediate || this.#revision > 0;
  }

  /** All up to this was heard. */
  get revision(): number {
    return this.isImmediate ? this.#store.revision : this.#revision;
  }

  /** How many revisions of the store were not heard of. */
  get behind(): number {
    return this.#store.revision - this.revision;
  }

  start(): void {
    this.#read((items, revision) => this.#list(items, revision));
  }

  /** As `start`, of a server that comes back: what there is comes the way that changes come. */
  startAgain(): void {
    this.#read((items, revision) => {
      if (!this.#send(() => this.#list(items, revision))) this.#later(() => this.startAgain());
    });
  }

  /** Hears nothing more, and whoever waits is never told. */
  stop(): void {
    this.#endStream();
    for (const { timer } of this.#waiting) timer.cancel();
    this.#waiting.clear();
  }

  /** What the store's revision is by now. */
  askRevision(answer: (error: Error | undefined, revision: number) => void): void {
    if (this.#store.direct !== undefined) return answer(undefined, this.#store.revision);
    this.#store.range({ key: prefix }, (error, result) => {
      if (error === undefined) answer(undefined, result.revision);
      else answer(storeFailure(error), 0);
    });
  }

  /**
   * Calls `done` once all up to `revision` was heard, and in any case once it was told what there is:
   * at once if so.
   *
   * @param done Gets a 504 when that takes too long; a 429 when nothing was heard at all.
   */
  whenReached(revision: number, done: (error?: Error) => void): void {
    if (this.revision >= revision && this.hasListed) return done();
    const waiter: Waiter = {
      revision: Math.max(revision, 1),
      done,
      timer: this.#timeline.setTimer(this.#actor, patienceUs, () => {
        this.#waiting.delete(waiter);
        done(this.hasListed ? tooLargeResourceVersion(revision, this.revision) : notReady());
      }),
    };
    this.#waiting.add(waiter);
    if (!this.#asksForProgress) this.#askForProgress();
  }

  /** As `whenReached`, of the revision that the store has by now. */
  whenCurrent(done: (error?: Error) => void): void {
    if (this.isImmediate) return done();
    this.askRevision((error, revision) => {
      if (error !== undefined) return done(error);
      this.whenReached(revision, done);
    });
  }

  #read(take: (items: readonly KeyValue<StoredObject>[], revision: number) => void): void {
    this.#store.range({ key: prefix, rangeEnd: prefixEnd(prefix) }, (error, result) => {
      if (error === undefined) take(result.items, result.revision);
      else this.#later(() => this.#read(take));
    });
  }

  #list(items: readonly KeyValue<StoredObject>[], revision: number): void {
    this.#revision = revision;
    this.#listener.onList(items, revision);
    this.#begin();
    this.#letGo();
  }

  #begin(): void {
    const stream: { isOver: boolean; watch?: Watch } = { isOver: false };
    const end = (): void => {
      stream.isOver = true;
      stream.watch?.cancel();
      this.#watch = undefined;
    };
    this.#endStream = end;
    const resume = (): void => {
      if (stream.isOver) return;
      end();
      this.#later(() => this.#begin());
    };
    const take = (change: Change<StoredObject>): void => {
      if (!stream.isOver) this.#takeOne(change);
    };
    const beginAnew = (): void => {
      end();
      this.#read((items, revision) => {
        if (!this.#send(() => this.#list(items, revision))) this.#later(() => this.#begin());
      });
    };
    const watch = this.#store.watch({
      prefix,
      afterRevision: this.#revision,
      ...(this.#sendLate === undefined && { onChange: take }),
      // Who keeps all objects knows what they were.
      withoutPrevious: this.#store.direct === undefined,
      onChanges: (changes) => {
        if (!stream.isOver && !this.#send(() => this.#take(changes))) resume();
      },
      ...(this.#sendLate === undefined && {
        onDeferred: (revision: number, under: string) => {
          this.#revision = revision;
          this.#listener.onDeferred(revision, under);
        },
      }),
      onProgress: (revision) => {
        if (!stream.isOver && !this.#send(() => this.#advanceTo(revision))) resume();
      },
      onCompacted: beginAnew,
      onSetBack: beginAnew,
      onError: resume,
    });
    // It may have broken while the store told what was missed.
    if (stream.isOver) return watch.cancel();
    stream.watch = watch;
    this.#watch = watch;
  }

  #send(handle: () => void): boolean {
    if (this.#sendLate !== undefined) return this.#sendLate(handle);
    handle();
    return true;
  }

  #takeOne(change: Change<StoredObject>): void {
    const { revision } = change;
    if (revision <= this.#revision) return;
    this.#revision = revision;
    this.#listener.onChange(change);
    if (this.#waiting.size > 0) this.#letGo();
  }

  #take(changes: readonly Change<StoredObject>[]): void {
    const revision = changes.at(-1)?.revision ?? 0;
    // Told again after the watch broke.
    if (revision <= this.#revision) return;
    this.#revision = revision;
    for (const change of changes) this.#listener.onChange(change);
    if (this.#waiting.size > 0) this.#letGo();
  }

  #advanceTo(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
    this.#letGo();
  }

  #askForProgress(): void {
    this.#asksForProgress = this.#waiting.size > 0;
    if (!this.#asksForProgress) return;
    this.#watch?.requestProgress();
    this.#timeline.setTimer(this.#actor, progressIntervalUs, () => this.#askForProgress());
  }

  #letGo(): void {
    for (const waiter of this.#waiting) {
      if (waiter.revision > this.revision) continue;
      this.#waiting.delete(waiter);
      waiter.timer.cancel();
      waiter.done();
    }
  }

  #later(act: () => void): void {
    this.#timeline.setTimer(this.#actor, resumeDelayUs, act);
  }
}

/** @see kubernetes `staging/src/k8s.io/apiserver/pkg/storage/cacher/ready.go` */
function notReady(): ApiError {
  return new ApiError("TooManyRequests", "storage is (re)initializing", { retryAfterSeconds: 1 });
}

interface Waiter {
  readonly revision: number;
  readonly done: (error?: Error) => void;
  readonly timer: TimerHandle;
}
