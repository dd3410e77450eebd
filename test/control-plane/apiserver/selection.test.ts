import { PlainObject } from "../../../src/control-plane/apiserver/stored/stored-object.ts";
import { describe, expect, test } from "vitest";
import { kinds } from "../../../src/control-plane/apiserver/kinds/kinds.ts";
import type { Resource } from "../../../src/control-plane/apiserver/resource.ts";
import {
  demandedValue,
  isSelected,
  parseSelection,
} from "../../../src/control-plane/apiserver/selection.ts";
import { aPod } from "./objects.ts";

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

  test("of what every JavaScript object has is refused like any other", () => {
    for (const field of ["constructor", "toString", "__proto__"]) {
      expect(() => parseSelection(resource("pods"), "", "", `${field}=x`)).toThrow(
        `field label not supported: ${field}`,
      );
    }
  });

  test("asks for the namespace of kinds that have one", () => {
    expect(() => parseSelection(resource("nodes"), "", "", "metadata.namespace=a")).toThrow();
    expect(parseSelection(resource("pods"), "", "", "metadata.namespace=a").fields).toHaveLength(1);
  });
});

describe("a selection", () => {
  const web = aPod("web", { nodeName: "n1" }, { namespace: "default", labels: { app: "web" } });
  const isSelectedBy = (namespace: string, labels: string, fields: string): boolean =>
    isSelected(parseSelection(resource("pods"), namespace, labels, fields), new PlainObject(web));

  test.each([
    ["", "", "", true],
    ["default", "", "", true],
    ["kube-system", "", "", false],
    ["", "app=web", "", true],
    ["", "app!=web", "", false],
    ["", "", "spec.nodeName=n1", true],
    ["", "", "spec.nodeName==n1,metadata.name!=db", true],
    ["", "", "spec.nodeName!=n1", false],
    ["", "", "status.phase=", true],
    ["", "", "spec.hostNetwork=false", true],
    ["default", "app=web", "metadata.name=db", false],
  ])("in %j of labels %j and fields %j: %s", (namespace, labels, fields, expected) => {
    expect(isSelectedBy(namespace, labels, fields)).toBe(expected);
  });

  test("demands a value of a field when it says so with an equals sign", () => {
    const selection = parseSelection(
      resource("pods"),
      "",
      "",
      "spec.nodeName=n1,status.phase!=Failed",
    );

    expect(demandedValue(selection, "spec.nodeName")).toBe("n1");
    expect(demandedValue(selection, "status.phase")).toBeUndefined();
    expect(demandedValue(selection, "metadata.name")).toBeUndefined();
  });
});

function resource(plural: string): Resource {
  return kinds.find((kind) => kind.plural === plural) as Resource;
}
