/**
 * What crosses between the hub and a shard in one call: fixed-size records in one buffer that is
 * transferred, not copied, and the few strings they refer to.
 */
export class Batch {
  #numbers: Float64Array<ArrayBuffer>;
  #length: number;
  readonly #texts: string[];

  constructor(buffer = new ArrayBuffer(64 * bytesPerRecord), length = 0, texts: string[] = []) {
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
    let offset = this.#length * stride;
    if (offset === this.#numbers.length) this.#grow();
    this.#numbers[offset++] = atUs;
    this.#numbers[offset++] = isBackground ? kind + backgroundMark : kind;
    this.#numbers[offset++] = node;
    this.#numbers[offset++] = pod;
    for (let position = 0; position < argumentsMax; position++) {
      this.#numbers[offset++] = args[position] ?? 0;
    }
    this.#length++;
  }

  /** Takes a string along; returns how records refer to it. */
  addText(text: string): number {
    return text === "" ? noText : this.#texts.push(text) - 1;
  }

  /** Empties the batch and keeps its buffer: a fresh one a call makes the collector run. */
  clear(): this {
    this.#length = 0;
    this.#texts.length = 0;
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
const bytesPerRecord = stride * Float64Array.BYTES_PER_ELEMENT;
