import { describe, expect, test } from "vitest";
import { objectPrinter } from "../../../src/cli/kubectl/object-printer.ts";

const web = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", managedFields: [{ manager: "kubectl" }] },
};
const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "a" } };
const list = { apiVersion: "v1", kind: "List", metadata: {}, items: [pod, web] };

describe("-o", () => {
  test("name says what each object of a list is", () => {
    expect(objectPrinter("name")(list)).toBe("pod/a\ndeployment.apps/web\n");
  });

  test("yaml sorts, leaves out managed fields and separates documents", () => {
    const print = objectPrinter("yaml");

    expect(print(web)).toBe("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n");
    expect(print(pod)).toBe("---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n");
  });

  test("json shows managed fields of listed objects only when asked to", () => {
    expect(objectPrinter("json")(list)).not.toContain("managedFields");
    expect(objectPrinter("json", { showManagedFields: true })(list)).toContain("managedFields");
  });

  test("jsonpath prints what the template makes, and nothing after it", () => {
    expect(objectPrinter("jsonpath={.items[*].metadata.name}")(list)).toBe("a web");
  });

  test.each([
    ["jsonpath", "template format specified but no template given"],
    ["jsonpath={.a", "error parsing jsonpath {.a, unclosed action"],
    [
      "xml",
      'unable to match a printer suitable for the output format "xml", allowed formats are: ',
    ],
  ])("%s is refused before anything is asked for", (output, message) => {
    expect(() => objectPrinter(output)).toThrow(message);
  });
});
