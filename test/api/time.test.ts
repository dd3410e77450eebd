import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { humanDuration, parseRfc3339, rfc3339, rfc3339Micro } from "../../src/api/time.ts";
import { vectors } from "./vectors.ts";

describe("an instant", () => {
  test("is written in whole seconds, or in microseconds", () => {
    const epochUs = 1_795_356_820_123_456;

    expect(rfc3339(epochUs)).toBe("2026-11-22T14:13:40Z");
    expect(rfc3339Micro(epochUs)).toBe("2026-11-22T14:13:40.123456Z");
  });

  test("survives being written and read, before 1970 too", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (epochUs) => {
        expect(parseRfc3339(rfc3339Micro(epochUs))).toBe(epochUs);
      }),
    );
  });

  test("agrees with the platform's calendar", () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }), (seconds) => {
        const platform = new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
        expect(rfc3339(seconds * 1_000_000)).toBe(platform);
      }),
    );
  });

  test.each([
    ["2026-11-22T14:13:40+01:30", "2026-11-22T12:43:40.000000Z"],
    ["2026-11-22T14:13:40-00:15", "2026-11-22T14:28:40.000000Z"],
    ["2026-11-22T14:13:40.5Z", "2026-11-22T14:13:40.500000Z"],
    ["2026-11-22T14:13:40.1234567Z", "2026-11-22T14:13:40.123456Z"],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z"],
  ])("%s is read as %s", (text, expected) => {
    expect(rfc3339Micro(parseRfc3339(text) ?? Number.NaN)).toBe(expected);
  });

  test.each([
    "",
    "2026-11-22",
    "2026-11-22 14:13:40Z",
    "2026-11-22T14:13:40",
    "2026-13-01T00:00:00Z",
    "2025-02-29T00:00:00Z",
    "2026-11-22T24:00:00Z",
    "2026-11-22T14:13:60Z",
    "2026-11-22T14:13:40+25:00",
  ])("'%s' is no time", (text) => {
    expect(parseRfc3339(text)).toBeUndefined();
  });
});

describe("an age", () => {
  test.each(vectors<{ us: number; text: string }>("human-durations"))(
    "of $us µs is shown as $text",
    ({ us, text }) => {
      expect(humanDuration(us)).toBe(text);
    },
  );
});
