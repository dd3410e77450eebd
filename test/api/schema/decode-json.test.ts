import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError } from "../../../src/api/schema/decode-error.ts";
import { decodeJson } from "../../../src/api/schema/decode-json.ts";
import { parseJson } from "../../../src/api/schema/parse-json.ts";
import { plainJson, readJson } from "../../../src/api/schema/read-json.ts";
import { type SchemaType, typeOf } from "../../../src/api/schema/schema.ts";

const pod = typeOf("v1", "Pod") as SchemaType;
const configMap = typeOf("v1", "ConfigMap") as SchemaType;

describe("decoding JSON into a type", () => {
  test("drops an unknown field and reports where it was", () => {
    const { value, strictErrors } = decodeJson(
      '{"spec":{"bogus":1,"containers":[{"name":"a","zz":{"deep":1}}]}}',
      pod,
    );

    expect(strictErrors).toEqual([
      'unknown field "spec.bogus"',
      'unknown field "spec.containers[0].zz"',
    ]);
    expect(value["spec"]).toEqual({ containers: [{ name: "a", resources: {} }] });
  });

  test("does not take a field in another case for the field", () => {
    expect(decodeJson('{"Metadata":{}}', pod).strictErrors).toEqual(['unknown field "Metadata"']);
  });

  test("reports unknown and repeated fields in the order of the text, each once", () => {
    const text =
      '{"metadata":{"labels":{"a":"1","a":"2"},"x":1,"name":"n","name":"n","name":"n"},"spec":{"containers":[]}}';

    expect(decodeJson(text, pod).strictErrors).toEqual([
      'duplicate field "metadata.labels.a"',
      'unknown field "metadata.x"',
      'duplicate field "metadata.name"',
    ]);
  });

  test("sees that two spellings of a key are one key", () => {
    const { strictErrors, value } = decodeJson('{"data":{"ab":"1","a\\u0062":"2"}}', configMap);

    expect(strictErrors).toEqual(['duplicate field "data.ab"']);
    expect(value["data"]).toEqual({ ab: "2" });
  });

  test("does not look into fields that it does not know", () => {
    expect(decodeJson('{"nope":{"a":1,"a":2}}', pod).strictErrors).toEqual([
      'unknown field "nope"',
    ]);
  });

  test("tells at most a hundred strict errors, as Go does", () => {
    const fields = Array.from({ length: 150 }, (_, index) => `"x${index}":1`);

    expect(decodeJson(`{${fields.join(",")}}`, pod).strictErrors).toHaveLength(100);
  });

  test("tells the first value of a wrong type, though it reads on", () => {
    const text = '{"metadata":{"name":5,"namespace":6}}';

    expect(() => decodeJson(text, pod)).toThrow(
      "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string",
    );
  });

  test("prefers a bad quantity or time, where Go stops, to an earlier wrong type", () => {
    const text = '{"metadata":{"name":5,"creationTimestamp":"zzz"}}';

    expect(() => decodeJson(text, pod)).toThrow(/^parsing time "zzz"/);
  });

  test("names embedded structs in the path of a wrong type, and not list positions", () => {
    const text = '{"spec":{"volumes":[{"name":"v","hostPath":[]}]}}';

    expect(() => decodeJson(text, pod)).toThrow(
      "json: cannot unmarshal array into Go struct field Volume.spec.volumes.VolumeSource.hostPath of type v1.HostPathVolumeSource",
    );
  });

  test.each(["1.0", "1e3", "3000000000", "1.5"])("takes %s for no int32", (literal) => {
    const text = `{"spec":{"containers":[{"name":"a","ports":[{"containerPort":${literal}}]}]}}`;

    expect(() => decodeJson(text, pod)).toThrow(
      `json: cannot unmarshal number ${literal} into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32`,
    );
  });

  test("reads a quantity from a number as it is written", () => {
    const text =
      '{"spec":{"containers":[{"name":"a","resources":{"limits":{"cpu":0.5,"x":1e3}}}]}}';

    expect(decodeJson(text, pod).value["spec"]).toEqual({
      containers: [{ name: "a", resources: { limits: { cpu: "500m", x: "1e3" } } }],
    });
  });

  test("does not let a key become a prototype", () => {
    const text = '{"data":{"z":"1","__proto__":"x"}}';
    const data = decodeJson(text, configMap).value["data"] as object;

    expect(Object.entries(data)).toEqual([
      ["__proto__", "x"],
      ["z", "1"],
    ]);
  });

  test("refuses brackets nested too deep for the stack, in Go's words", () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;

    expect(() => decodeJson(deep, pod)).toThrow(
      new DecodeError("invalid character '[' exceeded max depth"),
    );
  });
});

describe("reading JSON", () => {
  test("gives what JSON.parse gives, whichever way it is read", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const expected: unknown = JSON.parse(text);

        expect(plainJson(parseJson(text))).toEqual(withoutNegativeZero(expected));
        expect(plainJson(readJson(text))).toEqual(withoutNegativeZero(expected));
      }),
    );
  });

  test("has an error for a text exactly when JSON.parse has one", () => {
    const punctuation = Array.from('{}[]:,"\\ 01-.eEtrue');
    const token = fc.constantFrom(...punctuation, "null", '"a"', "false", "\u0001", "é");
    fc.assert(
      fc.property(fc.array(token, { maxLength: 8 }), (tokens) => {
        const text = tokens.join("");

        expect(isRead(text, readJson)).toBe(isRead(text, JSON.parse));
      }),
      { numRuns: 2000 },
    );
  });
});

/** `-0` is kept as a literal and read as a number again, which `toEqual` tells from 0. */
function withoutNegativeZero(value: unknown): unknown {
  return plainJson(readJson(JSON.stringify(value)));
}

function isRead(text: string, read: (text: string) => unknown): boolean {
  try {
    read(text);
    return true;
  } catch {
    return false;
  }
}
