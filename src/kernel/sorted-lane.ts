import type { Due } from "./event-queue.ts";

/**
 * Entries that come in the order they are due: a ring over parallel arrays, with nothing to sort. Who
 * wakes again after the same time as everybody else comes last.
 */
export class SortedLane<T> {
  #first = 0;
  #size = 0;
  #atUs = new Float64Array(lengthMin);
  #rank = new Float64Array(lengthMin);
  #source = new Float64Array(lengthMin);
  #sequence = new Float64Array(lengthMin);
  #values = newValues<T>(lengthMin);

  get size(): number {
    return this.#size;
  }

  /** When the first entry is due; `Infinity` for an empty lane. */
  get firstAtUs(): number {
    return this.#size === 0 ? Infinity : (this.#atUs[this.#first] as number);
  }

  get firstRank(): number {
    return this.#rank[this.#first] as number;
  }

  get firstSource(): number {
    return this.#source[this.#first] as number;
  }

  get firstSequence(): number {
    return this.#sequence[this.#first] as number;
  }

  /**
   * Adds an entry, if it comes after all that are there.
   *
   * @param rank Class and destination in one number.
   * @returns Whether it does: no other of the same time, unless its rank is higher.
   */
  push({ atUs, source, sequence }: Due, rank: number, value: T): boolean {
    const mask = this.#values.length - 1;
    if (this.#size > 0) {
      const last = (this.#first + this.#size - 1) & mask;
      const lastAtUs = this.#atUs[last] as number;
      if (atUs < lastAtUs || (atUs === lastAtUs && rank <= (this.#rank[last] as number))) {
        return false;
      }
    }
    if (this.#size === this.#values.length) this.#grow();
    const at = (this.#first + this.#size++) & (this.#values.length - 1);
    this.#atUs[at] = atUs;
    this.#rank[at] = rank;
    this.#source[at] = source;
    this.#sequence[at] = sequence;
    this.#values[at] = value;
    return true;
  }

  /** Takes the first entry, when there is one. */
  shift(): T {
    const value = this.#values[this.#first] as T;
    this.#values[this.#first] = undefined;
    this.#first = (this.#first + 1) & (this.#values.length - 1);
    this.#size--;
    return value;
  }

  #grow(): void {
    const length = this.#values.length * 2;
    this.#atUs = this.#unrolled(this.#atUs, length);
    this.#rank = this.#unrolled(this.#rank, length);
    this.#source = this.#unrolled(this.#source, length);
    this.#sequence = this.#unrolled(this.#sequence, length);
    const values = newValues<T>(length);
    for (let index = 0; index < this.#size; index++) {
      values[index] = this.#values[(this.#first + index) & (this.#values.length - 1)];
    }
    this.#values = values;
    this.#first = 0;
  }

  #unrolled(array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
    const larger = new Float64Array(length);
    larger.set(array.subarray(this.#first));
    larger.set(array.subarray(0, this.#first), array.length - this.#first);
    return larger;
  }
}

/** A power of two. */
const lengthMin = 16;

function newValues<T>(length: number): (T | undefined)[] {
  return Array.from({ length }, () => undefined);
}
