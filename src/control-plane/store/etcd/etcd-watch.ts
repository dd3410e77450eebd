import { wallClock } from "../../../kernel/wall-clock.ts";
import { type Change, prefixEnd, type Watch, type WatchRequest } from "../store.ts";
import { StoreError } from "../store-errors.ts";
import { type EtcdConnection, type EtcdStream, pause } from "./etcd-connection.ts";
import {
  errorOf,
  grpcCode,
  isLoggedOut,
  isPassing,
  WireError,
  type WireStatus,
} from "./wire-errors.ts";
import { wireRange } from "./wire-keys.ts";
import type { WireEvent, WireRange, WireWatchRequest, WireWatchResponse } from "./wire-messages.ts";
import type { WireValues } from "./wire-values.ts";

/** What a watch needs of the store it belongs to. */
export interface WatchHost<V> {
  readonly connection: EtcdConnection;
  readonly values: WireValues<V>;
  /** Whether this etcd answers for progress only when it has told everything before. */
  readonly isProgressReliable: boolean;
  /** Hands in what came, as an input. */
  submit(handle: () => void): void;
  /** The store's revision, of a read that sees every write that was answered. */
  readRevision(): Promise<number>;
  /** A watcher is about to be told of this revision. */
  told(revision: number): void;
  ended(watch: EtcdWatch<V>): void;
}

/**
 * One watch on a stream of its own. When the stream breaks it asks for what comes after the last
 * revision it told of, so there is no gap, and it drops what it knows, so nothing comes twice.
 */
export class EtcdWatch<V> implements Watch {
  readonly #host: WatchHost<V>;
  readonly #request: WatchRequest<V>;
  readonly #range: WireRange;
  #stream: EtcdStream<WireWatchRequest, WireWatchResponse> | undefined;
  /** The first revision it was not told of. */
  #nextRevision: number;
  /** Of a revision that comes in several messages. */
  #fragments: WireEvent[] = [];
  /** What progress is asked for. */
  #wanted: readonly Wanted[] = [];
  /** Real time since which etcd had nothing to tell, ms; `Infinity` without a stream. */
  #quietSinceMs = Infinity;
  #isAsking = false;
  /** Nobody is told any more. */
  #isOver = false;
  /** Nothing more comes, though the end itself may be still to be told. */
  #hasEnded = false;

  /** @throws {StoreError} For a key that is not Unicode text. */
  constructor(host: WatchHost<V>, request: WatchRequest<V>) {
    this.#host = host;
    this.#request = request;
    this.#range = wireRange(
      "prefix" in request ? { key: request.prefix, rangeEnd: prefixEnd(request.prefix) } : request,
    );
    this.#nextRevision = request.afterRevision + 1;
  }

  /** Settles when it is over. */
  async run(): Promise<void> {
    for (let attempt = 0; !this.#hasEnded; attempt++) {
      const revision = this.#nextRevision;
      const status = await this.#follow();
      if (this.#hasEnded) break;
      if (!isPassing(status) && !isLoggedOut(status)) {
        this.#end(() => this.#request.onError?.(errorOf(status)));
        break;
      }
      if (this.#nextRevision > revision) attempt = 0;
      await pause(Math.min(pauseMs * 2 ** attempt, pauseMsMax));
    }
    this.#host.ended(this);
  }

  cancel(): void {
    this.#isOver = true;
    this.#hasEnded = true;
    this.#stream?.cancel();
  }

  requestProgress(): void {
    if (this.#hasEnded || this.#request.onProgress === undefined) return;
    this.#host.readRevision().then(
      (revision) => {
        this.#wanted = [...this.#wanted, { revision, sinceMs: nowMs() }];
        void this.#askForProgress();
      },
      // Who asks again may get it.
      () => {},
    );
  }

  /** One stream, from where it begins to where it breaks. */
  async #follow(): Promise<WireStatus> {
    let stream: EtcdStream<WireWatchRequest, WireWatchResponse>;
    try {
      stream = await this.#host.connection.stream("Watch", "Watch");
    } catch (error) {
      if (error instanceof WireError) return error;
      throw error;
    }
    if (this.#hasEnded) {
      stream.cancel();
      return overStatus;
    }
    this.#stream = stream;
    this.#fragments = [];
    const { without, withoutPrevious = false, onProgress } = this.#request;
    const status = await new Promise<WireStatus>((resolve) => {
      stream.onEnd = resolve;
      stream.onMessage = (message) => {
        const end = this.#take(message);
        if (end === undefined) return;
        stream.cancel();
        resolve(end);
      };
      stream.write({
        createRequest: {
          ...this.#range,
          startRevision: this.#nextRevision,
          progressNotify: onProgress !== undefined,
          filters: without === undefined ? [] : [without === "put" ? "NOPUT" : "NODELETE"],
          prevKv: !withoutPrevious,
          fragment: true,
        },
      });
    });
    this.#stream = undefined;
    this.#quietSinceMs = Infinity;
    return status;
  }

  /** Returns how the stream ends, when this was its last message. */
  #take(message: WireWatchResponse): WireStatus | undefined {
    const { created, canceled, compactRevision, cancelReason = "", events = [] } = message;
    if (canceled) {
      if (Number(compactRevision) > 0) {
        this.#end(() => this.#request.onCompacted(Number(compactRevision)));
        return overStatus;
      }
      return cancellation(cancelReason);
    }
    this.#quietSinceMs = nowMs();
    if (created) {
      void this.#askForProgress();
      return undefined;
    }
    if (events.length === 0 && !message.fragment && this.#fragments.length === 0) {
      this.#hearProgress(Number(message.header.revision));
      return undefined;
    }
    this.#fragments.push(...events);
    if (message.fragment) return undefined;
    const whole = this.#fragments;
    this.#fragments = [];
    return this.#tell(whole);
  }

  /** All changes of a revision go in one call. */
  #tell(events: readonly WireEvent[]): WireStatus | undefined {
    let revisions: Change<V>[][];
    try {
      revisions = byRevision(
        events
          .filter(({ kv }) => Number(kv.modRevision) >= this.#nextRevision)
          .map((event) => this.#host.values.change(event)),
      );
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#end(() => this.#request.onError?.(error));
      return overStatus;
    }
    for (const changes of revisions) {
      const { revision } = changes[0] as Change<V>;
      this.#nextRevision = revision + 1;
      this.#submit(() => {
        this.#host.told(revision);
        this.#request.onChanges(changes);
      });
    }
    this.#answerWanted(this.#nextRevision - 1);
    return undefined;
  }

  #hearProgress(revision: number): void {
    if (revision < this.#nextRevision - 1) return;
    this.#nextRevision = revision + 1;
    if (this.#answerWanted(revision) === 0) this.#tellProgress(revision);
  }

  /** Who waited for what is told by now need not wait any more. Returns how many did. */
  #answerWanted(revision: number): number {
    const left = this.#wanted.filter((wanted) => wanted.revision > revision);
    const count = this.#wanted.length - left.length;
    this.#wanted = left;
    for (let told = 0; told < count; told++) this.#tellProgress(revision);
    return count;
  }

  #tellProgress(revision: number): void {
    this.#submit(() => this.#request.onProgress?.(revision));
  }

  /**
   * Asks until it is answered: an etcd that has more to tell first may not answer at all, and one
   * with a flaw answers too early. The flawed one is not asked: who has nothing to tell for a while,
   * several times as long as its own rounds take, has told everything.
   *
   * @see etcd issue 15220: fixed in 3.4.25 and 3.5.8; `server/storage/mvcc/watchable_store.go`:
   *   `syncWatchersLoop`, every 100 ms
   */
  async #askForProgress(): Promise<void> {
    this.#answerWanted(this.#nextRevision - 1);
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (this.#wanted.length > 0 && !this.#hasEnded) {
      if (this.#host.isProgressReliable) {
        if (this.#quietSinceMs !== Infinity) this.#stream?.write({ progressRequest: {} });
      } else {
        const isTold = ({ sinceMs }: Wanted): boolean =>
          nowMs() - Math.max(sinceMs, this.#quietSinceMs) >= quietMs;
        this.#answerWanted(
          Math.max(0, ...this.#wanted.filter(isTold).map((each) => each.revision)),
        );
      }
      await pause(askMs);
    }
    this.#isAsking = false;
  }

  #end(tell: () => void): void {
    this.#hasEnded = true;
    this.#host.submit(() => {
      if (this.#isOver) return;
      this.#isOver = true;
      tell();
    });
  }

  #submit(handle: () => void): void {
    this.#host.submit(() => {
      if (!this.#isOver) handle();
    });
  }
}

interface Wanted {
  readonly revision: number;
  /** Real time of the question, ms. */
  readonly sinceMs: number;
}

const pauseMs = 10;
const pauseMsMax = 1_000;
const askMs = 100;
const quietMs = 250;

const overStatus: WireStatus = { code: grpcCode.cancelled, details: "the watch is over" };

function nowMs(): number {
  return Math.floor(wallClock.nowUs() / 1_000);
}

/** Why the server ended a watch: only these are worth another try. */
function cancellation(reason: string): WireStatus {
  if (/no leader|leader changed|server stopped|timed out/.test(reason)) {
    return { code: grpcCode.unavailable, details: reason };
  }
  if (/invalid auth token/.test(reason)) return { code: grpcCode.unauthenticated, details: reason };
  return {
    code: grpcCode.failedPrecondition,
    details: reason === "" ? "etcd cancelled the watch" : reason,
  };
}

function byRevision<V>(changes: readonly Change<V>[]): Change<V>[][] {
  const revisions: Change<V>[][] = [];
  for (const change of changes) {
    const last = revisions.at(-1);
    if (last?.[0]?.revision === change.revision) last.push(change);
    else revisions.push([change]);
  }
  return revisions;
}
