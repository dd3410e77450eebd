import { describe, expect, test } from "vitest";
import { kinds } from "../../../../src/control-plane/apiserver/kinds/kinds.ts";
import { warningHeaders } from "../../../../src/control-plane/apiserver/http/warning-headers.ts";
import {
  renderBookmark,
  renderList,
  renderObject,
  type RenderOptions,
  renderWatched,
} from "../../../../src/control-plane/apiserver/http/render.ts";
import type { Resource } from "../../../../src/control-plane/apiserver/resource.ts";
import {
  PlainObject,
  stampRevision,
} from "../../../../src/control-plane/apiserver/stored/stored-object.ts";
import { aConfigMap } from "../objects.ts";
import { startUs } from "../server-under-test.ts";

const configMaps = kinds.find(({ plural }) => plural === "configmaps") as Resource;
const leases = kinds.find(({ plural }) => plural === "leases") as Resource;
const metadata = { name: "a", resourceVersion: "7", creationTimestamp: "2026-01-01T00:00:00Z" };
const object = aConfigMap("a", { x: "1", y: "2" }, metadata);
const items = [stampRevision(new PlainObject(object), 7)];
const list = { items, revision: 9, continue: "", remainingItemCount: undefined };

describe("an object", () => {
  test("begins with its kind, wherever that stood", () => {
    expect(renderObject(configMaps, object, as("object"))).toBe(
      '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","resourceVersion":"7","creationTimestamp":"2026-01-01T00:00:00Z"},"data":{"x":"1","y":"2"}}',
    );
  });

  test("as a table has its own revision", () => {
    const table = JSON.parse(renderObject(configMaps, object, as("table")));

    expect(table.metadata).toEqual({ resourceVersion: "7" });
    expect(table.rows).toEqual([
      {
        cells: ["a", 2, "90s"],
        object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata },
      },
    ]);
  });
});

describe("a list", () => {
  test("is of the kind's list kind and version", () => {
    expect(JSON.parse(renderList(configMaps, list, as("object")))).toEqual({
      kind: "ConfigMapList",
      apiVersion: "v1",
      metadata: { resourceVersion: "9" },
      items: [{ metadata, data: { x: "1", y: "2" } }],
    });
    expect(JSON.parse(renderList(leases, { ...list, items: [] }, as("object")))).toMatchObject({
      kind: "LeaseList",
      apiVersion: "coordination.k8s.io/v1",
      items: [],
    });
  });

  test("says where it goes on and how much is left, in whatever form", () => {
    const page = { ...list, continue: "token", remainingItemCount: 3 };
    const expected = { resourceVersion: "9", continue: "token", remainingItemCount: 3 };

    for (const form of ["object", "table", "partial"] as const) {
      expect(JSON.parse(renderList(configMaps, page, as(form))).metadata, form).toEqual(expected);
    }
  });
});

describe("a watched object", () => {
  test("as a table has columns the first time only", () => {
    const first = JSON.parse(renderWatched(configMaps, object, as("table"), true));
    const later = JSON.parse(renderWatched(configMaps, object, as("table"), false));

    expect(first.columnDefinitions).toHaveLength(3);
    expect(later.columnDefinitions).toBeNull();
    expect(later.rows).toEqual(first.rows);
  });

  test("that is a bookmark is an object with a revision and no more", () => {
    const mark = { resourceVersion: "9" };

    expect(JSON.parse(renderBookmark(leases, mark, as("object"), true))).toEqual({
      kind: "Lease",
      apiVersion: "coordination.k8s.io/v1",
      metadata: mark,
    });
    expect(JSON.parse(renderBookmark(configMaps, mark, as("table"), false))).toEqual({
      kind: "Table",
      apiVersion: "meta.k8s.io/v1",
      metadata: mark,
      columnDefinitions: null,
      rows: [
        {
          cells: ["", null, null],
          object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: mark },
        },
      ],
    });
  });
});

describe("warnings", () => {
  test("are one header, each quoted, none twice", () => {
    expect(warningHeaders([])).toEqual({});
    expect(warningHeaders(["a", 'b "c" \\', "a"])).toEqual({
      warning: '299 - "a", 299 - "b \\"c\\" \\\\"',
    });
  });

  test("that no header can hold are left out", () => {
    expect(warningHeaders(["line\nbreak", "fine"])).toEqual({ warning: '299 - "fine"' });
    expect(warningHeaders(["x".repeat(5_000)])).toEqual({});
  });
});

function as(form: "object" | "table" | "partial"): RenderOptions {
  const metaVersion = form === "object" ? "" : "meta.k8s.io/v1";
  return {
    representation: { as: form, encoding: "json", metaVersion },
    includeObject: "Metadata",
    nowUs: startUs + 90_000_000,
  };
}
