import type { StoreClock } from "../../../src/control-plane/store/store.ts";

/** Time that passes when a test says so. */
export class HandClock implements StoreClock {
  #nowUs = 1_000_000;
  #timers: { readonly atUs: number; readonly act: () => void }[] = [];

  get nowUs(): number {
    return this.#nowUs;
  }

  after(delayUs: number, act: () => void): void {
    this.#timers.push({ atUs: this.#nowUs + delayUs, act });
  }

  pass(seconds: number): void {
    const endUs = this.#nowUs + seconds * 1_000_000;
    for (;;) {
      const [next] = this.#timers.toSorted((left, right) => left.atUs - right.atUs);
      if (next === undefined || next.atUs > endUs) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#nowUs = next.atUs;
      next.act();
    }
    this.#nowUs = endUs;
  }
}
