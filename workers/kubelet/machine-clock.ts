import { unguarded } from "../../src/kernel/handling.ts";
import type { ActorRef, TimerHandle, Timeline } from "../../src/kernel/timeline.ts";

/** The kernel's time as XState wants it, for one actor: milliseconds, and numbers for timers. */
export class MachineClock {
  readonly #timeline: Timeline;
  readonly #actor: ActorRef;
  /** Absent while none is set: most nodes wait for nothing most of the time. */
  #timers: Map<number, { readonly handle: TimerHandle; readonly dueUs: number }> | undefined;
  #lastId = 0;

  constructor(timeline: Timeline, actor: ActorRef) {
    this.#timeline = timeline;
    this.#actor = actor;
  }

  /** When the timers that are set are due, µs, in the order they were set. */
  get dueUs(): readonly number[] {
    return [...(this.#timers?.values() ?? [])].map(({ dueUs }) => dueUs);
  }

  /** Whether no timer is set. */
  get isIdle(): boolean {
    return this.#timers === undefined;
  }

  setTimeout(act: () => void, delayMs: number): number {
    const id = ++this.#lastId;
    const delayUs = Math.round(delayMs * 1_000);
    const handle = this.#timeline.setTimer(this.#actor, delayUs, () => {
      this.#forget(id);
      unguarded(act);
    });
    this.#timers ??= new Map();
    this.#timers.set(id, { handle, dueUs: this.#timeline.nowUs + delayUs });
    return id;
  }

  clearTimeout(id: number): void {
    this.#timers?.get(id)?.handle.cancel();
    this.#forget(id);
  }

  #forget(id: number): void {
    this.#timers?.delete(id);
    if (this.#timers?.size === 0) this.#timers = undefined;
  }
}
