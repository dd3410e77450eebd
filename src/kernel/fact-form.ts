import { type Hash64, RollingHash } from "./hash.ts";
import type { FactData } from "./trace.ts";

/** A fact that happens all the time: its words, of which all but one number are always the same. */
export class FactForm {
  /** Past tense, e.g. `leaseRenewed`. */
  readonly kind: string;
  /** Of all its words. */
  readonly hash: Hash64;
  readonly #data: FactData;
  readonly #number: string;

  /** @param number Name of the number that is not always the same. */
  constructor(kind: string, data: FactData, number: string) {
    this.kind = kind;
    this.#data = data;
    this.#number = number;
    const hash = new RollingHash().addText(kind);
    for (const name in data) hash.addText(name).addText(String(data[name]));
    this.hash = hash.addText(number).value;
  }

  dataOf(value: number): FactData {
    return { ...this.#data, [this.#number]: value };
  }
}
