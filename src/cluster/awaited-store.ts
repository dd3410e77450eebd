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
} from "../control-plane/store/store.ts";
import { unguarded } from "../kernel/handling.ts";
import { wallClock } from "../kernel/wall-clock.ts";

/** Whoever does not answer for so long, µs, is dead as far as anybody knows. */
const patienceUs = 1_000_000;

/** When something was asked for, in both times, µs. */
interface Asked {
  readonly virtualUs: number;
  readonly realUs: number;
}

/**
 * A store outside of this process, as a cluster uses it: it knows what the store owes, so that virtual
 * time can wait for that. What it owes are answers, and news of what was written to whoever watches.
 */
export class AwaitedStore<V> implements Store<V> {
  readonly #store: Store<V>;
  readonly #nowUs: () => number;
  /** In the order they were asked. */
  readonly #unanswered = new Set<Asked>();
  /** Writes that were answered, and that some watch has not told of, the oldest first. */
  #untold: { readonly revision: number; readonly asked: Asked }[] = [];
  readonly #watches = new Set<{ toldRevision: number }>();

  /** @param nowUs The cluster's time. */
  constructor(store: Store<V>, nowUs: () => number) {
    this.#store = store;
    this.#nowUs = nowUs;
  }

  get revision(): number {
    return this.#store.revision;
  }

  /** How many answers it owes. */
  get unanswered(): number {
    return this.#unanswered.size;
  }

  /**
   * How long the store has to be waited for, ms of real time, before the cluster's time is `untilUs`:
   * it is given as long as has passed in the cluster since it was asked. 0 when it owes nothing, and
   * when it is silent for so long that a cluster cannot wait for it.
   */
  waitMs(untilUs: number): number {
    const [unanswered] = this.#unanswered;
    const realNowUs = wallClock.nowUs();
    let waitUs = 0;
    for (const asked of [unanswered, this.#untold[0]?.asked]) {
      if (asked === undefined) continue;
      const elapsedUs = realNowUs - asked.realUs;
      if (elapsedUs >= patienceUs) return 0;
      waitUs = Math.max(waitUs, untilUs - asked.virtualUs - elapsedUs);
    }
    return waitUs / 1_000;
  }

  range(request: RangeRequest, done: Done<RangeResult<V>>): void {
    this.#ask(done, (answer) => this.#store.range(request, answer));
  }

  transact(request: TransactionRequest<V>, done: Done<TransactionResult<V>>): void {
    const asked = this.#asked();
    const written: Done<TransactionResult<V>> = (error, result) => {
      const hasWritten = error === undefined && result.written.some((each) => each !== undefined);
      if (hasWritten) this.#expectNews(result.revision, asked);
      done(error, result);
    };
    this.#ask(written, (answer) => this.#store.transact(request, answer), asked);
  }

  watch(request: WatchRequest<V>): Watch {
    const state = { toldRevision: request.afterRevision };
    const end = (): void => {
      this.#watches.delete(state);
      this.#forgetTold();
    };
    const told = (revision: number): void => {
      state.toldRevision = Math.max(state.toldRevision, revision);
      this.#forgetTold();
    };
    this.#watches.add(state);
    const { onProgress, onError } = request;
    const watch = unguarded(() =>
      this.#store.watch({
        ...request,
        onChanges: (changes) => {
          told(changes.at(-1)?.revision ?? 0);
          request.onChanges(changes);
        },
        ...(onProgress !== undefined && {
          onProgress: (revision: number) => {
            told(revision);
            onProgress(revision);
          },
        }),
        onCompacted: (revision) => {
          end();
          request.onCompacted(revision);
        },
        onError: (error) => {
          end();
          onError?.(error);
        },
      }),
    );
    return {
      cancel: () => {
        end();
        unguarded(() => watch.cancel());
      },
      requestProgress: () => unguarded(() => watch.requestProgress()),
    };
  }

  compact(revision: number, done: Done<void>): void {
    this.#ask(done, (answer) => this.#store.compact(revision, answer));
  }

  grantLease(request: LeaseRequest, done: Done<LeaseStatus>): void {
    this.#ask(done, (answer) => this.#store.grantLease(request, answer));
  }

  keepLeaseAlive(id: LeaseId, done: Done<LeaseStatus>): void {
    this.#ask(done, (answer) => this.#store.keepLeaseAlive(id, answer));
  }

  revokeLease(id: LeaseId, done: Done<number>): void {
    this.#ask(done, (answer) => this.#store.revokeLease(id, answer));
  }

  leaseStatus(id: LeaseId, done: Done<LeaseStatus>): void {
    this.#ask(done, (answer) => this.#store.leaseStatus(id, answer));
  }

  leases(done: Done<readonly LeaseId[]>): void {
    this.#ask(done, (answer) => this.#store.leases(answer));
  }

  alarms(done: Done<readonly Alarm[]>): void {
    this.#ask(done, (answer) => this.#store.alarms(answer));
  }

  disarm(alarm: Alarm, done: Done<void>): void {
    this.#ask(done, (answer) => this.#store.disarm(alarm, answer));
  }

  close(done: Done<void>): void {
    this.#store.close(done);
  }

  /** A client of a real server asks for the time and sets timers: that decides nothing here. */
  #ask<R>(done: Done<R>, ask: (answer: Done<R>) => void, asked = this.#asked()): void {
    this.#unanswered.add(asked);
    unguarded(() =>
      ask((error, result) => {
        this.#unanswered.delete(asked);
        done(error, result);
      }),
    );
  }

  #asked(): Asked {
    return { virtualUs: this.#nowUs(), realUs: wallClock.nowUs() };
  }

  #expectNews(revision: number, asked: Asked): void {
    this.#untold.push({ revision, asked });
    this.#forgetTold();
  }

  #forgetTold(): void {
    if (this.#untold.length === 0) return;
    const told = Math.min(...[...this.#watches].map(({ toldRevision }) => toldRevision));
    this.#untold = this.#untold.filter(({ revision }) => revision > told);
  }
}
