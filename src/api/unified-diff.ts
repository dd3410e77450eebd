/**
 * What changed from one text to the other, as `diff -u` prints it without the file names: hunks with
 * three lines of context.
 *
 * Made for texts of a few hundred lines: its table grows with the product of their lengths.
 */
export function unifiedDiff(before: string, after: string): string {
  const edits = lineEdits(before.split("\n"), after.split("\n"));
  return hunksOf(edits).map(printedHunk).join("");
}

const contextLines = 3;

interface Edit {
  readonly sign: " " | "-" | "+";
  readonly line: string;
  /** How many lines of either text come before this one. */
  readonly beforeIndex: number;
  readonly afterIndex: number;
}

/** The edits along a longest common subsequence of lines, removals before additions. */
function lineEdits(before: readonly string[], after: readonly string[]): Edit[] {
  const common = commonLengths(before, after);
  const edits: Edit[] = [];
  let beforeIndex = 0;
  let afterIndex = 0;
  while (beforeIndex < before.length || afterIndex < after.length) {
    const removed = before[beforeIndex];
    const added = after[afterIndex];
    const place = { beforeIndex, afterIndex };
    if (removed !== undefined && removed === added) {
      edits.push({ sign: " ", line: removed, ...place });
      beforeIndex++;
      afterIndex++;
    } else if (
      removed !== undefined &&
      (added === undefined ||
        (common[beforeIndex + 1]?.[afterIndex] ?? 0) >=
          (common[beforeIndex]?.[afterIndex + 1] ?? 0))
    ) {
      edits.push({ sign: "-", line: removed, ...place });
      beforeIndex++;
    } else {
      edits.push({ sign: "+", line: added ?? "", ...place });
      afterIndex++;
    }
  }
  return edits;
}

/** `table[i][j]`: how many lines the rests from `i` and from `j` have in common. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array[] {
  const table = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i--) {
    const row = table[i] as Uint32Array;
    const next = table[i + 1] as Uint32Array;
    for (let j = after.length - 1; j >= 0; j--) {
      row[j] =
        before[i] === after[j]
          ? (next[j + 1] as number) + 1
          : Math.max(next[j] as number, row[j + 1] as number);
    }
  }
  return table;
}

/** Changes whose contexts touch share a hunk. */
function hunksOf(edits: readonly Edit[]): Edit[][] {
  const hunks: Edit[][] = [];
  let end = -1;
  for (const [index, edit] of edits.entries()) {
    if (edit.sign === " ") continue;
    const start = Math.max(index - contextLines, end, 0);
    const isApart = end < index - contextLines;
    if (isApart || hunks.length === 0) hunks.push([]);
    end = Math.min(index + contextLines + 1, edits.length);
    hunks.at(-1)?.push(...edits.slice(start, end));
  }
  return hunks;
}

function printedHunk(hunk: readonly Edit[]): string {
  const [first] = hunk;
  const removed = hunk.filter(({ sign }) => sign !== "+").length;
  const added = hunk.filter(({ sign }) => sign !== "-").length;
  const from = printedRange(first?.beforeIndex ?? 0, removed);
  const to = printedRange(first?.afterIndex ?? 0, added);
  const lines = hunk.map(({ sign, line }) => `${sign}${line}\n`);
  return `@@ -${from} +${to} @@\n${lines.join("")}`;
}

function printedRange(start: number, length: number): string {
  if (length === 1) return String(start + 1);
  return `${length === 0 ? start : start + 1},${length}`;
}
