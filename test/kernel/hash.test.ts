import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Hash64, HashSum, hashText, RollingHash } from "../../src/kernel/hash.ts";

function hashOf(...parts: readonly (string | number)[]): string {
  const hash = new RollingHash();
  for (const part of parts) {
    if (typeof part === "string") hash.addText(part);
    else hash.addInteger(part);
  }
  return hashText(hash.value);
}

const part = fc.oneof(fc.string(), fc.maxSafeInteger());

describe("a rolling hash", () => {
  test("is 16 hexadecimal digits, the same for the same history", () => {
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        expect(hashOf(...parts)).toMatch(/^[0-9a-f]{16}$/);
        expect(hashOf(...parts)).toBe(hashOf(...parts));
      }),
    );
  });

  test("differs when one part of a history differs", () => {
    fc.assert(
      fc.property(fc.array(part, { minLength: 1 }), part, fc.nat(), (parts, other, at) => {
        const changed = parts.with(at % parts.length, other);
        fc.pre(!Object.is(changed[at % parts.length], parts[at % parts.length]));
        expect(hashOf(...changed)).not.toBe(hashOf(...parts));
      }),
    );
  });

  test("differs when two things happen the other way round", () => {
    expect(hashOf("bound", "started")).not.toBe(hashOf("started", "bound"));
    expect(hashOf(1, 2)).not.toBe(hashOf(2, 1));
  });

  test("knows where one text ends and the next begins", () => {
    expect(hashOf("ab", "c")).not.toBe(hashOf("a", "bc"));
    expect(hashOf("")).not.toBe(hashOf());
  });

  test("takes a text in parts as it takes the whole", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (parts) => {
        const inParts = new RollingHash().addTextIn(parts).value;
        expect(inParts).toEqual(new RollingHash().addText(parts.join("")).value);
      }),
    );
  });

  test("begins anew when asked", () => {
    const hash = new RollingHash().addText("before");
    const seed = { high: 0xffff_ffff, low: 1 };

    expect(hash.restart(seed).value).toEqual(seed);
    expect(hash.addText("a").value).toEqual(new RollingHash(seed).addText("a").value);
  });

  test("tells apart every short text and every small integer", () => {
    const letters = Array.from("abcdefghijklmnopqrstuvwxyz0123456789-./é中");
    const texts = letters.flatMap((one) => letters.map((two) => one + two));
    const hashes = new Set([...texts, ...letters].map((text) => hashOf(text)));
    expect(hashes.size).toBe(texts.length + letters.length);

    const integers = Array.from({ length: 20_000 }, (_none, index) => index - 10_000);
    expect(new Set(integers.map((integer) => hashOf(integer))).size).toBe(integers.length);
  });

  test("tells apart integers that share their low 32 bits", () => {
    const integers = [5, 5 + 2 ** 32, 5 - 2 ** 32, 5 + 2 ** 52, -5, -5 - 2 ** 32];
    expect(new Set(integers.map((integer) => hashOf(integer))).size).toBe(integers.length);
  });
});

describe("a sum of hashes", () => {
  const hash: fc.Arbitrary<Hash64> = fc.record({
    high: fc.integer({ min: 0, max: 0xffff_ffff }),
    low: fc.integer({ min: 0, max: 0xffff_ffff }),
  });

  function sumOf(hashes: readonly Hash64[]): Hash64 {
    const sum = new HashSum();
    for (const each of hashes) sum.add(each);
    return sum.value;
  }

  test("is the same in any order, and of sums", () => {
    fc.assert(
      fc.property(fc.array(hash), fc.nat(), (hashes, at) => {
        const half = at % (hashes.length + 1);
        const halves = [sumOf(hashes.slice(half)), sumOf(hashes.slice(0, half))];

        expect(sumOf(hashes.toReversed())).toEqual(sumOf(hashes));
        expect(sumOf(halves)).toEqual(sumOf(hashes));
      }),
    );
  });

  test("tells how often a hash was in it", () => {
    const one = { high: 0x8000_0000, low: 0xffff_ffff };

    expect(sumOf([])).toEqual({ high: 0, low: 0 });
    expect(sumOf([one])).toEqual(one);
    expect(sumOf([one, one])).toEqual({ high: 0, low: 0xffff_fffe });
  });
});
