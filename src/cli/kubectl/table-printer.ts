import type { Table, TableColumnDefinition, TableRow } from "../../api/objects.ts";
import { type TabWriter, tableWriter } from "./tab-writer.ts";

export interface TableOptions {
  readonly wide: boolean;
  readonly noHeaders: boolean;
  readonly showLabels: boolean;
  /** Label keys with a column of their own: `-L`. */
  readonly labelColumns: readonly string[];
  readonly withNamespace: boolean;
  /** Put before each name and a slash, when several types are listed. */
  readonly kindPrefix: string | undefined;
}

/**
 * Prints tables that the server has made. Headers come with the first rows, and again when the
 * columns change; columns keep their width from call to call, so that a watch stays aligned.
 *
 * @see cli-runtime `printers/tableprinter.go`: HumanReadablePrinter.PrintObj
 */
export class TablePrinter {
  readonly #options: TableOptions;
  readonly #writer: TabWriter = tableWriter();
  #columns: readonly TableColumnDefinition[] = [];
  #hasPrintedHeaders = false;

  constructor(options: TableOptions) {
    this.#options = options;
  }

  /** Lines, or nothing for a table without rows. A watch leaves out columns that are as before. */
  print(table: Table): string {
    const columns = table.columnDefinitions ?? [];
    if (columns.length > 0 && JSON.stringify(columns) !== JSON.stringify(this.#columns)) {
      this.#columns = columns;
      this.#hasPrintedHeaders = false;
    }
    if (table.rows.length === 0) return "";
    const lines = table.rows.map((row) => this.#line(row));
    if (!this.#options.noHeaders && !this.#hasPrintedHeaders) lines.unshift(this.#headers());
    this.#hasPrintedHeaders = true;
    return this.#writer.align(`${lines.join("\n")}\n`);
  }

  #headers(): string {
    const { withNamespace, labelColumns, showLabels } = this.#options;
    return [
      ...(withNamespace ? ["NAMESPACE"] : []),
      ...this.#shown().map((index) => (this.#columns[index]?.name ?? "").toUpperCase()),
      ...labelColumns.map((key) => (key.split("/").at(-1) as string).toUpperCase()),
      ...(showLabels ? ["LABELS"] : []),
    ].join("\t");
  }

  #line({ cells, object }: TableRow): string {
    const { withNamespace, labelColumns, showLabels, kindPrefix } = this.#options;
    const { namespace = "", labels = {} } = (object as RowObject | null)?.metadata ?? {};
    const nameColumn = this.#columns.findIndex(({ format }) => format === "name");
    return [
      ...(withNamespace ? [namespace] : []),
      ...this.#shown().map((index) => {
        const text = cellText(cells[index]);
        return kindPrefix !== undefined && index === nameColumn ? `${kindPrefix}/${text}` : text;
      }),
      ...labelColumns.map((key) => labels[key] ?? ""),
      ...(showLabels ? [labelsText(labels)] : []),
    ].join("\t");
  }

  #shown(): readonly number[] {
    return this.#columns.flatMap(({ priority }, index) =>
      priority === 0 || this.#options.wide ? [index] : [],
    );
  }
}

interface RowObject {
  readonly metadata: {
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

/** A cell is one line, and what a terminal would act on is shown instead. */
function cellText(cell: TableRow["cells"][number] | undefined): string {
  if (cell === null || cell === undefined) return "";
  const text = String(cell);
  const [line = ""] = text.split(/[\f\n\r]/, 1);
  return escapeTerminal(line.length < text.length ? `${line}...` : line);
}

/** @see cli-runtime `printers/terminal.go`: WriteEscaped */
export function escapeTerminal(text: string): string {
  return text.replaceAll("\u001b", "^[").replaceAll("\r", "\\r");
}

/** `a=1,b=2`, sorted. @see apimachinery `labels/labels.go`: FormatLabels */
function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted((a, b) => (a < b ? -1 : 1));
  return pairs.length === 0 ? "<none>" : pairs.join(",");
}
