import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../../../src/api/objects.ts";
import { printerFor } from "../../../../src/control-plane/apiserver/tables/printers.ts";
import type {
  Cell,
  Column,
  TableRowCondition,
} from "../../../../src/control-plane/apiserver/tables/table.ts";

interface RowVector {
  readonly case: string;
  readonly object: KubeObject;
  readonly cells: readonly Cell[];
  readonly conditions?: readonly TableRowCondition[];
}

const [clock, ...rows] = recorded("rows.jsonl")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as RowVector & { readonly nowUs: number });
const nowUs = clock?.nowUs ?? 0;
const columns = JSON.parse(recorded("columns.json")) as Record<string, Partial<Column>[]>;

describe("a table", () => {
  test.each(Object.entries(columns))("of kind %s has upstream's columns", (kind, expected) => {
    const own = printerOf(kind).columns.map(({ name, type, format, priority }) => ({
      name,
      type,
      format,
      priority,
    }));

    expect(own).toEqual(expected);
  });

  test.each(rows)("shows $case as upstream does", ({ object, cells, conditions }) => {
    const row = printerOf(object.kind).row(object, nowUs);

    expect(row.cells).toEqual(cells);
    expect(row.conditions).toEqual(conditions);
  });

  test.each(rows)("has a cell for every column: $case", ({ object }) => {
    const { columns: own, row } = printerOf(object.kind);

    expect(row(object, nowUs).cells).toHaveLength(own.length);
  });

  test("describes every column in a sentence of its own", () => {
    for (const kind of Object.keys(columns)) {
      for (const { name, description } of printerOf(kind).columns) {
        expect(description, `${kind} ${name}`).toMatch(/^[A-Z].+\.$/);
      }
    }
  });

  test("of a kind without columns of its own has the name and the time of creation", () => {
    const { columns: own, row } = printerFor({ group: "example.com", resource: "foos" });
    const metadata = { name: "f1", creationTimestamp: "2026-11-22T14:13:40Z" };

    expect(own.map(({ name, type }) => [name, type])).toEqual([
      ["Name", "string"],
      ["Created At", "date"],
    ]);
    expect(row({ apiVersion: "example.com/v1", kind: "Foo", metadata }, nowUs).cells).toEqual([
      "f1",
      "2026-11-22T14:13:40Z",
    ]);
  });

  test("gives kubectl what it prints for the seed's pod", () => {
    const [, running] = rows;
    const metadata = { name: "my-nginx", creationTimestamp: "2026-11-22T14:34:36Z" };
    const object = { ...(running?.object as KubeObject), metadata };
    const { columns: own, row } = printerOf("Pod");
    const { cells } = row(object, Date.UTC(2026, 10, 22, 14, 34, 39) * 1000);
    const printed = (priority: number) => [
      own.filter((column) => column.priority <= priority).map(({ name }) => name.toUpperCase()),
      cells.filter((_, index) => (own[index]?.priority ?? 0) <= priority),
    ];

    expect(printed(0)).toEqual([
      ["NAME", "READY", "STATUS", "RESTARTS", "AGE"],
      ["my-nginx", "1/1", "Running", "0", "3s"],
    ]);
    expect(printed(1)[1]).toEqual(
      "my-nginx 1/1 Running 0 3s 10.244.0.2 n1 <none> <none>".split(" "),
    );
  });
});

const resources: Readonly<Record<string, string>> = {
  ConfigMap: "configmaps",
  Event: "events",
  Lease: "leases",
  Namespace: "namespaces",
  Node: "nodes",
  Pod: "pods",
  Secret: "secrets",
  Service: "services",
  ServiceAccount: "serviceaccounts",
};

function printerOf(kind: string) {
  const group = kind === "Lease" ? "coordination.k8s.io" : "";
  return printerFor({ group, resource: resources[kind] ?? "" });
}

function recorded(name: string): string {
  return readFileSync(new URL(`vectors/${name}`, import.meta.url), "utf8");
}
