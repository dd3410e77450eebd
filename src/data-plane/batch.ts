/**
 * What crosses between the hub and a shard in one call: fixed-size records in one buffer that is
 * transferred, not copied, and the few strings they refer to.
 */
export class Batch {
  #numbers: Float64Array<ArrayBuffer>;
  #length: number;
  readonly #texts: string[];
  /** Where in `#texts` the texts that were added are: the same few come again and again. */
  readonly #references = new Map<string, number>();

  constructor(
    buffer = new ArrayBuffer(recordsMin * bytesPerRecord),
    length = 0,
    texts: string[] = [],
  ) {
    this.#numbers = new Float64Array(buffer);
    this.#length = length;
    this.#texts = texts;
  }

  /** Records in the batch. */
  get length(): number {
    return this.#length;
  }

  /** When the record happened, µs. */
  atUs(index: number): number {
    return this.#numbers[index * stride] as number;
  }

  /** A code of the protocol: see `orders` and `reports`. */
  kind(index: number): number {
    return (this.#numbers[index * stride + 1] as number) % backgroundMark;
  }

  /** Whether it follows from a heartbeat and the like. */
  isBackground(index: number): boolean {
    return (this.#numbers[index * stride + 1] as number) >= backgroundMark;
  }

  /** Index of the node it is about. */
  node(index: number): number {
    return this.#numbers[index * stride + 2] as number;
  }

  /** Handle of the pod it is about; `noPod` for the node itself. */
  pod(index: number): number {
    return this.#numbers[index * stride + 3] as number;
  }

  /** The `position`-th argument, 0 to 7. */
  argument(index: number, position: number): number {
    return this.#numbers[index * stride + 4 + position] as number;
  }

  /** The string an argument refers to; `""` for `noText`. */
  text(reference: number): string {
    return reference === noText ? "" : (this.#texts[reference] as string);
  }

  add(
    atUs: number,
    kind: number,
    node: number,
    pod: number,
    args: readonly number[],
    isBackground = false,
  ): void {
    const index = this.begin(atUs, kind, node, pod, isBackground);
    for (const [position, value] of args.entries()) this.set(index, position, value);
  }

  /** As `add`, for arguments that `set` gives one by one: an array a record is work for the collector. */
  begin(atUs: number, kind: number, node: number, pod: number, isBackground: boolean): number {
    const offset = this.#length * stride;
    if (offset === this.#numbers.length) this.#grow();
    const numbers = this.#numbers;
    numbers[offset] = atUs;
    numbers[offset + 1] = isBackground ? kind + backgroundMark : kind;
    numbers[offset + 2] = node;
    numbers[offset + 3] = pod;
    // The buffer was used before.
    for (let position = 4; position < stride; position++) numbers[offset + position] = 0;
    return this.#length++;
  }

  set(index: number, position: number, value: number): void {
    this.#numbers[index * stride + 4 + position] = value;
  }

  /** Takes a string along, once; returns how records refer to it. */
  addText(text: string): number {
    if (text === "") return noText;
    const known = this.#references.get(text);
    if (known !== undefined) return known;
    const reference = this.#texts.push(text) - 1;
    this.#references.set(text, reference);
    return reference;
  }

  /**
   * Empties the batch and keeps its buffer: a fresh one a call makes the collector run. So does a large
   * one that changes threads all the time: what a busy window left behind is let go.
   */
  clear(): this {
    if (this.#numbers.length > Math.max(this.#length, recordsMin) * stride * slack) {
      this.#numbers = new Float64Array(Math.max(this.#length * 2, recordsMin) * stride);
    }
    this.#length = 0;
    this.#texts.length = 0;
    this.#references.clear();
    return this;
  }

  /** The parts that a message carries. Afterwards this batch must not be used: its buffer is gone. */
  release(): BatchParts {
    return { buffer: this.#numbers.buffer, length: this.#length, texts: this.#texts };
  }

  #grow(): void {
    const larger = new Float64Array(this.#numbers.length * 2);
    larger.set(this.#numbers);
    this.#numbers = larger;
  }
}

export interface BatchParts {
  readonly buffer: ArrayBuffer;
  readonly length: number;
  readonly texts: string[];
}

export const noPod = -1;
export const noText = -1;

/** Added to the kind of a record of background work. */
const backgroundMark = 256;
const argumentsMax = 8;
const stride = 4 + argumentsMax;
/** How many times what was needed a buffer may be. */
const slack = 16;
/** Records that a buffer has room for, at least. */
const recordsMin = 64;
const bytesPerRecord = stride * Float64Array.BYTES_PER_ELEMENT;
