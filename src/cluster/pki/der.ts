/**
 * The dozen ASN.1 types that an X.509 certificate is made of, as DER bytes.
 *
 * Written out because it is this short: an ASN.1 library costs 40 to 190 ms of every cold start,
 * which is more than all the keys and signatures together.
 *
 * @see ITU-T X.690, "Distinguished Encoding Rules"
 */

export function sequence(...items: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(items));
}

/** A SET of one, the only kind certificates need: DER would want several of them sorted. */
export function setOf(item: Buffer): Buffer {
  return tagged(0x31, item);
}

/** A non-negative INTEGER from its big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  const firstUsed = bytes.findIndex((byte) => byte !== 0);
  const digits = firstUsed === -1 ? Buffer.of(0) : Buffer.from(bytes.subarray(firstUsed));
  const looksNegative = (digits[0] as number) >= 0x80;
  return tagged(0x02, looksNegative ? Buffer.concat([Buffer.of(0), digits]) : digits);
}

export function boolean(value: boolean): Buffer {
  return tagged(0x01, Buffer.of(value ? 0xff : 0));
}

/** @param dotted For example `2.5.4.3`. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return tagged(0x06, Buffer.concat([40 * first + second, ...rest].map(base128)));
}

export function utf8String(text: string): Buffer {
  return tagged(0x0c, Buffer.from(text, "utf8"));
}

export function octetString(bytes: Buffer): Buffer {
  return tagged(0x04, bytes);
}

export function bitString(bytes: Buffer, unusedBits = 0): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.of(unusedBits), bytes]));
}

/** UTCTime up to 2049 and GeneralizedTime from 2050, as RFC 5280 wants it. */
export function time(at: Date): Buffer {
  const digits = at.toISOString().replace(/\.\d+|\D/g, "");
  return at.getUTCFullYear() < 2050
    ? tagged(0x17, Buffer.from(`${digits.slice(2)}Z`, "ascii"))
    : tagged(0x18, Buffer.from(`${digits}Z`, "ascii"));
}

/** `[number] EXPLICIT`: the item keeps its own tag inside. */
export function explicit(number: number, item: Buffer): Buffer {
  return tagged(0xa0 | number, item);
}

/** `[number] IMPLICIT` over a primitive type: the tag replaces the type's own. */
export function implicit(number: number, content: Buffer): Buffer {
  return tagged(0x80 | number, content);
}

function tagged(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(tag), length(content.length), content]);
}

function length(size: number): Buffer {
  if (size < 0x80) return Buffer.of(size);
  return size < 0x100 ? Buffer.of(0x81, size) : Buffer.of(0x82, size >> 8, size & 0xff);
}

function base128(value: number): Buffer {
  const digits = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) digits.unshift(0x80 | (rest & 0x7f));
  return Buffer.from(digits);
}
