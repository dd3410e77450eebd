import { describe, expect, test } from "vitest";
import { mergePatch } from "../../../src/api/schema/merge-patch.ts";
import { frozen } from "./frozen.ts";

describe("a merge patch", () => {
  test.each([
    // RFC 7386, appendix A.
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ a: "b" }, ["c"], ["c"]],
    [{ a: "foo" }, null, null],
    [{ a: "foo" }, "bar", "bar"],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("of %j by %j gives %j", (original, patch, result) => {
    expect(mergePatch(frozen(original), frozen(patch))).toEqual(result);
  });

  test("shares what it does not touch", () => {
    const spec = { replicas: 1 };

    expect(mergePatch({ spec, metadata: {} }, { metadata: { name: "a" } })).toHaveProperty(
      "spec",
      spec,
    );
    expect((mergePatch({ spec }, { metadata: {} }) as { spec: object }).spec).toBe(spec);
  });

  test("does not let a key become a prototype", () => {
    const merged = mergePatch({}, JSON.parse('{"__proto__":{"x":1}}')) as object;

    expect(Object.keys(merged)).toEqual(["__proto__"]);
  });
});
