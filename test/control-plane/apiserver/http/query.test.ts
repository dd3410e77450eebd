import { describe, expect, test } from "vitest";
import { Query } from "../../../../src/control-plane/apiserver/http/query.ts";
import { refusalOf } from "../refusal.ts";

describe("a query", () => {
  test.each([
    ["", false],
    ["watch=true", true],
    ["watch=1", true],
    ["watch=yes", true],
    ["watch=", true],
    ["watch", true],
    ["watch=false", false],
    ["watch=False", false],
    ["watch=0", false],
    ["other=true", false],
  ])("reads the flag in %j as upstream does: %s", (search, expected) => {
    expect(new Query(search).flag("watch")).toBe(expected);
  });

  test("tells an absent flag from one that is off", () => {
    expect(new Query("").optionalFlag("sendInitialEvents")).toBeUndefined();
    expect(new Query("sendInitialEvents=false").optionalFlag("sendInitialEvents")).toBe(false);
  });

  test("decodes what is in it, and counts the first of several", () => {
    expect(new Query("labelSelector=a%3Db%2Cc&labelSelector=z").text("labelSelector")).toBe(
      "a=b,c",
    );
    expect(new Query("fieldManager=a+b").text("fieldManager")).toBe("a b");
  });

  test("reads numbers, and refuses what is none", () => {
    expect(new Query("limit=500").integer("limit")).toBe(500);
    expect(new Query("limit=-1").integer("limit")).toBe(-1);
    expect(new Query("limit=").integer("limit")).toBeUndefined();
    expect(new Query("").integer("limit")).toBeUndefined();
    for (const bad of ["abc", "1.5", "1e3", "0x10", " 1"]) {
      expect(
        refusalOf(() => new Query(`limit=${bad}`).integer("limit")),
        bad,
      ).toMatchObject({
        code: 400,
        message: `strconv.ParseInt: parsing ${JSON.stringify(bad)}: invalid syntax`,
      });
    }
  });

  test("dries only `All`", () => {
    expect(new Query("").dryRun("CreateOptions")).toBe(false);
    expect(new Query("dryRun=").dryRun("CreateOptions")).toBe(false);
    expect(new Query("dryRun=All").dryRun("CreateOptions")).toBe(true);
    expect(refusalOf(() => new Query("dryRun=All&dryRun=x").dryRun("PatchOptions"))).toMatchObject({
      code: 422,
      message:
        'PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["All","x"]: supported values: "All"',
    });
  });

  test("says how to list and how to watch", () => {
    const query = new Query(
      "labelSelector=a&fieldSelector=b%3Dc&limit=7&continue=t&resourceVersion=5&resourceVersionMatch=Exact&allowWatchBookmarks=true",
    );
    const selectors = { labelSelector: "a", fieldSelector: "b=c" };
    const revision = { resourceVersion: "5", resourceVersionMatch: "Exact" };

    expect(query.listOptions()).toEqual({ ...selectors, ...revision, limit: 7, continue: "t" });
    expect(query.watchOptions()).toEqual({
      ...selectors,
      ...revision,
      allowWatchBookmarks: true,
      sendInitialEvents: undefined,
    });
  });

  test("says how much of an object a table carries", () => {
    expect(new Query("").includeObject()).toBe("Metadata");
    expect(new Query("includeObject=None").includeObject()).toBe("None");
    expect(new Query("includeObject=Object").includeObject()).toBe("Object");
    expect(refusalOf(() => new Query("includeObject=object").includeObject()).code).toBe(400);
  });
});
