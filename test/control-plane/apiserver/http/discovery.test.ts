import { describe, expect, test } from "vitest";
import {
  aggregatedDiscovery,
  groupDocument,
  groupList,
  resourceList,
} from "../../../../src/control-plane/apiserver/http/discovery.ts";
import { kinds } from "../../../../src/control-plane/apiserver/kinds/kinds.ts";
import { ResourceTable } from "../../../../src/control-plane/apiserver/resource-table.ts";

const table = new ResourceTable(kinds);

interface Entry {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

describe("the resources of a group version", () => {
  const { resources } = resourceList(table, "", "v1") as { readonly resources: readonly Entry[] };
  const named = (name: string): Entry | undefined => resources.find((entry) => entry.name === name);

  test("are those that clients know of such a cluster, each with what can be done to it", () => {
    expect(named("pods")).toEqual({
      name: "pods",
      singularName: "pod",
      namespaced: true,
      kind: "Pod",
      verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
      shortNames: ["po"],
      categories: ["all"],
    });
    expect(named("nodes")).toMatchObject({ namespaced: false, shortNames: ["no"] });
    expect(named("namespaces")?.verbs).not.toContain("deletecollection");
    expect(named("secrets")?.shortNames).toBeUndefined();
  });

  test("stand before their subresources, those of another group with that group", () => {
    const names = resources.map(({ name }) => name);
    expect(names.indexOf("pods/status")).toBeGreaterThan(names.indexOf("pods"));
    // `kubectl drain` looks for exactly this.
    expect(named("pods/eviction")).toEqual({
      name: "pods/eviction",
      singularName: "",
      namespaced: true,
      group: "policy",
      version: "v1",
      kind: "Eviction",
      verbs: ["create"],
    });
    expect(named("pods/binding")).toMatchObject({ kind: "Binding", verbs: ["create"] });
    expect(named("pods/binding")?.group).toBeUndefined();
  });

  test("have names that are taken once", () => {
    const names = resources.flatMap(({ name, shortNames = [] }) => [name, ...shortNames]);

    expect(new Set(names).size).toBe(names.length);
  });
});

describe("aggregated discovery", () => {
  test("tells the same as the documents one by one", () => {
    for (const [root, groups] of [
      ["api", [""]],
      ["apis", ["coordination.k8s.io"]],
    ] as const) {
      const { items } = aggregatedDiscovery(table, root, "v2") as {
        items: {
          metadata: { name?: string };
          versions: {
            version: string;
            freshness: string;
            resources: { resource: string; scope: string; verbs: string[] }[];
          }[];
        }[];
      };
      expect(items.map(({ metadata }) => metadata.name ?? "")).toEqual(groups);
      for (const { metadata, versions } of items) {
        for (const { version, freshness, resources } of versions) {
          const one = resourceList(table, metadata.name ?? "", version) as { resources: Entry[] };
          const main = one.resources.filter(({ name }) => !name.includes("/"));
          expect(freshness).toBe("Current");
          expect(resources.map(({ resource, scope, verbs }) => [resource, scope, verbs])).toEqual(
            main.map(({ name, namespaced, verbs }) => [
              name,
              namespaced ? "Namespaced" : "Cluster",
              verbs,
            ]),
          );
        }
      }
    }
  });

  test("has the shape that kubectl reads", () => {
    const { items } = aggregatedDiscovery(table, "apis", "v2") as { items: unknown[] };

    expect(items).toEqual([
      {
        metadata: { name: "coordination.k8s.io", creationTimestamp: null },
        versions: [
          {
            version: "v1",
            freshness: "Current",
            resources: [
              {
                resource: "leases",
                responseKind: { group: "coordination.k8s.io", version: "v1", kind: "Lease" },
                scope: "Namespaced",
                singularResource: "lease",
                verbs: [
                  "create",
                  "delete",
                  "deletecollection",
                  "get",
                  "list",
                  "patch",
                  "update",
                  "watch",
                ],
              },
            ],
          },
        ],
      },
    ]);
  });
});

describe("a group", () => {
  test("is in the list and has a document of its own", () => {
    const { groups } = groupList(table) as { readonly groups: readonly object[] };

    expect(groups).toHaveLength(1);
    expect(groupDocument(table, "coordination.k8s.io")).toMatchObject(groups[0] as object);
  });

  test("that is not served has none", () => {
    expect(groupDocument(table, "nosuch")).toBeUndefined();
    expect(resourceList(table, "nosuch", "v1")).toBeUndefined();
    expect(resourceList(table, "", "v2")).toBeUndefined();
  });
});
