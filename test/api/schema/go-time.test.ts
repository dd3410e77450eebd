import { describe, expect, test } from "vitest";
import { canonicalMicroTime, canonicalTime } from "../../../src/api/schema/go-time.ts";

const layout = "2006-01-02T15:04:05Z07:00";

describe("a time", () => {
  test.each([
    ["2026-11-22T14:13:40Z", "2026-11-22T14:13:40Z"],
    ["2026-11-22T14:13:40.999Z", "2026-11-22T14:13:40Z"],
    ["2026-11-22T14:13:40-10:30", "2026-11-23T00:43:40Z"],
    ["2026-11-22T4:13:40Z", "2026-11-22T04:13:40Z"],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"],
    ["0001-01-01T00:00:00Z", null],
  ])("%s is written as %s", (text, written) => {
    expect(canonicalTime(text)).toBe(written);
  });

  test.each([
    ["", `parsing time "" as "${layout}": cannot parse "" as "2006"`],
    ["2026-11-22", `parsing time "2026-11-22" as "${layout}": cannot parse "" as "T"`],
    [
      "2026-11-22T14:13:40",
      `parsing time "2026-11-22T14:13:40" as "${layout}": cannot parse "" as "Z07:00"`,
    ],
    ["2026-13-22T14:13:40Z", 'parsing time "2026-13-22T14:13:40Z": month out of range'],
    ["2026-02-30T14:13:40Z", 'parsing time "2026-02-30T14:13:40Z": day out of range'],
    [
      "2026-11-22T14:13:40Zé",
      'parsing time "2026-11-22T14:13:40Z\\xc3\\xa9": extra text: "\\xc3\\xa9"',
    ],
  ])("%j is refused in Go's words", (text, message) => {
    expect(() => canonicalTime(text)).toThrow(message);
  });
});

describe("a time with microseconds", () => {
  test("is written with six decimals", () => {
    expect(canonicalMicroTime("2026-11-22T14:13:40.000001+01:00")).toBe(
      "2026-11-22T13:13:40.000001Z",
    );
    expect(canonicalMicroTime("0001-01-01T00:00:00.000000Z")).toBeNull();
  });

  test("must be read with six decimals, too", () => {
    expect(() => canonicalMicroTime("2026-11-22T14:13:40Z")).toThrow(
      'parsing time "2026-11-22T14:13:40Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
    );
  });
});
