/** Writes numbers, texts and bytes one after the other. */
export class ByteWriter {
  #buffer = Buffer.allocUnsafe(4_096);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Leaves room to be filled in later. */
  skip(bytes: number): void {
    this.#room(bytes);
    this.#length += bytes;
  }

  byte(value: number): void {
    this.#room(1);
    this.#buffer[this.#length++] = value;
  }

  count(value: number): void {
    const at = this.#room(4);
    this.#length = this.#buffer.writeUInt32LE(value, at);
  }

  number(value: number): void {
    const at = this.#room(8);
    this.#length = this.#buffer.writeDoubleLE(value, at);
  }

  bigint(value: bigint): void {
    const at = this.#room(8);
    this.#length = this.#buffer.writeBigInt64LE(value, at);
  }

  text(value: string): void {
    // A code unit is three bytes at most.
    const at = this.#room(4 + value.length * 3);
    const bytes = this.#buffer.write(value, at + 4);
    this.#buffer.writeUInt32LE(bytes, at);
    this.#length = at + 4 + bytes;
  }

  bytes(value: Uint8Array): void {
    this.count(value.length);
    const at = this.#room(value.length);
    this.#buffer.set(value, at);
    this.#length += value.length;
  }

  /** What was written; the writer begins anew. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#length);
    this.#buffer = Buffer.allocUnsafe(4_096);
    this.#length = 0;
    return taken;
  }

  /** Where the next byte goes, with so many behind it free. */
  #room(bytes: number): number {
    const needed = this.#length + bytes;
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, needed));
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    return this.#length;
  }
}

/** Reads what a `ByteWriter` wrote. */
export class ByteReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#buffer.length;
  }

  byte(): number {
    return this.#buffer.readUInt8(this.#move(1));
  }

  count(): number {
    return this.#buffer.readUInt32LE(this.#move(4));
  }

  number(): number {
    return this.#buffer.readDoubleLE(this.#move(8));
  }

  bigint(): bigint {
    return this.#buffer.readBigInt64LE(this.#move(8));
  }

  text(): string {
    const length = this.count();
    const at = this.#move(length);
    return this.#buffer.toString("utf8", at, at + length);
  }

  /** Of the buffer itself: to be decoded, not kept. */
  bytes(): Uint8Array {
    const length = this.count();
    const at = this.#move(length);
    return this.#buffer.subarray(at, at + length);
  }

  #move(bytes: number): number {
    const at = this.#at;
    this.#at += bytes;
    return at;
  }
}
