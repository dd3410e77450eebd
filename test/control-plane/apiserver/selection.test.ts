import { describe, expect, test } from "vitest";
import { kinds } from "../../../src/control-plane/apiserver/kinds/kinds.ts";
import type { Resource } from "../../../src/control-plane/apiserver/resource.ts";
import { parseSelection } from "../../../src/control-plane/apiserver/selection.ts";

describe("a field selector", () => {
  test("of a field that no pod is selected by is refused, and clients add the rest", () => {
    expect(() => parseSelection(resource("pods"), "", "", "foo=bar")).toThrow(
      /^field label not supported: foo$/,
    );
  });

  test("of a kind with no fields of its own names the two that every object has", () => {
    expect(() => parseSelection(resource("configmaps"), "", "", "data.a=b")).toThrow(
      /^"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"$/,
    );
  });
});

function resource(plural: string): Resource {
  return kinds.find((kind) => kind.plural === plural) as Resource;
}
