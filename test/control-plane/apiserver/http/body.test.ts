import { describe, expect, test } from "vitest";
import {
  decodeBody,
  type DecodedBody,
  mediaTypeOf,
} from "../../../../src/control-plane/apiserver/http/body.ts";
import { yamlToJson } from "../../../../src/control-plane/apiserver/http/yaml-to-json.ts";
import { refusalOf } from "../refusal.ts";

const configMap = { apiVersion: "v1", kind: "ConfigMap" };

describe("a body", () => {
  test("is an object of the kind that the path takes", () => {
    const { object, warnings } = decoded('{"metadata":{"name":"a"},"data":{"k":"v"}}');

    expect(object).toEqual({ ...configMap, metadata: { name: "a" }, data: { k: "v" } });
    expect(warnings).toEqual([]);
  });

  test("may say its kind, and must then say the right one", () => {
    expect(decoded('{"apiVersion":"v1","kind":"ConfigMap"}').object).toMatchObject(configMap);
    expect(messageOf('{"kind":"Secret"}')).toBe(
      'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
    );
    expect(messageOf('{"apiVersion":"apps/v1","kind":"Deployment"}')).toBe(
      'Deployment in version "v1" cannot be handled as a ConfigMap: converting (v1.Deployment) to (core.ConfigMap): unknown conversion',
    );
    expect(messageOf('{"apiVersion":"apps/v9"}')).toBe(
      'ConfigMap in version "v9" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "apps/v9" in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"',
    );
  });

  test("of a group is converted to upstream's own type of that group", () => {
    const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease" };
    const body = Buffer.from('{"apiVersion":"v1","kind":"Pod"}');

    expect(refusalOf(() => decodeBody(body, "application/json", lease, "")).message).toBe(
      'Pod in version "v1" cannot be handled as a Lease: converting (v1.Pod) to (coordination.Lease): unknown conversion',
    );
  });

  test("with unknown fields warns, refuses or says nothing, as it is to be validated", () => {
    const body = '{"metadata":{"name":"a","nme":"b"},"dta":{}}';
    const problems = ['unknown field "metadata.nme"', 'unknown field "dta"'];

    expect(decoded(body, "").warnings.toSorted()).toEqual(problems.toSorted());
    expect(decoded(body, "Warn").warnings.toSorted()).toEqual(problems.toSorted());
    expect(decoded(body, "Ignore").warnings).toEqual([]);
    expect(messageOf(body, "Strict")).toMatch(
      /^ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field /,
    );
  });

  test("with a value of a wrong type is refused, however it is to be validated", () => {
    for (const validation of ["", "Ignore", "Strict"]) {
      expect(messageOf('{"data":{"n":5}}', validation)).toBe(
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
      );
    }
  });
});

describe("a media type", () => {
  test.each([
    [undefined, "application/json"],
    ["", "application/json"],
    ["*/*", "application/json"],
    ["application/json; charset=utf-8", "application/json"],
    ["Application/YAML", "application/yaml"],
  ])("%j is %s", (contentType, mediaType) => {
    expect(mediaTypeOf(contentType)).toBe(mediaType);
  });

  test("that is not taken is refused with those that are", () => {
    expect(refusalOf(() => mediaTypeOf("text/plain", ["a/b", "c/d"]))).toMatchObject({
      code: 415,
      message:
        "the body of the request was in an unknown format - accepted media types include: a/b, c/d",
    });
  });
});

describe("YAML", () => {
  test("is the JSON it stands for, anchors and merges included", () => {
    const text = "base: &b {x: 1}\nall:\n  <<: *b\n  y: [true, null, '2']\n";

    expect(JSON.parse(yamlToJson(text).json)).toEqual({
      base: { x: 1 },
      all: { x: 1, y: [true, null, "2"] },
    });
  });

  test("of several documents is the first", () => {
    expect(yamlToJson("a: 1\n---\nb: 2\n")).toEqual({ json: '{"a":1}', strictErrors: [] });
  });

  test("of nothing is null", () => {
    expect(yamlToJson("# nothing\n").json).toBe("null");
  });

  test("with a key twice has the last value, for those who do not mind", () => {
    const { json, strictErrors } = yamlToJson("a: 1\nb: 2\na: 3\n");

    expect(JSON.parse(json)).toEqual({ a: 3, b: 2 });
    expect(strictErrors).toEqual(["yaml: line 3: Map keys must be unique"]);
  });

  test.each([
    ["a:\n\tb: 1\n", /^yaml: line 2: found character that cannot start any token$/],
    ["a: [1,\n", /^yaml: line \d: /],
    ['a: "b\n', /^yaml: line \d: /],
    ["a: *nowhere\n", /^yaml: .*nowhere/],
  ])("that is broken is refused with its line: %j", (text, problem) => {
    expect(() => yamlToJson(text)).toThrow(problem);
  });
});

function decoded(text: string, fieldValidation = ""): DecodedBody {
  return decodeBody(Buffer.from(text), "application/json", configMap, fieldValidation);
}

function messageOf(text: string, fieldValidation = ""): string | undefined {
  const { code, message } = refusalOf(() => decoded(text, fieldValidation));
  expect(code).toBe(400);
  return message;
}
