import type { ActorRef, TimerHandle, Timeline } from "../../kernel/timeline.ts";

/** @see kubernetes `client-go/util/workqueue/default_rate_limiters.go`: 5 ms, doubling, to 1000 s */
const backoffUsMin = 5_000;
const backoffUsMax = 1_000_000_000;

/**
 * Keys to reconcile, as many at a time as there are workers, each by one of them and at most once
 * however often it was added: `queue` is the order, `dirty` what needs work, and a key being processed
 * is put back when it was added again.
 *
 * @see kubernetes `staging/src/k8s.io/client-go/util/workqueue/queue.go`
 */
export class WorkQueue {
  readonly #timeline: Timeline;
  readonly #actor: ActorRef;
  readonly #reconcile: (key: string, done: (error?: Error) => void) => void;
  readonly #workers: number;
  #queue: string[] = [];
  /** Keys at its beginning that were taken: taking one off moves all others. */
  #taken = 0;
  readonly #dirty = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #delayed = new Map<string, { readonly dueUs: number; readonly timer: TimerHandle }>();
  readonly #processing = new Set<string>();
  /** Workers on their way to the queue. */
  #waking = 0;

  /**
   * @param reconcile Says when it is done; with an error, the key comes back after a back-off.
   * @param workers How many keys are under way at a time, at most.
   */
  constructor(
    timeline: Timeline,
    actor: ActorRef,
    reconcile: (key: string, done: (error?: Error) => void) => void,
    workers = 1,
  ) {
    this.#timeline = timeline;
    this.#actor = actor;
    this.#reconcile = reconcile;
    this.#workers = workers;
  }

  add(key: string): void {
    if (this.#dirty.has(key)) return;
    this.#dirty.add(key);
    if (this.#processing.has(key)) return;
    this.#queue.push(key);
    this.#wake();
  }

  /** Of several times a key is asked for, the first counts. */
  addAfter(key: string, delayUs: number): void {
    const dueUs = this.#timeline.nowUs + delayUs;
    const known = this.#delayed.get(key);
    if (known !== undefined && known.dueUs <= dueUs) return;
    known?.timer.cancel();
    const timer = this.#timeline.setTimer(this.#actor, delayUs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { dueUs, timer });
  }

  #wake(): void {
    if (this.#processing.size + this.#waking >= this.#workers) return;
    this.#waking++;
    this.#timeline.setTimer(this.#actor, 0, () => this.#next());
  }

  #next(): void {
    this.#waking--;
    const key = this.#take();
    if (key === undefined) return;
    this.#processing.add(key);
    this.#dirty.delete(key);
    this.#reconcile(key, (error) => this.#finished(key, error));
    if (this.#taken < this.#queue.length) this.#wake();
  }

  #take(): string | undefined {
    const key = this.#queue[this.#taken];
    if (key === undefined) return undefined;
    if (++this.#taken * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#taken);
      this.#taken = 0;
    }
    return key;
  }

  #finished(key: string, error: Error | undefined): void {
    this.#processing.delete(key);
    if (error === undefined) {
      this.#failures.delete(key);
    } else {
      const failures = this.#failures.get(key) ?? 0;
      this.#failures.set(key, failures + 1);
      this.addAfter(key, Math.min(backoffUsMin * 2 ** failures, backoffUsMax));
    }
    if (this.#dirty.has(key)) this.#queue.push(key);
    if (this.#taken < this.#queue.length) this.#wake();
  }
}
