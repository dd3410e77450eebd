import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Chance } from "../../src/kernel/chance.ts";

describe("keyed chance", () => {
  test("answers a key alike, whatever else was asked before", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.string(), fc.nat(), (others, key, seed) => {
        const asked = new Chance(seed);
        for (const other of others) asked.bits(other);
        expect(asked.bits(key)).toEqual(new Chance(seed).bits(key));
      }),
    );
  });

  test("answers a key in parts as it answers the whole", () => {
    const chance = new Chance(3);
    fc.assert(
      fc.property(fc.array(fc.string()), (parts) => {
        expect(chance.integer(parts, 0, 1e9)).toBe(chance.integer(parts.join(""), 0, 1e9));
      }),
    );
  });

  test("answers different keys, and different seeds, differently", () => {
    const answers = new Set<string>();
    for (let seed = 0; seed < 100; seed++) {
      for (let pod = 0; pod < 100; pod++) {
        answers.add(new Chance(seed).hex(`uid/pods/default/web-${pod}`, 16));
      }
    }
    expect(answers.size).toBe(10_000);
  });

  test("tells seeds apart beyond 32 bits", () => {
    const seeds = [
      1,
      1 + 2 ** 32,
      1 + 2 ** 33,
      Number.MAX_SAFE_INTEGER,
      Number.MAX_SAFE_INTEGER - 1,
    ];
    const answers = seeds.map((seed) => new Chance(seed).hex("key", 16));
    expect(new Set(answers).size).toBe(seeds.length);
  });

  test("an integer lies between its bounds, and both bounds are reached", () => {
    const chance = new Chance(7);
    fc.assert(
      fc.property(fc.string(), fc.integer(), fc.nat(), (key, min, span) => {
        const drawn = chance.integer(key, min, min + span);
        expect(Number.isSafeInteger(drawn)).toBe(true);
        expect(drawn).toBeGreaterThanOrEqual(min);
        expect(drawn).toBeLessThanOrEqual(min + span);
      }),
    );
    const drawn = new Set(
      Array.from({ length: 100 }, (_none, key) => chance.integer(`${key}`, 3, 6)),
    );
    expect(drawn).toEqual(new Set([3, 4, 5, 6]));
  });

  test("draws each of ten numbers about as often", () => {
    const chance = new Chance(1);
    const counts = Array.from({ length: 10 }, () => 0);
    const draws = 20_000;
    for (let key = 0; key < draws; key++) {
      const drawn = chance.integer(`draw/${key}`, 0, 9);
      counts[drawn] = (counts[drawn] ?? 0) + 1;
    }
    // Chi squared with 9 degrees of freedom: 27.9 is passed once in a thousand fair tables.
    const expected = draws / 10;
    const chiSquared = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquared).toBeLessThan(27.9);
  });

  test("a UUID is a version 4 one", () => {
    const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    fc.assert(
      fc.property(fc.nat(), fc.string(), (seed, key) => {
        expect(new Chance(seed).uuid(key)).toMatch(form);
      }),
    );
  });

  test("hexadecimal digits and characters come in the number asked for", () => {
    const chance = new Chance(3);
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 0, max: 80 }), (key, length) => {
        expect(chance.hex(key, length)).toMatch(new RegExp(`^[0-9a-f]{${length}}$`));
        expect(chance.text(key, length, "bcdf")).toMatch(new RegExp(`^[bcdf]{${length}}$`));
      }),
    );
  });
});
