import { describe, expect, test } from "vitest";
import { parseManifest } from "../../../src/cli/kubectl/parse-manifest.ts";

describe("a manifest", () => {
  test("may hold several YAML documents, and empty ones among them", () => {
    const text = "---\na: 1\n---\n---\n# nothing\n---\nb: [2]\n...\n";

    expect(parseManifest(text, "m.yaml")).toEqual([{ a: 1 }, { b: [2] }]);
    expect(parseManifest("", "m.yaml")).toEqual([]);
  });

  test("may hold several JSON values one after the other", () => {
    const text = '{"a": "}{"}\n{"b": ["\\"]"]}';

    expect(parseManifest(text, "m.json")).toEqual([{ a: "}{" }, { b: ['"]'] }]);
  });

  test("may begin like JSON and be YAML", () => {
    expect(parseManifest("{a: 1, b: yes}", "m.yaml")).toEqual([{ a: 1, b: true }]);
  });

  test.each([
    ["yes", true],
    ["Off", false],
    ['"yes"', "yes"],
    ["'no'", "no"],
    ["~", null],
    ["", null],
    ["0644", 420],
    ["0o17", 15],
    ["0x1F", 31],
    ["-0b11", -3],
    ["1_000", 1000],
    ["089", 89],
    ["1e3", 1000],
    [".5", 0.5],
    ["1.2.3", "1.2.3"],
    ["e1", "e1"],
    ["2026-11-22", "2026-11-22"],
    ["2026-11-22T14:34:36Z", "2026-11-22T14:34:36Z"],
    ["1:30", "1:30"],
    ["80:443", "80:443"],
    ["<<", "<<"],
    ["100m", "100m"],
    ["!!str 5", "5"],
    ["| \n yes\n", "yes\n"],
  ])("reads %s as Kubernetes' YAML does", (text, value) => {
    expect(parseManifest(`x: ${text}`, "m.yaml")).toEqual([{ x: value }]);
  });

  test("may use anchors and merge keys", () => {
    const text = "base: &b {a: 1}\nmore: {<<: *b, c: 2}\nsame: *b";

    expect(parseManifest(text, "m.yaml")).toEqual([
      { base: { a: 1 }, more: { a: 1, c: 2 }, same: { a: 1 } },
    ]);
  });

  test.each([
    [
      "m.yaml",
      "a: [b\nc: d\n",
      "error parsing m.yaml: error converting YAML to JSON: yaml: line 2, column 1: ",
    ],
    [
      "STDIN",
      "a: b: c\n",
      "error parsing STDIN: error converting YAML to JSON: yaml: line 1, column 4: ",
    ],
    ["m.json", '{"kind":"Pod",', "error parsing m.json: "],
  ])("says where %s cannot be read", (name, text, message) => {
    expect(() => parseManifest(text, name)).toThrow(message);
  });
});
