import { afterEach, describe, expect, test, vi } from "vitest";
import {
  annotationLines,
  column,
  instant,
  since,
} from "../../../../src/cli/kubectl/describe/lines.ts";

describe("a time in a description", () => {
  afterEach(() => vi.unstubAllEnvs());

  test.each([
    ["UTC", "Sun, 22 Nov 2026 14:34:37 +0000"],
    ["America/St_Johns", "Sun, 22 Nov 2026 11:04:37 -0330"],
    ["Pacific/Auckland", "Mon, 23 Nov 2026 03:34:37 +1300"],
  ])("is that of whoever reads it, in %s as elsewhere", (zone, text) => {
    vi.stubEnv("TZ", zone);

    expect(instant("2026-11-22T14:34:37Z")).toBe(text);
  });

  test("is Go's zero where there is none", () => {
    expect(instant(null)).toBe("Mon, 01 Jan 0001 00:00:00 +0000");
    expect(since(undefined, 0)).toBe("<unknown>");
  });

  test("is said as an age where that matters", () => {
    expect(since("1970-01-01T00:00:01Z", 91_000_000)).toBe("90s");
  });
});

describe("annotations", () => {
  test("leave out kubectl's own and break long ones", () => {
    const lines = annotationLines({
      "kubectl.kubernetes.io/last-applied-configuration": "{}",
      long: "x".repeat(200),
      short: "y\n",
    });

    expect(lines).toEqual(["Annotations:\tlong:", `\t  ${"x".repeat(138)}...`, "\tshort: y"]);
  });
});

test("a column of nothing says so", () => {
  expect(column("Labels", [])).toEqual(["Labels:\t<none>"]);
});
