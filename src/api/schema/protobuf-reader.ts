import { DecodeError } from "./decode-error.ts";

/** Reads the fields of one protobuf message, in the order in which they come. */
export class ProtobufReader {
  /** Number of the field that `next` found. */
  number = 0;
  #wireType = 0;
  readonly #bytes: Uint8Array;
  #position: number;
  #end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#position = start;
    this.#end = end;
  }

  /** Goes to the next field; false at the end. Its value is to be read or skipped before the next. */
  next(): boolean {
    if (this.#position >= this.#end) return false;
    const { low, high } = this.#varint();
    this.number = low >>> 3;
    this.#wireType = low & 7;
    if (this.number === 0 || high !== 0) {
      throw new DecodeError(`proto: illegal tag ${this.number} (wire type ${this.#wireType})`);
    }
    return true;
  }

  get isLengthDelimited(): boolean {
    return this.#wireType === wireTypes.lengthDelimited;
  }

  skip(): void {
    switch (this.#wireType) {
      case wireTypes.varint:
        this.#varint();
        return;
      case wireTypes.fixed64:
        this.#advance(8);
        return;
      case wireTypes.lengthDelimited:
        this.#advance(this.#length());
        return;
      case wireTypes.fixed32:
        this.#advance(4);
        return;
      default:
        throw new DecodeError(`proto: illegal wireType ${this.#wireType}`);
    }
  }

  /** Exact up to 2⁵³; beyond, rounded but not out of the range. */
  int64(): number {
    this.#expect(wireTypes.varint);
    const { low, high } = this.#varint();
    return Math.min(high * 2 ** 32 + (low >>> 0), 2 ** 63 - 1024);
  }

  int32(): number {
    this.#expect(wireTypes.varint);
    return this.#varint().low;
  }

  double(): number {
    this.#expect(wireTypes.fixed64);
    const start = this.#advance(8);
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + start, 8).getFloat64(0, true);
  }

  bytes(): Uint8Array {
    this.#expect(wireTypes.lengthDelimited);
    const start = this.#advance(this.#length());
    return this.#bytes.subarray(start, this.#position);
  }

  string(): string {
    return utf8.decode(this.bytes());
  }

  message(): ProtobufReader {
    this.#expect(wireTypes.lengthDelimited);
    const start = this.#advance(this.#length());
    return new ProtobufReader(this.#bytes, start, this.#position);
  }

  /** Numbers that were written one after the other into one field. */
  packed<Value>(read: () => Value): Value[] {
    const start = this.#advance(this.#length());
    const end = this.#position;
    const endBefore = this.#end;
    const values: Value[] = [];
    this.#position = start;
    this.#end = end;
    while (this.#position < end) {
      this.#wireType = wireTypes.varint;
      values.push(read());
    }
    this.#end = endBefore;
    return values;
  }

  #expect(wireType: number): void {
    if (this.#wireType === wireType) return;
    throw new DecodeError(`proto: wrong wireType = ${this.#wireType} for field ${this.number}`);
  }

  #length(): number {
    const { low, high } = this.#varint();
    if (high !== 0 || low < 0) {
      throw new DecodeError("proto: negative length found during unmarshaling");
    }
    return low;
  }

  /** Returns where it was. */
  #advance(length: number): number {
    const start = this.#position;
    if (start + length > this.#end) throw new DecodeError("unexpected EOF");
    this.#position += length;
    return start;
  }

  /** 64 bits as two signed halves. */
  #varint(): { readonly low: number; readonly high: number } {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.#advance(1)] as number;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) return { low, high };
    }
    throw new DecodeError("proto: integer overflow");
  }
}

const wireTypes = { varint: 0, fixed64: 1, lengthDelimited: 2, fixed32: 5 } as const;

const utf8 = new TextDecoder();
