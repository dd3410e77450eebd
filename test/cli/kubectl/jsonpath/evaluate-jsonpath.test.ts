import { describe, expect, test } from "vitest";
import { evaluateJsonPath } from "../../../../src/cli/kubectl/jsonpath/evaluate-jsonpath.ts";
import vectors from "../vectors/jsonpath.json" with { type: "json" };

interface Case {
  readonly template: string;
  readonly output?: string;
  readonly error?: string;
}

describe("a JSONPath template makes what kubectl 1.35 makes of it", () => {
  test.each(vectors.cases as readonly Case[])("$template", ({ template, output, error }) => {
    const evaluation = () => evaluateJsonPath(template, vectors.object);

    if (error === undefined) expect(evaluation()).toBe(output);
    else expect(evaluation).toThrow(error);
  });
});
