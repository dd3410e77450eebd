import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDuration } from "../../src/api/duration.ts";

describe("a duration", () => {
  test.each([
    ["0", 0],
    ["+0", 0],
    ["0s", 0],
    ["10s", 10_000_000],
    ["+10s", 10_000_000],
    ["1m30s", 90_000_000],
    ["1h15m30.918s", 4_530_918_000],
    ["250ms", 250_000],
    ["1.5h", 5_400_000_000],
    [".5s", 500_000],
    ["5.s", 5_000_000],
    ["3us", 3],
    ["3µs", 3],
    ["3μs", 3],
    ["30s1h", 3_630_000_000],
    ["1s1s", 2_000_000],
    ["1500000ms", 1_500_000_000],
  ])("%s is read as Go does", (text, us) => {
    expect(parseDuration(text)).toBe(us);
  });

  test.each([
    ["1ns", 0],
    ["499ns", 0],
    ["500ns", 1],
    ["2.6us", 3],
    ["0.1s", 100_000],
  ])("%s comes in whole µs", (text, us) => {
    expect(parseDuration(text)).toBe(us);
  });

  test.each([
    "",
    " ",
    "10",
    "s",
    ".s",
    "+",
    "-10s",
    "1d",
    "1w",
    "10 s",
    "10s ",
    "1,5s",
    "1e3s",
    "0x1s",
    "1..5s",
    "1s1",
    "1sm",
    "10S",
    "Infinity",
    "9007199254740993us",
  ])("%j is none", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test("is the sum of its parts, in any order", () => {
    const parts = fc.record({
      h: fc.nat(10_000),
      m: fc.nat(10_000),
      s: fc.nat(10_000),
      ms: fc.nat(10_000),
      us: fc.nat(10_000),
    });
    const units = fc.shuffledSubarray(["h", "m", "s", "ms", "us"] as const, { minLength: 5 });
    fc.assert(
      fc.property(parts, units, (amounts, order) => {
        const { h, m, s, ms, us } = amounts;
        const text = order.map((unit) => `${amounts[unit]}${unit}`).join("");

        expect(parseDuration(text)).toBe((((h * 60 + m) * 60 + s) * 1_000 + ms) * 1_000 + us);
      }),
    );
  });
});
