/**
 * 64 bits as two unsigned 32-bit lanes. Numbers this size stay integers in V8; a `bigint` a hash
 * would cost an allocation per fact.
 */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

/** Where every hash without a seed begins. */
export const hashStart: Hash64 = { high: 0x9e3779b9, low: 0x7f4a7c15 };

/** One lane each of a 64-bit rolling hash: order matters, so a rolling hash of facts is a history. */
export class RollingHash {
  // Signed here, for V8 boxes what does not fit into a signed integer.
  #high: number;
  #low: number;

  constructor(seed: Hash64 = hashStart) {
    this.#high = seed.high | 0;
    this.#low = seed.low | 0;
  }

  restart(seed: Hash64): this {
    this.#high = seed.high | 0;
    this.#low = seed.low | 0;
    return this;
  }

  get value(): Hash64 {
    return { high: this.#high >>> 0, low: this.#low >>> 0 };
  }

  get high(): number {
    return this.#high >>> 0;
  }

  get low(): number {
    return this.#low >>> 0;
  }

  /** Strings are folded by UTF-16 code unit, with their length, so that "ab","c" is not "a","bc". */
  addText(text: string): this {
    this.#fold(text);
    return this.addInteger(text.length);
  }

  /** The parts of a text, as `addText` the whole, which nobody has to put together. */
  addTextIn(parts: readonly string[]): this {
    let length = 0;
    for (const part of parts) {
      this.#fold(part);
      length += part.length;
    }
    return this.addInteger(length);
  }

  /** What was hashed before: as good as what it was made from, and sooner done. */
  addHash({ high, low }: Hash64): this {
    return this.addInteger(high).addInteger(low);
  }

  /** Any safe integer, negative ones included. */
  addInteger(value: number): this {
    const lowBits = value | 0;
    const highBits = Math.floor(value / 0x1_0000_0000) | 0;
    const high = mix(this.#high ^ Math.imul(lowBits, 0xcc9e2d51) ^ highBits);
    const low = mix(this.#low + Math.imul(highBits, 0x1b873593) + lowBits + (high >>> 7));
    this.#high = high | 0;
    this.#low = low | 0;
    return this;
  }

  #fold(text: string): void {
    let high = this.#high;
    let low = this.#low;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      high = Math.imul(high ^ unit, 0x85ebca6b);
      low = Math.imul(low ^ unit, 0xc2b2ae35);
    }
    this.#high = high;
    this.#low = low;
  }
}

/**
 * A sum of 64-bit hashes, lane by lane: the same in whatever order they come, and on however many
 * threads the parts of it were summed.
 */
export class HashSum {
  #high = 0;
  #low = 0;

  get value(): Hash64 {
    return { high: this.#high >>> 0, low: this.#low >>> 0 };
  }

  add({ high, low }: Hash64): this {
    this.#high = (this.#high + high) | 0;
    this.#low = (this.#low + low) | 0;
    return this;
  }
}

/** A text whose hash is known, because much is recorded of it. */
export interface HashedText extends Hash64 {
  readonly text: string;
}

export function hashOfText(text: string): Hash64 {
  return new RollingHash().addText(text).value;
}

/** The 16 hexadecimal digits people compare. */
export function hashText({ high, low }: Hash64): string {
  return hexOf(high) + hexOf(low);
}

/** murmur3's finaliser: every input bit reaches every output bit. */
export function mix(value: number): number {
  let bits = value ^ (value >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits ^= bits >>> 13;
  bits = Math.imul(bits, 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** 32 bits as 8 lower-case hexadecimal digits, by a table: identities are made of them. */
export function hexOf(bits: number): string {
  return `${digitsOf(bits >>> 24)}${digitsOf(bits >>> 16)}${digitsOf(bits >>> 8)}${digitsOf(bits)}`;
}

/** The lowest 8 bits as 2 digits. */
export function digitsOf(bits: number): string {
  return digits[bits & 0xff] as string;
}

const digits = Array.from({ length: 256 }, (_none, byte) => byte.toString(16).padStart(2, "0"));
