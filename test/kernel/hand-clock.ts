import type { WallClock } from "../../src/kernel/wall-clock.ts";

/** Real time that passes when a test says so. */
export class HandClock implements WallClock {
  #nowUs = 1_000_000_000;
  readonly #alarms = new Set<{ readonly atUs: number; readonly wake: () => void }>();

  nowUs(): number {
    return this.#nowUs;
  }

  wakeAfter(afterMs: number, wake: () => void): () => void {
    const alarm = { atUs: this.#nowUs + afterMs * 1_000, wake };
    this.#alarms.add(alarm);
    return () => void this.#alarms.delete(alarm);
  }

  yieldToIo(): Promise<void> {
    return new Promise((resolve) => void setImmediate(resolve));
  }

  /** Whether somebody sleeps until a set time. */
  get hasAlarm(): boolean {
    return this.#alarms.size > 0;
  }

  /** Lets `ms` of real time pass, and whoever was woken by that do its work. */
  async pass(ms: number): Promise<void> {
    await this.rest();
    const untilUs = this.#nowUs + ms * 1_000;
    for (let alarm = this.#first(); alarm && alarm.atUs <= untilUs; alarm = this.#first()) {
      this.#nowUs = Math.max(this.#nowUs, Math.ceil(alarm.atUs));
      this.#alarms.delete(alarm);
      alarm.wake();
      await this.rest();
    }
    this.#nowUs = untilUs;
  }

  /** Lets everything run that waits for sockets or promises, and not for time. */
  async rest(): Promise<void> {
    for (let turn = 0; turn < 50; turn++) await this.yieldToIo();
  }

  #first(): { readonly atUs: number; readonly wake: () => void } | undefined {
    return [...this.#alarms].toSorted((left, right) => left.atUs - right.atUs)[0];
  }
}
