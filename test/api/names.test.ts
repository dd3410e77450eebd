import { describe, expect, test } from "vitest";
import * as names from "../../src/api/names.ts";
import { vectors } from "./vectors.ts";

interface NameVector {
  readonly text: string;
  readonly problems: Readonly<Record<keyof typeof rules, string[]>>;
}

const rules = {
  subdomain: names.dns1123Subdomain,
  label: names.dns1123Label,
  value: names.labelValue,
  qualified: names.qualifiedName,
  key: names.configMapKey,
  env: names.envVarName,
  port: names.portName,
};

describe("a name", () => {
  test.each(vectors<NameVector>("names"))(
    "'$text' is judged in upstream's words",
    ({ text, problems }) => {
      const judged = Object.entries(rules).map(([rule, check]) => [rule, check(text)]);
      expect(Object.fromEntries(judged)).toEqual(problems);
    },
  );
});

describe("a port number", () => {
  test.each([1, 80, 65535])("%i is fine", (port) => {
    expect(names.portNumber(port)).toEqual([]);
  });

  test.each([-1, 0, 65536])("%i is out of range", (port) => {
    expect(names.portNumber(port)).toEqual(["must be between 1 and 65535, inclusive"]);
  });
});
