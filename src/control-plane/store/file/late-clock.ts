import type { StoreClock } from "../store.ts";

/** A clock that stands still until the cluster's is there: what a store is loaded with. */
export class LateClock implements StoreClock {
  #clock: StoreClock | undefined;
  readonly #waiting: { readonly delayUs: number; readonly act: () => void }[] = [];

  get nowUs(): number {
    return this.#clock?.nowUs ?? 0;
  }

  after(delayUs: number, act: () => void): void {
    if (this.#clock === undefined) this.#waiting.push({ delayUs, act });
    else this.#clock.after(delayUs, act);
  }

  start(clock: StoreClock): void {
    this.#clock = clock;
    for (const { delayUs, act } of this.#waiting.splice(0)) clock.after(delayUs, act);
  }
}
