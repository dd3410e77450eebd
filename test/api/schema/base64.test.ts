import { describe, expect, test } from "vitest";
import { canonicalBase64 } from "../../../src/api/schema/base64.ts";

describe("base64 of bytes", () => {
  test.each([
    ["", ""],
    ["YWJj", "YWJj"],
    ["YQ==", "YQ=="],
    ["YW\r\nJj\n", "YWJj"],
    ["YQ=\n=", "YQ=="],
    ["YR==", "YQ=="],
  ])("%j is written as %j", (text, canonical) => {
    expect(canonicalBase64(text)).toBe(canonical);
  });

  test.each([
    ["not base64!", 3],
    ["YQ", 0],
    ["YWJjY", 4],
    ["YQ=", 3],
    ["YQ=x", 2],
    ["=", 0],
    ["Y===", 1],
    ["YQ==x", 4],
    ["YWJj=", 4],
    ["YWé=", 2],
  ])("%j is illegal at byte %i", (text, position) => {
    expect(() => canonicalBase64(text)).toThrow(`illegal base64 data at input byte ${position}`);
  });
});
