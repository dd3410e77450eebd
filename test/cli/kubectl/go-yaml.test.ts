import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { goYaml } from "../../../src/cli/kubectl/go-yaml.ts";
import { parseManifest } from "../../../src/cli/kubectl/parse-manifest.ts";
import { sortedJson } from "../../../src/cli/kubectl/sorted-json.ts";
import tricky from "./vectors/tricky.json" with { type: "json" };

/** What kubectl 1.35.2 printed for `create --dry-run=client -f tricky.json -o FORMAT`. */
function printedByKubectl(format: string): string {
  return readFileSync(new URL(`vectors/tricky.kubectl.${format}.txt`, import.meta.url), "utf8");
}

describe("YAML", () => {
  test("is what kubectl writes, for every string that needs care", () => {
    expect(goYaml(tricky)).toBe(printedByKubectl("yaml"));
  });

  test("quotes what old readers take for a number in base 60", () => {
    expect(goYaml({ port: "1:30", ports: "80:443" })).toBe('port: "1:30"\nports: 80:443\n');
  });

  test("reads back as what was written", () => {
    expect(parseManifest(goYaml(tricky), "x.yaml")).toEqual([tricky]);
  });
});

describe("JSON", () => {
  test("is what kubectl writes", () => {
    expect(`${sortedJson(tricky, 4)}\n`).toBe(printedByKubectl("json"));
  });

  test("puts keys that look like numbers where strings belong", () => {
    expect(sortedJson({ 2: 0, 10: [], a: { "<": null } })).toBe(
      '{"10":[],"2":0,"a":{"\\u003c":null}}',
    );
  });
});
