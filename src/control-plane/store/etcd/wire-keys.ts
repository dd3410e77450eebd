import { isUtf8 } from "node:buffer";
import { compareBytes } from "../compare.ts";
import { prefixEnd, type KeyRange } from "../store.ts";
import { StoreError } from "../store-errors.ts";
import type { WireRange } from "./wire-messages.ts";

/**
 * Keys as text and as bytes. etcd's order is that of bytes, ours that of code units: they differ
 * only where a key has characters beyond U+FFFF, which sort before U+E000 here and after it there.
 */

/** @throws {StoreError} When it is no Unicode text, so that reading it would give another key. */
export function keyBytes(key: string): Uint8Array {
  if (/\p{Surrogate}/u.test(key)) {
    throw new StoreError(`key ${JSON.stringify(key)} is not Unicode text: half a character`);
  }
  return Buffer.from(key);
}

/** @throws {StoreError} When the bytes are not UTF-8. */
export function keyText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new StoreError(`key ${quoted(bytes)} is not UTF-8: keys are text here`);
  }
}

/** A range as etcd wants it: no key is empty, and `\0` ends the range of everything. */
export function wireRange({ key, rangeEnd }: KeyRange): WireRange {
  if (rangeEnd === undefined) return { key: keyBytes(key) };
  const start = key === "" ? nul : keyBytes(key);
  if (rangeEnd >= prefixEnd("")) return { key: start, rangeEnd: nul };
  // etcd means something else by these two.
  if (rangeEnd === "" || rangeEnd === "\0") return { key: start, rangeEnd: start };
  return { key: start, rangeEnd: endBytes(rangeEnd) };
}

/** @throws {StoreError} When the range begins with what is not UTF-8; where it ends may be. */
export function rangeFromWire({ key, rangeEnd = noBytes }: WireRange): KeyRange {
  if (rangeEnd.length === 0) return { key: keyText(key) };
  const start = keyText(key);
  if (rangeEnd.length === 1 && rangeEnd[0] === 0) return { key: start, rangeEnd: prefixEnd("") };
  return { key: start, rangeEnd: endText(rangeEnd, start) };
}

/** The end of a prefix may be half a character: as bytes it is what comes after the other half. */
function endBytes(end: string): Uint8Array {
  const last = end.charCodeAt(end.length - 1);
  if (last < 0xd800 || last > 0xdfff) return Buffer.from(end);
  const before = end.charCodeAt(end.length - 2);
  const isPair = last >= 0xdc00 && before >= 0xd800 && before <= 0xdbff;
  if (isPair) return Buffer.from(end);
  return Buffer.concat([Buffer.from(end.slice(0, -1)), Buffer.from([0xed, 0xa0, 0x80])]);
}

/** The first text that is not before `end`, for a range that begins at `start`. */
function endText(end: Uint8Array, start: string): string {
  const length = validLength(end);
  const text = utf8.decode(end.subarray(0, length));
  const rest = end.subarray(length);
  if (rest.length === 0) return text;
  let low = 0x80;
  let high = lastCodePoint + 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes(Buffer.from(characterFrom(middle)), rest) < 0) low = middle + 1;
    else high = middle;
  }
  // As bytes it is after U+FFFF, as text before U+E000: only who begins in between ends there.
  const isLong = start.startsWith(text) && /^[\uD800-\uDBFF]/.test(start.slice(text.length));
  const isEnd = low <= 0xffff || (isLong && low <= lastCodePoint);
  return isEnd ? text + characterFrom(low) : prefixEnd(text);
}

/** How many bytes from the start are UTF-8. */
function validLength(bytes: Uint8Array): number {
  // What is not UTF-8 reads as another character, so that it does not come back as it was.
  const back = Buffer.from(lenientUtf8.decode(bytes));
  let length = 0;
  while (length < bytes.length && bytes[length] === back[length]) length++;
  while (!isUtf8(bytes.subarray(0, length))) length--;
  return length;
}

/** The character at a code point, or the one after those that are no characters by themselves. */
function characterFrom(codePoint: number): string {
  return String.fromCodePoint(codePoint >= 0xd800 && codePoint <= 0xdfff ? 0xe000 : codePoint);
}

function quoted(bytes: Uint8Array): string {
  const printable = [...bytes].map((byte) =>
    byte >= 0x20 && byte < 0x7f
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, "0")}`,
  );
  return `"${printable.join("")}"`;
}

const lenientUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const nul = new Uint8Array(1);
const noBytes = new Uint8Array(0);
const lastCodePoint = 0x10_ffff;
