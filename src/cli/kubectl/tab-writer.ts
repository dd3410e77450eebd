/**
 * Aligned columns, as Go's `text/tabwriter` makes them: a tab ends a cell, cells above and below one
 * another in lines that follow each other form a column, and what comes after a line's last tab
 * belongs to none.
 *
 * @see Go `src/text/tabwriter/tabwriter.go`: format
 */
export class TabWriter {
  readonly #minWidth: number;
  readonly #padding: number;
  readonly #remembered: number[] | undefined;

  /** @param rememberWidths Columns never get narrower again: for a table that grows line by line. */
  constructor({ minWidth = 0, padding = 2, rememberWidths = false }: TabWriterOptions = {}) {
    this.#minWidth = minWidth;
    this.#padding = padding;
    this.#remembered = rememberWidths ? [] : undefined;
  }

  /** @param text Lines, the last one with or without its newline. */
  align(text: string): string {
    const lines = text.split("\n").map((line) => line.split("\t"));
    const widths = lines.map((): number[] => []);
    this.#measure(lines, widths, 0, 0, lines.length);
    return lines.map((cells, index) => padded(cells, widths[index] as number[])).join("\n");
  }

  /** Fills in the width of `column` and of those right of it, for the lines of one block. */
  #measure(
    lines: readonly (readonly string[])[],
    widths: readonly number[][],
    column: number,
    start: number,
    end: number,
  ): void {
    const hasCell = (index: number): boolean => (lines[index]?.length ?? 0) > column + 1;
    for (let first = start; first < end; first++) {
      if (!hasCell(first)) continue;
      let last = first;
      while (last < end && hasCell(last)) last++;
      const block = lines.slice(first, last).map((cells) => cells[column] as string);
      const width = this.#widthOf(block, column);
      for (const line of widths.slice(first, last)) line.push(width);
      this.#measure(lines, widths, column + 1, first, last);
      first = last;
    }
  }

  #widthOf(block: readonly string[], column: number): number {
    const needed = Math.max(...block.map((cell) => lengthOf(cell) + this.#padding));
    const width = Math.max(needed, this.#remembered?.[column] ?? this.#minWidth);
    if (this.#remembered) this.#remembered[column] = width;
    return width;
  }
}

export interface TabWriterOptions {
  readonly minWidth?: number;
  readonly padding?: number;
  readonly rememberWidths?: boolean;
}

/** With the settings of every table that kubectl prints. @see cli-runtime `printers/tabwriter.go` */
export function tableWriter(): TabWriter {
  return new TabWriter({ minWidth: 6, padding: 3, rememberWidths: true });
}

function padded(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => {
      const width = widths[column];
      return width === undefined ? cell : cell + " ".repeat(width - lengthOf(cell));
    })
    .join("");
}

/** In code points, as Go counts them. */
function lengthOf(text: string): number {
  return /^[\x20-\x7e]*$/.test(text) ? text.length : Array.from(text).length;
}
