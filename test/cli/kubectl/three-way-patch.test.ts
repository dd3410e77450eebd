import { describe, expect, test } from "vitest";
import { strategicMergePatch } from "../../../src/api/schema/strategic-merge-patch.ts";
import { typeOf } from "../../../src/api/schema/schema.ts";
import { lastAppliedTo, withLastApplied } from "../../../src/cli/kubectl/last-applied.ts";
import { threeWayPatch } from "../../../src/cli/kubectl/three-way-patch.ts";

type JsonMap = Readonly<Record<string, unknown>>;

const podType = typeOf("v1", "Pod");

/** What `apply` sends when the live object is what the manifest before it made, with defaults. */
function patchBetween(before: JsonMap, manifest: JsonMap, extra: JsonMap = {}): JsonMap {
  return threeWayPatch(podType, {
    lastApplied: before,
    manifest,
    live: { ...before, ...extra },
  });
}

describe("the patch of an apply", () => {
  test("is empty when the manifest is what is there", () => {
    const manifest = { metadata: { labels: { a: "1" } }, spec: { containers: [{ name: "c" }] } };

    expect(patchBetween(manifest, manifest, { status: { phase: "Running" } })).toEqual({});
  });

  test("changes an element of a list by its key and keeps the order, as kubectl 1.35 sends it", () => {
    const containers = [
      { image: "nginx:1.25", name: "c1", ports: [{ containerPort: 80 }] },
      { command: ["sleep", "9"], image: "busybox", name: "c2" },
    ];
    const before = { metadata: { labels: { app: "two" } }, spec: { containers } };
    const manifest = {
      metadata: { labels: { app: "three" } },
      spec: { containers: [{ ...containers[0], image: "nginx:1.26" }, containers[1]] },
    };

    expect(patchBetween(before, manifest)).toEqual({
      metadata: { labels: { app: "three" } },
      spec: {
        "$setElementOrder/containers": [{ name: "c1" }, { name: "c2" }],
        containers: [{ image: "nginx:1.26", name: "c1" }],
      },
    });
  });

  test("takes away what the manifest before it had, and nothing that others have added", () => {
    const before = {
      metadata: { labels: { mine: "1", gone: "1" } },
      spec: { containers: [{ name: "c", env: [{ name: "A", value: "1" }] }, { name: "old" }] },
    };
    const live = {
      metadata: { labels: { mine: "1", gone: "1", theirs: "1" }, uid: "u" },
      spec: {
        nodeName: "node-1",
        containers: [
          { name: "c", imagePullPolicy: "Always", env: [{ name: "A", value: "1" }] },
          { name: "old" },
          { name: "injected" },
        ],
      },
    };
    const manifest = {
      metadata: { labels: { mine: "1" } },
      spec: { containers: [{ name: "c" }] },
    };

    expect(threeWayPatch(podType, { lastApplied: before, manifest, live })).toEqual({
      metadata: { labels: { gone: null } },
      spec: {
        "$setElementOrder/containers": [{ name: "c" }],
        containers: [
          { env: null, name: "c" },
          { $patch: "delete", name: "old" },
        ],
      },
    });
  });

  test("says nothing but the order when only that has changed", () => {
    const [a, b] = [{ name: "a" }, { name: "b" }];

    expect(
      patchBetween({ spec: { containers: [a, b] } }, { spec: { containers: [b, a] } }),
    ).toEqual({ spec: { "$setElementOrder/containers": [b, a] } });
  });

  test("replaces lists that have no key, and merges lists of plain values", () => {
    const before = {
      metadata: { finalizers: ["a", "b"] },
      spec: { containers: [{ name: "c", args: ["1", "2"] }] },
    };
    const manifest = {
      metadata: { finalizers: ["b", "c"] },
      spec: { containers: [{ name: "c", args: ["2"] }] },
    };

    expect(patchBetween(before, manifest)).toEqual({
      metadata: {
        finalizers: ["c"],
        "$deleteFromPrimitiveList/finalizers": ["a"],
        "$setElementOrder/finalizers": ["b", "c"],
      },
      spec: {
        "$setElementOrder/containers": [{ name: "c" }],
        containers: [{ args: ["2"], name: "c" }],
      },
    });
  });

  test("lets a volume have one source only", () => {
    const before = { spec: { volumes: [{ name: "v", emptyDir: {} }] } };
    const manifest = { spec: { volumes: [{ name: "v", hostPath: { path: "/x" } }] } };

    expect(patchBetween(before, manifest)).toEqual({
      spec: {
        "$setElementOrder/volumes": [{ name: "v" }],
        volumes: [
          {
            $retainKeys: ["hostPath", "name"],
            emptyDir: null,
            hostPath: { path: "/x" },
            name: "v",
          },
        ],
      },
    });
  });

  test("of a type that is unknown replaces whole lists", () => {
    const [before, manifest] = [{ spec: { list: [{ name: "a" }], x: 1 } }, { spec: { list: [] } }];

    expect(threeWayPatch(undefined, { lastApplied: before, manifest, live: before })).toEqual({
      spec: { list: [], x: null },
    });
  });

  test("brings the live object to the manifest when the server applies it", () => {
    const before = {
      spec: { containers: [{ name: "a", image: "1" }, { name: "b" }], tolerations: [{ key: "x" }] },
    };
    const manifest = {
      spec: { containers: [{ name: "b" }, { name: "c" }, { name: "a", image: "2" }] },
    };

    const patch = patchBetween(before, manifest);

    expect(strategicMergePatch(podType as NonNullable<typeof podType>, before, patch)).toEqual(
      manifest,
    );
  });
});

describe("the manifest that is kept in an annotation", () => {
  const manifest = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "cm1", namespace: "default" },
    data: { a: "<1>" },
  };

  test("is sorted JSON with a newline, as kubectl 1.35 writes it", () => {
    expect(withLastApplied(manifest).metadata).toMatchObject({
      annotations: {
        "kubectl.kubernetes.io/last-applied-configuration":
          '{"apiVersion":"v1","data":{"a":"\\u003c1\\u003e"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"cm1","namespace":"default"}}\n',
      },
    });
  });

  test("does not hold itself, and is read back", () => {
    const twice = withLastApplied(withLastApplied(manifest));

    expect(twice).toEqual(withLastApplied(manifest));
    expect(lastAppliedTo(twice)).toEqual({
      ...manifest,
      metadata: { ...manifest.metadata, annotations: {} },
    });
    expect(lastAppliedTo(manifest)).toBeUndefined();
  });
});
