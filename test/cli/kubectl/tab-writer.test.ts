import { describe, expect, test } from "vitest";
import { TabWriter, tableWriter } from "../../../src/cli/kubectl/tab-writer.ts";

describe("a tab writer", () => {
  test("pads all cells of a column but those at the end of a line", () => {
    expect(tableWriter().align("NAME\tREADY\tAGE\nmy-nginx\t1/1\t3s\n")).toBe(
      "NAME       READY   AGE\nmy-nginx   1/1     3s\n",
    );
  });

  test("gives narrow columns of a table six places", () => {
    expect(tableWriter().align("a\t1/1\t0\t19s\n")).toBe("a     1/1   0     19s\n");
  });

  test("ends a column where a line has no such cell", () => {
    const text = "Name:\tx\nList:\n  a:\t1\n  bbbb:\t2\nLast name:\ty\n";

    expect(new TabWriter().align(text)).toBe(
      "Name:  x\nList:\n  a:        1\n  bbbb:     2\nLast name:  y\n",
    );
  });

  test("measures inner columns for each block of the outer ones", () => {
    const text = "a\tb\tc\nlonger\tb\nx\tyyyyyy\tz\n";

    expect(new TabWriter().align(text)).toBe("a       b  c\nlonger  b\nx       yyyyyy  z\n");
  });

  test("remembers widths from one text to the next only when asked to", () => {
    const [remembering, forgetting] = [tableWriter(), new TabWriter({ minWidth: 6, padding: 3 })];
    remembering.align("a-long-name\tx\n");
    forgetting.align("a-long-name\tx\n");

    expect(remembering.align("short\tx\n")).toBe("short         x\n");
    expect(forgetting.align("short\tx\n")).toBe("short   x\n");
  });

  test("counts characters, not what they are stored in", () => {
    expect(new TabWriter().align("é😀\tx\nabc\ty\n")).toBe("é😀   x\nabc  y\n");
  });
});
