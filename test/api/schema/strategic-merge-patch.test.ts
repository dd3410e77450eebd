import { describe, expect, test } from "vitest";
import { type SchemaType, typeOf } from "../../../src/api/schema/schema.ts";
import { strategicMergePatch } from "../../../src/api/schema/strategic-merge-patch.ts";
import { frozen } from "./frozen.ts";
import { vectors } from "./vectors.ts";

type Json = Readonly<Record<string, unknown>>;

interface Vector {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly original: Json;
  readonly patch: Json;
  readonly result?: Json;
  readonly error?: string;
}

const pod = typeOf("v1", "Pod") as SchemaType;

describe("a strategic merge patch", () => {
  const recorded = [...vectors<Vector>("smp-vectors"), ...vectors<Vector>("smp-typed-vectors")];

  test.each(recorded.map((vector, index) => [index, vector] as const))(
    "does what upstream's does: vector %i",
    (_index, { apiVersion = "apps/v1", kind = "Deployment", original, patch, result, error }) => {
      const type = typeOf(apiVersion, kind) as SchemaType;
      const apply = () => strategicMergePatch(type, frozen(original), frozen(patch));

      if (error === undefined) expect(apply()).toEqual(result);
      else expect(apply).toThrow(expect.objectContaining({ name: "PatchError", message: error }));
    },
  );

  test("shares with the original what it does not touch", () => {
    const spec = frozen({ containers: [{ name: "a" }] });
    const patched = strategicMergePatch(pod, { spec }, { metadata: { labels: { a: "b" } } });

    expect(patched["spec"]).toBe(spec);
  });

  test("keeps the merge keys of lists apart by field", () => {
    const original = { spec: { containers: [{ name: "a", ports: [{ containerPort: 80 }] }] } };
    const ports = [{ containerPort: 80, name: "http" }];
    const patched = strategicMergePatch(pod, original, {
      spec: { containers: [{ name: "a", ports }] },
    });

    expect(patched).toEqual({ spec: { containers: [{ name: "a", ports }] } });
  });

  test("deletes a field by null and ignores null for one that is not there", () => {
    const patched = strategicMergePatch(
      pod,
      { metadata: { labels: { a: "1" } } },
      { metadata: { labels: { a: null, b: null }, annotations: { c: null } } },
    );

    expect(patched).toEqual({ metadata: { labels: {}, annotations: {} } });
  });

  test("does not let a key become a prototype", () => {
    const patch = JSON.parse('{"metadata":{"labels":{"__proto__":"x"}}}') as Json;
    const patched = strategicMergePatch(pod, { metadata: { labels: { a: "1" } } }, patch);
    const { labels } = patched["metadata"] as { readonly labels: object };

    expect(Object.entries(labels)).toEqual([
      ["a", "1"],
      ["__proto__", "x"],
    ]);
  });

  test.each([
    [{ spec: { $setElementOrder: 1, $retainKeys: "x" } }, 400],
    [{ spec: { containers: [[1]] } }, 422],
    [{ spec: { $patch: "bogus" } }, 500],
  ])("says with which code it is refused: %j", (patch, code) => {
    const apply = () => strategicMergePatch(pod, { spec: { containers: [] } }, patch);

    expect(apply).toThrow(expect.objectContaining({ name: "PatchError", code }));
  });
});
