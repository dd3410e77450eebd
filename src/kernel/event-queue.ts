import { SortedLane } from "./sorted-lane.ts";

/**
 * What is due first, in the one total order of the simulation:
 * `(time µs, class, destination, source, source sequence)`.
 *
 * None of the five depends on the thread an actor runs on or on the order in which things were
 * pushed, so neither does the history.
 */
export interface Due {
  readonly atUs: number;
  readonly class: number;
  readonly destination: number;
  readonly source: number;
  readonly sequence: number;
}

/**
 * A 4-ary heap over parallel arrays: no object per pending entry, so that a million timers cost
 * bytes and not garbage collections.
 */
export class EventQueue<T> {
  #size = 0;
  /** Slots in heap order, and their times beside them: most comparisons look no further. */
  #heap = new Int32Array(64);
  #atUs = new Float64Array(64);
  /** By slot. */
  #rank = new Float64Array(64);
  #source = new Float64Array(64);
  #sequence = new Float64Array(64);
  readonly #values: (T | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #lane = new SortedLane<T>();

  get size(): number {
    return this.#size + this.#lane.size;
  }

  /** When the first entry is due; `Infinity` for an empty queue. */
  get firstAtUs(): number {
    const { firstAtUs } = this.#lane;
    if (this.#size === 0) return firstAtUs;
    const atUs = this.#atUs[0] as number;
    return firstAtUs < atUs ? firstAtUs : atUs;
  }

  /** Returns a slot, good for `replace` until the entry is popped. */
  push(due: Due, value: T): number {
    const slot = this.#free.pop() ?? this.#newSlot();
    this.#rank[slot] = rankOf(due);
    this.#source[slot] = due.source;
    this.#sequence[slot] = due.sequence;
    this.#values[slot] = value;
    this.#siftUp(this.#size++, slot, due.atUs);
    return slot;
  }

  /** As `push`, of what is likely due after all that was pushed like this: that costs no sorting. */
  pushLast(due: Due, value: T): void {
    if (!this.#lane.push(due, rankOf(due), value)) this.push(due, value);
  }

  /** Swaps what a slot holds: how a cancelled timer lets go of its callback. */
  replace(slot: number, value: T): void {
    this.#values[slot] = value;
  }

  /** @throws {RangeError} When empty. */
  pop(): T {
    if (this.#isLaneFirst()) return this.#lane.shift();
    if (this.#size === 0) throw new RangeError("nothing is due");
    const slot = this.#heap[0] as number;
    const value = this.#values[slot] as T;
    this.#values[slot] = undefined;
    this.#free.push(slot);
    const last = --this.#size;
    if (last > 0) this.#siftDown(this.#heap[last] as number, this.#atUs[last] as number);
    return value;
  }

  #isLaneFirst(): boolean {
    const lane = this.#lane;
    if (lane.size === 0 || this.#size === 0) return lane.size > 0;
    const atUs = this.#atUs[0] as number;
    if (lane.firstAtUs !== atUs) return lane.firstAtUs < atUs;
    const slot = this.#heap[0] as number;
    const byRank = lane.firstRank - (this.#rank[slot] as number);
    if (byRank !== 0) return byRank < 0;
    const bySource = lane.firstSource - (this.#source[slot] as number);
    if (bySource !== 0) return bySource < 0;
    return lane.firstSequence < (this.#sequence[slot] as number);
  }

  #newSlot(): number {
    const slot = this.#values.length;
    if (slot === this.#heap.length) this.#grow(slot * 2);
    this.#values.push(undefined);
    return slot;
  }

  #grow(capacity: number): void {
    const heap = new Int32Array(capacity);
    heap.set(this.#heap);
    this.#heap = heap;
    this.#atUs = grown(this.#atUs, capacity);
    this.#rank = grown(this.#rank, capacity);
    this.#source = grown(this.#source, capacity);
    this.#sequence = grown(this.#sequence, capacity);
  }

  #siftUp(start: number, slot: number, atUs: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 2;
      if (!this.#isBefore(atUs, slot, parent)) break;
      this.#move(parent, index);
      index = parent;
    }
    this.#heap[index] = slot;
    this.#atUs[index] = atUs;
  }

  #siftDown(slot: number, atUs: number): void {
    let index = 0;
    for (let child = 1; child < this.#size; child = index * 4 + 1) {
      const end = Math.min(child + 4, this.#size);
      let best = child;
      for (let other = child + 1; other < end; other++) {
        const otherAtUs = this.#atUs[other] as number;
        if (this.#isBefore(otherAtUs, this.#heap[other] as number, best)) best = other;
      }
      if (this.#isBefore(atUs, slot, best)) break;
      this.#move(best, index);
      index = best;
    }
    this.#heap[index] = slot;
    this.#atUs[index] = atUs;
  }

  #move(from: number, to: number): void {
    this.#heap[to] = this.#heap[from] as number;
    this.#atUs[to] = this.#atUs[from] as number;
  }

  /** Whether an entry comes before the one at `index` of the heap. */
  #isBefore(atUs: number, slot: number, index: number): boolean {
    const otherAtUs = this.#atUs[index] as number;
    if (atUs !== otherAtUs) return atUs < otherAtUs;
    return this.#isBeforeAtOnce(slot, this.#heap[index] as number);
  }

  /** Of two entries that are due at the same time. */
  #isBeforeAtOnce(left: number, right: number): boolean {
    const byRank = (this.#rank[left] as number) - (this.#rank[right] as number);
    if (byRank !== 0) return byRank < 0;
    const bySource = (this.#source[left] as number) - (this.#source[right] as number);
    if (bySource !== 0) return bySource < 0;
    return (this.#sequence[left] as number) < (this.#sequence[right] as number);
  }
}

/** Class and destination in one number: destinations stay below 2^40. */
function rankOf(due: Due): number {
  return due.class * 0x100_0000_0000 + due.destination;
}

function grown(array: Float64Array<ArrayBuffer>, capacity: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(capacity);
  larger.set(array);
  return larger;
}
