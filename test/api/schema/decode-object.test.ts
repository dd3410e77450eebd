import { describe, expect, test } from "vitest";
import {
  decodeObject,
  type DecodedObject,
  interpretJson,
  noKindRegistered,
} from "../../../src/api/schema/decode-object.ts";
import { DecodeError } from "../../../src/api/schema/decode-error.ts";
import { vectors } from "./vectors.ts";

interface Vector {
  readonly in: string;
  readonly error?: string;
  readonly value?: unknown;
}

/** The scheme that recorded the vectors calls itself something else. */
const clientScheme = "k8s.io/client-go/kubernetes/scheme/register.go:82";

describe("decoding an object", () => {
  test.each(vectors<Vector>("strict-decode-vectors"))("says of $in what Go says", (vector) => {
    const { apiVersion, kind } = { apiVersion: "v1", kind: "Nope" };
    const serverError = noKindRegistered({ apiVersion, kind });
    const clientError = noKindRegistered({ apiVersion, kind }, clientScheme);

    expect(outcome(vector.in).error?.replace(serverError, clientError)).toBe(vector.error);
  });

  test.each(vectors<Vector>("decode-vectors"))("gives for $in what Go gives", (vector) => {
    const { error, value } = outcome(vector.in);

    expect(error).toBe(vector.error);
    // As text, because the order of fields counts too.
    if (vector.value !== undefined)
      expect(JSON.stringify(value)).toBe(JSON.stringify(vector.value));
  });

  test.each(vectors<Vector>("json-syntax-vectors"))(
    "finds in $in the mistake that Go finds",
    (vector) => {
      expect(outcome(vector.in).error).toBe(vector.error);
    },
  );

  test("takes kind and version from the caller where the text has none", () => {
    const defaults = { apiVersion: "v1", kind: "Pod" };

    expect(decodeObject("{}", defaults)).toMatchObject(defaults);
    expect(decodeObject('{"kind":"Node"}', defaults)).toMatchObject({
      apiVersion: "v1",
      kind: "Node",
    });
  });

  test("finds kind and version regardless of case, but decodes fields exactly", () => {
    const { kind, strictErrors } = decodeObject('{"KIND":"Pod","apiversion":"v1"}');

    expect(kind).toBe("Pod");
    expect(strictErrors).toEqual(['unknown field "KIND"', 'unknown field "apiversion"']);
  });

  test("refuses a version with two slashes", () => {
    const text = '{"kind":"Pod","apiVersion":"a/b/c"}';

    expect(() => interpretJson(text)).toThrow(
      new DecodeError("unexpected GroupVersion string: a/b/c"),
    );
  });
});

function outcome(text: string): { readonly error?: string; readonly value?: unknown } {
  let decoded: DecodedObject;
  try {
    decoded = decodeObject(text);
  } catch (error) {
    if (error instanceof DecodeError) return { error: error.message };
    throw error;
  }
  const { strictErrors, value } = decoded;
  if (strictErrors.length === 0) return { value };
  return { error: `strict decoding error: ${strictErrors.join(", ")}`, value };
}
