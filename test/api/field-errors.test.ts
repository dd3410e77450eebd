import { describe, expect, test } from "vitest";
import * as fields from "../../src/api/field-errors.ts";

describe("a field error", () => {
  test.each([
    [fields.required("a"), "FieldValueRequired", "Required value"],
    [fields.required("a", "say why"), "FieldValueRequired", "Required value: say why"],
    [fields.invalidValue("a", "x", "no"), "FieldValueInvalid", 'Invalid value: "x": no'],
    [fields.invalidValue("a", -1, "no"), "FieldValueInvalid", "Invalid value: -1: no"],
    [fields.invalidValue("a", null, "no"), "FieldValueInvalid", "Invalid value: null: no"],
    [fields.invalidValue("a", undefined, "no"), "FieldValueInvalid", "Invalid value: null: no"],
    [
      fields.invalidValue("a", ["<b>"], "no"),
      "FieldValueInvalid",
      'Invalid value: ["\\u003cb\\u003e"]: no',
    ],
    [
      fields.notSupported("a", "x", ["A", "B"]),
      "FieldValueNotSupported",
      'Unsupported value: "x": supported values: "A", "B"',
    ],
    [fields.notSupported("a", "x", []), "FieldValueNotSupported", 'Unsupported value: "x"'],
    [fields.forbiddenField("a", "no"), "FieldValueForbidden", "Forbidden: no"],
    [fields.duplicateValue("a", "x"), "FieldValueDuplicate", 'Duplicate value: "x"'],
    [fields.notFoundField("a", "x"), "FieldValueNotFound", 'Not found: "x"'],
    [fields.tooLong("a", "x", 1), "FieldValueTooLong", "Too long: may not be more than 1 byte"],
    [fields.tooLong("a", "x", 64), "FieldValueTooLong", "Too long: may not be more than 64 bytes"],
    [fields.tooMany("a", 3, 2), "FieldValueTooMany", "Too many: 3: must have at most 2 items"],
  ])("is told in upstream's words: %j", (cause, reason, message) => {
    expect(cause).toEqual({ reason, message, field: "a" });
  });

  test.each([
    ['say "hi"', '"say \\"hi\\""'],
    ["a\tb\nc\\d", '"a\\tb\\nc\\\\d"'],
    ["\u0000\u001b\u007f", '"\\x00\\x1b\\x7f"'],
    ["grün 日本 😀", '"grün 日本 😀"'],
    ["\u00a0\u200b", '"\\u00a0\\u200b"'],
  ])("prints a string as Go quotes it: %j", (value, quoted) => {
    expect(fields.invalidValue("a", value, "no").message).toBe(`Invalid value: ${quoted}: no`);
  });
});
