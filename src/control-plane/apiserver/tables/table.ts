import type { KubeObject } from "../../../api/objects.ts";
import { humanDuration, parseRfc3339 } from "../../../api/time.ts";

/** A column of a Table; those of priority 0 are always shown, the others when asked for wide output. */
export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "boolean" | "date";
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

export type Cell = string | number | boolean | null;

/** What is special about a row. @see kubernetes `metav1.TableRowCondition` */
export interface TableRowCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export interface TableRow {
  readonly cells: readonly Cell[];
  readonly conditions?: readonly TableRowCondition[];
}

/** How one kind is shown to people. A row has a cell for every column, the wide ones included. */
export interface Printer {
  readonly columns: readonly Column[];
  readonly row: (object: KubeObject, nowUs: number) => TableRow;
}

type ColumnRest = Partial<Pick<Column, "type" | "format" | "priority">>;

export function column(name: string, description: string, rest: ColumnRest = {}): Column {
  return { name, type: "string", format: "", description, priority: 0, ...rest };
}

/** A column that only wide output shows. */
export function wideColumn(name: string, description: string, rest: ColumnRest = {}): Column {
  return column(name, description, { priority: 1, ...rest });
}

export const nameColumn = column("Name", "What the object is called within its namespace.", {
  format: "name",
});

export const ageColumn = column("Age", "How long ago the object was created.");

/** How long ago something happened, as the `AGE` columns show it. */
export function since(time: string | null | undefined, nowUs: number): string {
  const thenUs = time ? parseRfc3339(time) : undefined;
  return thenUs === undefined ? "<unknown>" : humanDuration(nowUs - thenUs);
}

/** `<none>` for what is not there, so that every column has something to read. */
export function orNone(text: string | undefined): string {
  return text || "<none>";
}
