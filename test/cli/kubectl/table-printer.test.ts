import { describe, expect, test } from "vitest";
import type { Table } from "../../../src/api/objects.ts";
import { TablePrinter, type TableOptions } from "../../../src/cli/kubectl/table-printer.ts";

describe("a table of the server", () => {
  test("is printed with upper-case headers and without the columns of -o wide", () => {
    expect(aPrinter().print(aTable([["web", "1/1", "10.0.0.1"]]))).toBe(
      "NAME   READY\nweb    1/1\n",
    );
  });

  test("has all columns with -o wide", () => {
    expect(aPrinter({ wide: true }).print(aTable([["web", "1/1", "10.0.0.1"]]))).toBe(
      "NAME   READY   POD IP\nweb    1/1     10.0.0.1\n",
    );
  });

  test("gets namespace and labels from the objects of its rows", () => {
    const printer = aPrinter({
      withNamespace: true,
      showLabels: true,
      labelColumns: ["example.com/tier", "nope"],
    });

    expect(printer.print(aTable([["web", "1/1", ""]]))).toBe(
      "NAMESPACE   NAME   READY   TIER    NOPE   LABELS\n" +
        "default     web    1/1     front          app=web,example.com/tier=front\n",
    );
  });

  test("says of which type an object is when several are listed", () => {
    expect(aPrinter({ kindPrefix: "pod" }).print(aTable([["web", "1/1", ""]]))).toContain(
      "pod/web   1/1",
    );
  });

  test("prints its headers with the first rows only, and stays aligned", () => {
    const printer = aPrinter();

    expect(printer.print(aTable([]))).toBe("");
    expect(printer.print(aTable([["a-long-name", "0/1", ""]]))).toBe(
      "NAME          READY\na-long-name   0/1\n",
    );
    expect(printer.print({ ...aTable([["b", "1/1", ""]]), columnDefinitions: null })).toBe(
      "b             1/1\n",
    );
  });

  test("can go without headers", () => {
    expect(aPrinter({ noHeaders: true }).print(aTable([["web", "1/1", ""]]))).toBe("web   1/1\n");
  });

  test("shows one line of a cell, and no escape codes", () => {
    expect(aPrinter().print(aTable([["web", "two\nlines \u001b[31m", ""]]))).toContain("two...\n");
    expect(aPrinter().print(aTable([["\u001b[31mred", null, ""]]))).toContain("^[[31mred");
  });
});

function aPrinter(options: Partial<TableOptions> = {}): TablePrinter {
  return new TablePrinter({
    wide: false,
    noHeaders: false,
    showLabels: false,
    labelColumns: [],
    withNamespace: false,
    kindPrefix: undefined,
    ...options,
  });
}

function aTable(rows: readonly (readonly (string | null)[])[]): Table {
  const column = (name: string, priority: number, format = "") => ({
    name,
    format,
    priority,
    type: "string",
    description: "",
  });
  const labels = { "example.com/tier": "front", app: "web" };
  return {
    apiVersion: "meta.k8s.io/v1",
    kind: "Table",
    metadata: {},
    columnDefinitions: [column("Name", 0, "name"), column("Ready", 0), column("Pod IP", 1)],
    rows: rows.map((cells) => ({
      cells,
      object: { metadata: { name: String(cells[0]), namespace: "default", labels } },
    })),
  } as unknown as Table;
}
