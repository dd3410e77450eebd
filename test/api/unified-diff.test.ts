import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unifiedDiff } from "../../src/api/unified-diff.ts";

describe("a unified diff", () => {
  test("of equal texts is empty", () => {
    expect(unifiedDiff("a\nb", "a\nb")).toBe("");
  });

  test("shows a change with three lines around it", () => {
    const before = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
    const after = before.with(4, "five");

    expect(unifiedDiff(before.join("\n"), after.join("\n"))).toBe(
      ["@@ -2,7 +2,7 @@", " 2", " 3", " 4", "-5", "+five", " 6", " 7", " 8", ""].join("\n"),
    );
  });

  test("joins changes whose surroundings touch, and parts those that are further away", () => {
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);
    const after = lines.toSpliced(20, 1).with(1, "one").with(7, "seven");
    const hunks = unifiedDiff(lines.join("\n"), after.join("\n")).match(/^@@.*@@$/gm);

    expect(hunks).toEqual(["@@ -1,11 +1,11 @@", "@@ -18,7 +18,6 @@"]);
  });

  test("leads from the one text to the other", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 12 });
    fc.assert(
      fc.property(text, text, (before, after) => {
        const diff = unifiedDiff(["x", ...before].join("\n"), ["x", ...after].join("\n"));
        expect(patched(["x", ...before], diff)).toEqual(["x", ...after]);
      }),
    );
  });
});

/** Applies hunks from the last to the first, so that earlier line numbers stay right. */
function patched(before: readonly string[], diff: string): string[] {
  const hunks = diff.split(/^(?=@@)/m).filter((hunk) => hunk !== "");
  return hunks.toReversed().reduce<string[]>(
    (lines, hunk) => {
      const [head = "", ...body] = hunk.trimEnd().split("\n");
      const [, start = "1", count = "1"] = /^@@ -(\d+)(?:,(\d+))?/.exec(head) ?? [];
      const added = body.filter((line) => !line.startsWith("-")).map((line) => line.slice(1));
      const at = Number(count) === 0 ? Number(start) : Number(start) - 1;
      return lines.toSpliced(at, Number(count), ...added);
    },
    [...before],
  );
}
