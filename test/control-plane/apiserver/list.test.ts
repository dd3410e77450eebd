import { beforeEach, describe, expect, test } from "vitest";
import type { ApiError, Status } from "../../../src/api/errors.ts";
import type { ObjectList } from "../../../src/control-plane/apiserver/read.ts";
import { PlainObject } from "../../../src/control-plane/apiserver/stored/stored-object.ts";
import { askedList, type ListedObjects, type RecordedAnswer } from "./api-driver.ts";
import { aConfigMap, aNamespace, aNode, aPod } from "./objects.ts";
import { refusalOf } from "./refusal.ts";
import { ServerUnderTest } from "./server-under-test.ts";

let api: ServerUnderTest;
beforeEach(() => {
  api = new ServerUnderTest();
});

describe("a list", () => {
  test("has the objects of a kind by namespace and name, at the store's revision", () => {
    api.create("namespaces", aNamespace("dev"));
    for (const name of ["b", "a"]) api.create("configmaps", aConfigMap(name));
    api.create("configmaps", aConfigMap("z"), { namespace: "dev" });
    api.create("pods", aPod("web"));

    const list = api.list("configmaps", {}, { namespace: "" });

    expect(list.items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([
      "default/a",
      "default/b",
      "dev/z",
    ]);
    expect(list).toMatchObject({
      revision: api.server.revision,
      continue: "",
      remainingItemCount: undefined,
    });
  });

  test("of one namespace has nothing of another whose name begins the same", () => {
    api.create("namespaces", aNamespace("default2"));
    api.create("configmaps", aConfigMap("a"));
    api.create("configmaps", aConfigMap("b"), { namespace: "default2" });

    expect(namesOf(api.list("configmaps"))).toEqual(["a"]);
  });

  test("of a namespace that is not there is empty", () => {
    expect(api.list("configmaps", {}, { namespace: "nosuch" }).items).toEqual([]);
  });

  test("has what its selectors select", () => {
    api.create("nodes", aNode("n1"));
    api.create(
      "pods",
      aPod("front", { nodeName: "n1" }, { labels: { app: "web", tier: "front" } }),
    );
    api.create("pods", aPod("back", {}, { labels: { app: "web", tier: "back" } }));

    const selected = (labelSelector: string, fieldSelector = "") =>
      namesOf(api.list("pods", { labelSelector, fieldSelector }));
    expect(selected("app=web")).toEqual(["back", "front"]);
    expect(selected("app=web,tier notin (back)")).toEqual(["front"]);
    expect(selected("!app")).toEqual([]);
    expect(selected("", "spec.nodeName=")).toEqual(["back"]);
    expect(selected("", "spec.nodeName=n1,status.phase!=Running")).toEqual(["front"]);
    expect(selected("tier=back", "metadata.name=front")).toEqual([]);
    expect(selected("", "metadata.namespace=kube-system")).toEqual([]);
  });

  test("is refused for selectors that nobody understands", () => {
    const refusal = (options: object) => refusalOf(() => api.list("pods", options));

    expect(refusal({ labelSelector: "a===b" })).toMatchObject({
      code: 400,
      message: "unable to parse requirement: found '=', expected: identifier",
    });
    expect(refusal({ fieldSelector: "spec" })).toMatchObject({
      code: 400,
      message: "invalid selector: 'spec'; can't understand 'spec'",
    });
    expect(refusal({ fieldSelector: "spec.zip=x" })).toMatchObject({
      code: 400,
      message: "field label not supported: spec.zip",
    });
  });
});

describe("a list in pages", () => {
  test("goes on where the page before ended, and counts what is left", () => {
    createConfigMaps("a", "b", "c", "d", "e");

    const pages = pagesOf({ limit: 2 });

    expect(pages.map(namesOf)).toEqual([["a", "b"], ["c", "d"], ["e"]]);
    expect(pages.map(({ remainingItemCount }) => remainingItemCount)).toEqual([3, 1, undefined]);
    expect(pages.at(-1)?.continue).toBe("");
  });

  test("shows one revision from the first page to the last, whatever happens meanwhile", () => {
    createConfigMaps("a", "c", "e", "g");
    const first = api.list("configmaps", { limit: 2 });

    api.remove("configmaps", "e");
    createConfigMaps("d", "f");
    api.replace("configmaps", aConfigMap("g", { changed: "yes" }));

    const second = api.list("configmaps", { limit: 2, continue: first.continue });
    expect(namesOf(second)).toEqual(["e", "g"]);
    expect(second.revision).toBe(first.revision);
    expect(second.items.at(-1)?.["data"]).not.toEqual({ changed: "yes" });
  });

  test("that end with the last object need no further page", () => {
    createConfigMaps("a", "b");

    expect(api.list("configmaps", { limit: 2 })).toMatchObject({
      continue: "",
      remainingItemCount: undefined,
    });
  });

  test("are full although a selector leaves most objects out, and do not count what is left", () => {
    for (let index = 0; index < 30; index++) {
      const labels = { third: String(index % 3) };
      const name = `m${String(index).padStart(2, "0")}`;
      api.create("configmaps", aConfigMap(name, {}, { labels }));
    }

    const pages = pagesOf({ limit: 4, labelSelector: "third=1" });

    expect(pages.map(namesOf)).toEqual([
      ["m01", "m04", "m07", "m10"],
      ["m13", "m16", "m19", "m22"],
      ["m25", "m28"],
    ]);
    expect(pages.map(({ remainingItemCount }) => remainingItemCount)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("of one are found in a big cluster too, where next to nothing is selected", () => {
    const puts = Array.from({ length: 20_000 }, (_none, index) => ({
      type: "put" as const,
      key: `/registry/configmaps/default/m${index}`,
      value: new PlainObject(aConfigMap(`m${index}`, {}, { namespace: "default" })),
    }));
    api.store.transact({ compares: [], then: puts }, () => {});

    expect(
      namesOf(api.list("configmaps", { limit: 1, fieldSelector: "metadata.name=m9999" })),
    ).toEqual(["m9999"]);
  });

  test("go on across namespaces", () => {
    api.create("namespaces", aNamespace("dev"));
    createConfigMaps("a");
    api.create("configmaps", aConfigMap("a"), { namespace: "dev" });

    const pages = pagesOf({ limit: 1 }, "");

    expect(pages.flatMap(({ items }) => items.map(({ metadata }) => metadata.namespace))).toEqual([
      "default",
      "dev",
    ]);
  });

  test("with a limit below zero are one", () => {
    createConfigMaps("a", "b");

    expect(namesOf(api.list("configmaps", { limit: -1 }))).toEqual(["a", "b"]);
  });

  test("whose revision is compacted away can be gone on with, as of now", () => {
    createConfigMaps("a", "b", "d");
    const first = api.list("configmaps", { limit: 1 });
    createConfigMaps("c");
    api.store.compact(api.server.revision, () => {});

    const { code, reason, message, metadata } = refusalOf(() =>
      api.list("configmaps", { limit: 1, continue: first.continue }),
    );

    expect([code, reason]).toEqual([410, "Expired"]);
    expect(message).toBe(
      "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
    );
    const rest = api.list("configmaps", { continue: metadata.continue ?? "" });
    expect(namesOf(rest)).toEqual(["b", "c", "d"]);
    expect(rest.revision).toBe(api.server.revision);
  });

  test("are not begun anew: a page has the revision of the first, and may not ask for one", () => {
    createConfigMaps("a", "b");
    const { continue: token, revision } = api.list("configmaps", { limit: 1 });

    expect(
      refusalOf(() =>
        api.list("configmaps", { continue: token, resourceVersion: String(revision) }),
      ),
    ).toMatchObject({
      code: 400,
      message: "specifying resource version is not allowed when using continue",
    });
    expect(namesOf(api.list("configmaps", { continue: token, resourceVersion: "0" }))).toEqual([
      "b",
    ]);
  });
});

describe("a list of a revision", () => {
  test("is of the very one that is asked for, or of one not older", () => {
    const { revision } = api.server;
    createConfigMaps("a");
    const asked = { resourceVersion: String(revision) };

    const exact = api.list("configmaps", { ...asked, resourceVersionMatch: "Exact" });
    expect([namesOf(exact), exact.revision]).toEqual([[], revision]);

    const newer = api.list("configmaps", { ...asked, resourceVersionMatch: "NotOlderThan" });
    expect([namesOf(newer), newer.revision]).toEqual([["a"], api.server.revision]);

    expect(namesOf(api.list("configmaps", asked))).toEqual(["a"]);
    expect(namesOf(api.list("configmaps", { resourceVersion: "0" }))).toEqual(["a"]);
  });

  test("with a limit and no match is of that very one, as before there were matches", () => {
    const { revision } = api.server;
    createConfigMaps("a");

    const list = api.list("configmaps", { resourceVersion: String(revision), limit: 10 });

    expect([namesOf(list), list.revision]).toEqual([[], revision]);
  });

  test("that is still to come is waited for, and refused after three seconds", () => {
    const current = api.server.revision;
    const ask = (revision: number): RecordedAnswer<ObjectList> =>
      askedList(api, "configmaps", { resourceVersion: String(revision) });
    const soon = ask(current + 1);
    const never = ask(999_999_999);

    api.pass(2);
    createConfigMaps("a");
    expect(soon.result?.items.map(({ name }) => name)).toEqual(["a"]);
    api.pass(0.999_999);
    expect(never.error).toBeUndefined();
    api.pass(0.000_001);

    expect((never.error as ApiError).status).toEqual(tooLarge(999_999_999, current + 1));
  });

  test("that is still to come is refused at once when it is to be that very one", () => {
    const asked = { resourceVersion: "999", resourceVersionMatch: "Exact" };

    expect(refusalOf(() => api.list("configmaps", asked))).toEqual(
      tooLarge(999, api.server.revision),
    );
  });

  test("0 is all of it, whatever the limit", () => {
    createConfigMaps("a", "b", "c");

    const list = api.list("configmaps", { resourceVersion: "0", limit: 2 });

    expect([namesOf(list), list.continue]).toEqual([["a", "b", "c"], ""]);
  });

  test("that is compacted away is refused", () => {
    const old = String(api.server.revision);
    createConfigMaps("a", "b");
    api.store.compact(api.server.revision, () => {});

    expect(
      refusalOf(() =>
        api.list("configmaps", { resourceVersion: old, resourceVersionMatch: "Exact" }),
      ),
    ).toMatchObject({
      code: 410,
      reason: "Expired",
      message: "The resourceVersion for the provided list is too old.",
    });
  });

  test.each([
    [
      { resourceVersion: "abc" },
      400,
      'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    ],
    [
      { resourceVersionMatch: "Exact" },
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    ],
    [
      { resourceVersionMatch: "Bogus", resourceVersion: "1" },
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Unsupported value: "Bogus": supported values: "Exact", "NotOlderThan", ""',
    ],
    [
      { resourceVersionMatch: "Exact", resourceVersion: "0" },
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    ],
    [
      { resourceVersionMatch: "NotOlderThan", resourceVersion: "1", continue: "x" },
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided',
    ],
    [
      { continue: "bogus" },
      400,
      "invalid continue token: continue key is not valid: illegal base64 data at input byte 4",
    ],
  ])("asked for with %j is refused", (options, code, message) => {
    expect(refusalOf(() => api.list("configmaps", options))).toMatchObject({ code, message });
  });
});

describe("the beginning of a watch", () => {
  test("without a revision shows all there is, then what comes", () => {
    createConfigMaps("a");
    const watch = api.watch("configmaps");
    const { resourceVersion } = api.get("configmaps", "a").metadata;
    const { metadata } = api.create("configmaps", aConfigMap("b"));

    expect(watch.lines).toEqual([
      `ADDED a@${resourceVersion}`,
      `ADDED b@${metadata.resourceVersion}`,
    ]);
  });

  test("at a revision shows what came after it", () => {
    createConfigMaps("a");
    const since = api.server.revision;
    createConfigMaps("b");

    expect(api.watch("configmaps", { resourceVersion: String(since) }).lines).toEqual([
      `ADDED b@${since + 1}`,
    ]);
  });

  test("on one name shows that object alone", () => {
    createConfigMaps("a", "b");

    const watch = api.watch("configmaps", {}, { name: "b" });

    expect(watch.lines).toEqual([`ADDED b@${api.server.revision}`]);
  });

  test("in the WatchList way shows all there is, and says when that is all", () => {
    createConfigMaps("a");
    const { revision } = api.server;
    const options = { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" };

    expect(api.watch("configmaps", { ...options, allowWatchBookmarks: true }).lines).toEqual([
      `ADDED a@${revision}`,
      `BOOKMARK ${revision} initial-events-end`,
    ]);
    expect(
      api.watch("configmaps", { ...options, allowWatchBookmarks: true, resourceVersion: "1" })
        .lines,
    ).toHaveLength(2);
    expect(api.watch("configmaps", options).lines).toEqual([`ADDED a@${revision}`]);
  });

  test("without initial events shows what comes, and no more", () => {
    createConfigMaps("a");
    const watch = api.watch("configmaps", {
      sendInitialEvents: false,
      resourceVersionMatch: "NotOlderThan",
    });
    const { metadata } = api.create("configmaps", aConfigMap("b"));

    expect(watch.lines).toEqual([`ADDED b@${metadata.resourceVersion}`]);
  });

  test.each([
    [
      { resourceVersion: "abc" },
      500,
      'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    ],
    [
      { sendInitialEvents: true },
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    ],
    [
      { resourceVersionMatch: "NotOlderThan" },
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    ],
    [
      { sendInitialEvents: true, resourceVersionMatch: "Exact" },
      422,
      'ListOptions.meta.k8s.io "" is invalid: [resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"]',
    ],
  ])("asked for with %j is refused", (options, code, message) => {
    expect(refusalOf(() => api.watch("configmaps", options))).toMatchObject({ code, message });
  });

  test("gets a bookmark a minute when it asks for them", () => {
    const watch = api.watch("configmaps", {
      resourceVersion: String(api.server.revision),
      allowWatchBookmarks: true,
    });

    api.pass(59);
    expect(watch.lines).toEqual([]);
    api.create("pods", aPod("web"));
    api.pass(1);

    expect(watch.lines).toEqual([`BOOKMARK ${api.server.revision}`]);
  });
});

function tooLarge(asked: number, current: number): Status {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: `Timeout: Too large resource version: ${asked}, current: ${current}`,
    reason: "Timeout",
    details: {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    },
    code: 504,
  };
}

function createConfigMaps(...names: readonly string[]): void {
  for (const name of names) api.create("configmaps", aConfigMap(name));
}

function namesOf({ items }: ListedObjects): (string | undefined)[] {
  return items.map(({ metadata }) => metadata.name);
}

function pagesOf(
  options: { readonly limit: number; readonly labelSelector?: string },
  namespace = "default",
): ListedObjects[] {
  const pages = [api.list("configmaps", options, { namespace })];
  for (let last = pages[0]; last !== undefined && last.continue !== ""; last = pages.at(-1)) {
    pages.push(api.list("configmaps", { ...options, continue: last.continue }, { namespace }));
  }
  return pages;
}
