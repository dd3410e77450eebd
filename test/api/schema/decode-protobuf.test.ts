import { describe, expect, test } from "vitest";
import { DecodeError } from "../../../src/api/schema/decode-error.ts";
import { decodeProtobuf } from "../../../src/api/schema/decode-protobuf.ts";
import { vectors } from "./vectors.ts";

interface Vector {
  readonly hex: string;
  readonly value: unknown;
}

const magic = [0x6b, 0x38, 0x73, 0x00];

/** What `kubectl create sa sa1` sends: as older clients do, with the zeros written out. */
const serviceAccount = object("v1", "ServiceAccount", [
  ...field(1, [
    ...field(1, ascii("sa1")),
    ...field(2, []),
    ...field(3, []),
    ...field(4, []),
    ...field(5, []),
    ...field(6, []),
    ...varintField(7, 0),
    ...field(8, []),
  ]),
]);

describe("a protobuf body", () => {
  test.each(vectors<Vector>("protobuf-vectors"))(
    "$hex is what Go reads from it",
    ({ hex, value }) => {
      expect(JSON.stringify(decodeProtobuf(Buffer.from(hex, "hex")).value)).toBe(
        JSON.stringify(value),
      );
    },
  );

  test("begins as the recorded one does", () => {
    expect(Buffer.from(serviceAccount).toString("hex")).toMatch(
      /^6b3873000a140a027631120e536572766963654163636f756e7412150a130a03736131/,
    );
  });

  test("loses the zeros that clients write out", () => {
    expect(decodeProtobuf(serviceAccount)).toEqual({
      apiVersion: "v1",
      kind: "ServiceAccount",
      value: { kind: "ServiceAccount", apiVersion: "v1", metadata: { name: "sa1" } },
    });
  });

  test("keeps a zero behind a pointer", () => {
    const options = object("v1", "DeleteOptions", varintField(1, 0));

    expect(decodeProtobuf(options).value).toEqual({
      kind: "DeleteOptions",
      apiVersion: "v1",
      gracePeriodSeconds: 0,
    });
  });

  test("reads numbers that are negative, large, or packed together", () => {
    const tenBytes = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    const options = object("v1", "DeleteOptions", [0x08, ...tenBytes]);
    const groups = field(14, field(4, [1, 0x80, 0x80, 0x80, 0x80, 0x20]));
    const pod = object("v1", "Pod", field(2, groups));

    expect(decodeProtobuf(options).value).toMatchObject({ gracePeriodSeconds: -2 });
    expect(decodeProtobuf(pod).value["spec"]).toMatchObject({
      securityContext: { supplementalGroups: [1, 2 ** 33] },
    });
  });

  test("skips fields that it does not know", () => {
    const unknown = [...varintField(1000, 7), ...field(1001, ascii("x"))];
    const account = object("v1", "ServiceAccount", [...unknown, ...field(1, field(1, ascii("a")))]);

    expect(decodeProtobuf(account).value).toMatchObject({ metadata: { name: "a" } });
  });

  test("takes kind and version from the caller where it names none", () => {
    const anonymous = [...magic, ...field(2, varintField(1, 5))];
    const defaults = { apiVersion: "v1", kind: "DeleteOptions" };

    expect(decodeProtobuf(Uint8Array.from(anonymous), defaults)).toMatchObject({
      ...defaults,
      value: { gracePeriodSeconds: 5 },
    });
  });

  test.each([
    ["nothing", [], "empty data"],
    [
      "JSON",
      ascii("{}"),
      "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]",
    ],
    ["a length beyond the end", [...magic, 0x12, 5, 1], "unexpected EOF"],
    ["a field number 0", [...magic, 0x02, 0], "proto: illegal tag 0 (wire type 2)"],
    ["a group", [...magic, 0x1b], "proto: illegal wireType 3"],
    ["an endless number", [...magic, ...Array<number>(12).fill(0xff)], "proto: integer overflow"],
    [
      "a string as number",
      [...object("v1", "DeleteOptions", field(1, []))],
      "proto: wrong wireType = 2 for field 1",
    ],
    [
      "an unknown kind",
      [...object("v1", "Nope", [])],
      'no kind "Nope" is registered for version "v1" in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"',
    ],
  ])("is refused when it is %s", (_what, bytes, message) => {
    expect(() => decodeProtobuf(Uint8Array.from(bytes))).toThrow(new DecodeError(message));
  });

  test("gives an error and nothing worse wherever it is cut or changed", () => {
    const { hex } = vectors<Vector>("protobuf-vectors")[7] as Vector;
    const whole = Buffer.from(hex, "hex");
    for (let position = 4; position < whole.length; position++) {
      const changed = Buffer.from(whole);
      changed[position] = (changed[position] as number) ^ 0xff;
      for (const bytes of [whole.subarray(0, position), changed]) {
        try {
          decodeProtobuf(bytes, { apiVersion: "v1", kind: "Pod" });
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }
    }
  });
});

function object(apiVersion: string, kind: string, content: readonly number[]): Uint8Array {
  const typeMeta = [...field(1, ascii(apiVersion)), ...field(2, ascii(kind))];
  return Uint8Array.from([
    ...magic,
    ...field(1, typeMeta),
    ...field(2, content),
    ...field(3, []),
    ...field(4, []),
  ]);
}

function field(number: number, content: readonly number[]): readonly number[] {
  return [...varint(number * 8 + 2), ...varint(content.length), ...content];
}

function varintField(number: number, value: number): readonly number[] {
  return [...varint(number * 8), ...varint(value)];
}

function varint(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value % 0x80) + 0x80, ...varint(Math.floor(value / 0x80))];
}

function ascii(text: string): readonly number[] {
  return [...Buffer.from(text)];
}
