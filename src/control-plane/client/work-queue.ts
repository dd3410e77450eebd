import type { ActorRef, TimerHandle, Timeline } from "../../kernel/timeline.ts";

/** @see kubernetes `client-go/util/workqueue/default_rate_limiters.go`: 5 ms, doubling, to 1000 s */
const backoffUsMin = 5_000;
const backoffUsMax = 1_000_000_000;

/**
 * Keys to reconcile, one at a time, each at most once however often it was added: `queue` is the
 * order, `dirty` what needs work, and the key being processed is put back when it was added again.
 *
 * @see kubernetes `staging/src/k8s.io/client-go/util/workqueue/queue.go`
 */
export class WorkQueue {
  readonly #timeline: Timeline;
  readonly #actor: ActorRef;
  readonly #reconcile: (key: string, done: (error?: Error) => void) => void;
  readonly #queue: string[] = [];
  readonly #dirty = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #delayed = new Map<string, { readonly dueUs: number; readonly timer: TimerHandle }>();
  #processing: string | undefined;

  /** @param reconcile Says when it is done; with an error, the key comes back after a back-off. */
  constructor(
    timeline: Timeline,
    actor: ActorRef,
    reconcile: (key: string, done: (error?: Error) => void) => void,
  ) {
    this.#timeline = timeline;
    this.#actor = actor;
    this.#reconcile = reconcile;
  }

  add(key: string): void {
    if (this.#dirty.has(key)) return;
    this.#dirty.add(key);
    if (this.#processing === key) return;
    this.#queue.push(key);
    if (this.#processing === undefined && this.#queue.length === 1) this.#nextSoon();
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

  #nextSoon(): void {
    this.#timeline.setTimer(this.#actor, 0, () => this.#next());
  }

  #next(): void {
    const key = this.#queue.shift();
    if (key === undefined || this.#processing !== undefined) return;
    this.#processing = key;
    this.#dirty.delete(key);
    this.#reconcile(key, (error) => this.#finished(key, error));
  }

  #finished(key: string, error: Error | undefined): void {
    this.#processing = undefined;
    if (error === undefined) {
      this.#failures.delete(key);
    } else {
      const failures = this.#failures.get(key) ?? 0;
      this.#failures.set(key, failures + 1);
      this.addAfter(key, Math.min(backoffUsMin * 2 ** failures, backoffUsMax));
    }
    if (this.#dirty.has(key)) this.#queue.push(key);
    if (this.#queue.length > 0) this.#nextSoon();
  }
}
