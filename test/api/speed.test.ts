import { describe, expect, test } from "vitest";
import { parseSpeed } from "../../src/api/speed.ts";

describe("a speed", () => {
  test.each([
    ["0", 0],
    ["1", 1],
    ["0.25", 0.25],
    ["1000000", 1_000_000],
    ["max", Infinity],
  ])("%s is one", (text, speed) => {
    expect(parseSpeed(text)).toBe(speed);
  });

  test.each(["", " ", "-1", "1000001", "Infinity", "NaN", "fast", "MAX", "1x"])(
    "%j is none",
    (text) => {
      expect(parseSpeed(text)).toBeUndefined();
    },
  );
});
