import { describe, expect, test } from "vitest";
import { decodePatched, readPatch } from "../../../../src/control-plane/apiserver/http/patch.ts";
import { frozen } from "../../../api/schema/frozen.ts";
import { aPod } from "../objects.ts";
import { refusalOf } from "../refusal.ts";

const stored = frozen(
  aPod("web", { tolerations: [{ key: "a", operator: "Exists" }] }, { labels: { app: "web" } }),
);
const kind = { apiVersion: "v1", kind: "Pod" };

describe("a patch", () => {
  test("of each type changes a copy of what is stored", () => {
    expect(patched("merge-patch+json", { metadata: { labels: null } })).toMatchObject({
      metadata: { name: "web" },
    });
    expect(
      patched("strategic-merge-patch+json", {
        spec: { containers: [{ name: "side", image: "busybox" }] },
      }),
    ).toMatchObject({ spec: { containers: [{ name: "side" }, { name: "main" }] } });
    expect(
      patched("json-patch+json", [{ op: "replace", path: "/metadata/labels/app", value: "db" }]),
    ).toMatchObject({ metadata: { labels: { app: "db" } } });
    expect(stored.metadata.labels).toEqual({ app: "web" });
  });

  test("may be sent with a character set", () => {
    const patch = readPatch(Buffer.from("{}"), "application/merge-patch+json; charset=utf-8");

    expect(patch.apply(stored)).toEqual(stored);
  });

  test.each([
    ["json-patch+json", '[{"op":"remove","path":"/nosuch"}]'],
    ["json-patch+json", '[{"op":"test","path":"/kind","value":"Node"}]'],
    ["json-patch+json", '[{"op":"jump","path":"/kind"}]'],
    ["json-patch+json", '[{"path":"/kind"}]'],
    ["json-patch+json", "[1]"],
    ["json-patch+json", '[{"op":"add","path":"/__proto__/x","value":1}]'],
  ])("of %s that does not apply is refused: %s", (type, body) => {
    expect(refusalOf(() => patched(type, body))).toMatchObject({
      code: 422,
      reason: "Invalid",
      message: "the server rejected our request due to an error in our request",
      details: {},
    });
  });

  test("of a list whose elements lack their key is refused as upstream refuses it", () => {
    const body = { spec: { containers: [{ image: "x" }] } };

    expect(refusalOf(() => patched("strategic-merge-patch+json", body))).toMatchObject({
      code: 500,
      message: "map: map[image:x] does not contain declared merge key: name",
    });
  });

  test("whose result is no object of the kind is shown with what is wrong", () => {
    const refusal = (type: string, body: object, validation = "") => {
      const patch = readPatch(Buffer.from(JSON.stringify(body)), `application/${type}`);
      return refusalOf(() => decodePatched(patch, stored, kind, validation));
    };

    expect(refusal("strategic-merge-patch+json", { spec: { nodeName: 5 } })).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message:
        ' "" is invalid: patch: Invalid value: "map[spec:map[nodeName:5]]": json: cannot unmarshal number into Go struct field PodSpec.spec.nodeName of type string',
      reason: "Invalid",
      details: {
        causes: [
          {
            reason: "FieldValueInvalid",
            message:
              'Invalid value: "map[spec:map[nodeName:5]]": json: cannot unmarshal number into Go struct field PodSpec.spec.nodeName of type string',
            field: "patch",
          },
        ],
      },
      code: 422,
    });
    expect(refusal("merge-patch+json", { bogus: 1 }, "Strict").message).toMatch(
      /strict decoding error: unknown field "bogus"$/,
    );
  });

  test("with unknown fields warns unless it is to be ignored", () => {
    const patch = readPatch(Buffer.from('{"bogus":1}'), "application/merge-patch+json");

    expect(decodePatched(patch, stored, kind, "").warnings).toEqual(['unknown field "bogus"']);
    expect(decodePatched(patch, stored, kind, "Ignore").warnings).toEqual([]);
  });
});

function patched(type: string, body: object | string): unknown {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return readPatch(Buffer.from(text), `application/${type}`).apply(stored);
}
