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
  #heap = new Int32Array(64);
  #atUs = new Float64Array(64);
  #rank = new Float64Array(64);
  #source = new Float64Array(64);
  #sequence = new Float64Array(64);
  readonly #values: (T | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#size;
  }

  /** When the first entry is due; `Infinity` for an empty queue. */
  get firstAtUs(): number {
    return this.#size === 0 ? Infinity : (this.#atUs[this.#heap[0] as number] as number);
  }

  /** Returns a slot, good for `replace` until the entry is popped. */
  push(due: Due, value: T): number {
    const slot = this.#free.pop() ?? this.#newSlot();
    this.#atUs[slot] = due.atUs;
    // Class and destination in one number: destinations stay below 2^40.
    this.#rank[slot] = due.class * 0x100_0000_0000 + due.destination;
    this.#source[slot] = due.source;
    this.#sequence[slot] = due.sequence;
    this.#values[slot] = value;
    this.#siftUp(this.#size++, slot);
    return slot;
  }

  /** Swaps what a slot holds: how a cancelled timer lets go of its callback. */
  replace(slot: number, value: T): void {
    this.#values[slot] = value;
  }

  /** @throws {RangeError} When empty. */
  pop(): { readonly atUs: number; readonly destination: number; readonly value: T } {
    if (this.#size === 0) throw new RangeError("nothing is due");
    const slot = this.#heap[0] as number;
    const value = this.#values[slot] as T;
    const popped = {
      atUs: this.#atUs[slot] as number,
      destination: (this.#rank[slot] as number) % 0x100_0000_0000,
      value,
    };
    this.#values[slot] = undefined;
    this.#free.push(slot);
    const last = this.#heap[--this.#size] as number;
    if (this.#size > 0) this.#siftDown(last);
    return popped;
  }

  #newSlot(): number {
    const slot = this.#values.length;
    if (slot === this.#atUs.length) this.#grow(slot * 2);
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

  #siftUp(start: number, slot: number): void {
    let index = start;
    while (index > 0) {
      const parentIndex = (index - 1) >> 2;
      const parent = this.#heap[parentIndex] as number;
      if (!this.#isBefore(slot, parent)) break;
      this.#heap[index] = parent;
      index = parentIndex;
    }
    this.#heap[index] = slot;
  }

  #siftDown(slot: number): void {
    let index = 0;
    for (;;) {
      const firstChild = index * 4 + 1;
      if (firstChild >= this.#size) break;
      let bestIndex = firstChild;
      const end = Math.min(firstChild + 4, this.#size);
      for (let child = firstChild + 1; child < end; child++) {
        if (this.#isBefore(this.#heap[child] as number, this.#heap[bestIndex] as number)) {
          bestIndex = child;
        }
      }
      const best = this.#heap[bestIndex] as number;
      if (!this.#isBefore(best, slot)) break;
      this.#heap[index] = best;
      index = bestIndex;
    }
    this.#heap[index] = slot;
  }

  #isBefore(left: number, right: number): boolean {
    const byTime = (this.#atUs[left] as number) - (this.#atUs[right] as number);
    if (byTime !== 0) return byTime < 0;
    const byRank = (this.#rank[left] as number) - (this.#rank[right] as number);
    if (byRank !== 0) return byRank < 0;
    const bySource = (this.#source[left] as number) - (this.#source[right] as number);
    if (bySource !== 0) return bySource < 0;
    return (this.#sequence[left] as number) < (this.#sequence[right] as number);
  }
}

function grown(array: Float64Array<ArrayBuffer>, capacity: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(capacity);
  larger.set(array);
  return larger;
}
