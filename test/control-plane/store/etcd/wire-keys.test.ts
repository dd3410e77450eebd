import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareBytes } from "../../../../src/control-plane/store/compare.ts";
import { type KeyRange, prefixEnd } from "../../../../src/control-plane/store/store.ts";
import {
  keyBytes,
  keyText,
  rangeFromWire,
  wireRange,
} from "../../../../src/control-plane/store/etcd/wire-keys.ts";
import type { WireRange } from "../../../../src/control-plane/store/etcd/wire-messages.ts";

/** Characters up to U+FFFF, many of them near the places where text and bytes differ. */
const character = fc.oneof(
  fc.constantFrom("\0", "/", "0", "\x7F", "\x80", "é", "ÿ", "\u07FF", "\u0800", "\uD7FF", "\uE000"),
  fc.constantFrom("\uFFFD", "\uFFFE"),
  fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 1 }),
);
const text = fc.array(character, { minLength: 1, maxLength: 4 }).map((all) => all.join(""));

const holdsText = ({ key, rangeEnd }: KeyRange, other: string): boolean =>
  rangeEnd === undefined ? other === key : key <= other && other < rangeEnd;

/** As etcd reads a range. */
function holdsBytes({ key, rangeEnd }: WireRange, other: Uint8Array): boolean {
  if (rangeEnd === undefined || rangeEnd.length === 0) return compareBytes(other, key) === 0;
  const isOpen = rangeEnd.length === 1 && rangeEnd[0] === 0;
  return compareBytes(key, other) <= 0 && (isOpen || compareBytes(other, rangeEnd) < 0);
}

describe("a range as bytes", () => {
  test("holds the keys that it holds as text", () => {
    fc.assert(
      fc.property(text, text, text, (key, rangeEnd, other) => {
        const range = { key, rangeEnd };
        expect(holdsBytes(wireRange(range), keyBytes(other))).toBe(holdsText(range, other));
      }),
    );
  });

  test("of a prefix holds what starts with it", () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.constant("")), text, (prefix, other) => {
        const range = wireRange({ key: prefix, rangeEnd: prefixEnd(prefix) });
        expect(holdsBytes(range, keyBytes(other))).toBe(other.startsWith(prefix));
      }),
    );
  });

  test("read back as text holds the same keys, wherever it ends", () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(text, bytes, text, (key, rangeEnd, other) => {
        const range = { key: keyBytes(key), rangeEnd };
        expect(holdsText(rangeFromWire(range), other)).toBe(holdsBytes(range, keyBytes(other)));
      }),
      { numRuns: 2_000 },
    );
  });

  test("of a prefix beyond U+FFFF ends after it, though its bytes there are no character", () => {
    const prefix = "/😿";
    const rangeEnd = Buffer.from(prefix);
    rangeEnd[rangeEnd.length - 1] = 0xc0;
    const range = rangeFromWire({ key: Buffer.from(prefix), rangeEnd });
    expect(["/😾", "/😿", "/😿x", "/🙀"].map((key) => holdsText(range, key))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  test("without an end is one key", () => {
    expect(rangeFromWire({ key: keyBytes("a"), rangeEnd: new Uint8Array(0) })).toEqual({
      key: "a",
    });
  });
});

describe("a key", () => {
  test("comes back as it was", () => {
    fc.assert(
      fc.property(text, (key) => {
        expect(keyText(keyBytes(key))).toBe(key);
      }),
    );
  });

  test("that is half a character is refused, and so are bytes that are not UTF-8", () => {
    expect(() => keyBytes("a\uD83D")).toThrow('key "a\\ud83d" is not Unicode text');
    expect(() => keyText(Buffer.from([0x61, 0xff]))).toThrow('key "a\\xff" is not UTF-8');
  });
});
