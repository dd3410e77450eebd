import { beforeEach, describe, expect, test } from "vitest";
import type { KubeObject } from "../../../src/api/objects.ts";
import { keyOf, PlainObject } from "../../../src/control-plane/apiserver/stored/stored-object.ts";
import { Informer } from "../../../src/control-plane/client/informer.ts";
import { aConfigMap, aNode, aPod } from "../apiserver/objects.ts";
import { ServerUnderTest } from "../apiserver/server-under-test.ts";
import { clientOf } from "./client-under-test.ts";

const configMaps = { group: "", version: "v1", plural: "configmaps" };
const pods = { group: "", version: "v1", plural: "pods" };

let api: ServerUnderTest;
let told: string[];
beforeEach(() => {
  api = new ServerUnderTest();
  told = [];
});

describe("an informer", () => {
  test("has what there is, and then follows", () => {
    api.create("configmaps", aConfigMap("a"));
    const informer = anInformer();
    expect(informer.hasSynced).toBe(false);
    api.pass(1);
    expect(informer.hasSynced).toBe(true);

    api.create("configmaps", aConfigMap("b"));
    api.replace("configmaps", aConfigMap("a", { x: "y" }));
    api.remove("configmaps", "b");
    api.pass(1);

    expect(told).toEqual([
      "add default/a",
      "add default/b",
      "update default/a",
      "delete default/b",
    ]);
    expect([...informer.objects()]).toEqual([api.get("configmaps", "a")]);
    expect(informer.get("default/a")?.["data"]).toEqual({ x: "y" });
    expect(informer.get("default/b")).toBeUndefined();
  });

  test("misses nothing that happens between its list and its watch", () => {
    anInformer();
    api.pass(0.0011);
    api.create("configmaps", aConfigMap("a"));
    api.pass(1);

    expect(told).toEqual(["add default/a"]);
  });

  test("tells what an object was before", () => {
    api.create("configmaps", aConfigMap("a", { n: "1" }));
    const changes: unknown[] = [];
    const informer = new Informer(clientOf(api), configMaps);
    informer.addHandlers({
      onUpdate: (object, old) => changes.push([old["data"], object["data"]]),
    });
    informer.start();
    api.pass(1);

    api.replace("configmaps", aConfigMap("a", { n: "2" }));
    api.pass(1);

    expect(changes).toEqual([[{ n: "1" }, { n: "2" }]]);
  });

  test("of one node's pods knows no others", () => {
    api.create("nodes", aNode("n1"));
    api.create("pods", aPod("mine", { nodeName: "n1" }));
    api.create("pods", aPod("other"));
    const informer = new Informer(clientOf(api), pods, "spec.nodeName=n1");
    informer.start();
    api.pass(1);

    expect([...informer.objects()].map(keyOfObject)).toEqual(["default/mine"]);
  });

  test("whose place the server has forgotten lists again a second later, and tells what it missed", () => {
    for (const name of ["stays", "changes", "goes"]) api.create("configmaps", aConfigMap(name));
    const informer = anInformer();
    // Its list is here, its watch on the way.
    api.pass(0.0012);
    expect(told.splice(0)).toHaveLength(3);

    api.replace("configmaps", aConfigMap("changes", { n: "2" }));
    api.remove("configmaps", "goes");
    api.create("configmaps", aConfigMap("comes"));
    overflowHistory();
    api.pass(0.9);
    expect(told).toEqual([]);
    api.pass(1);

    expect(told.splice(0).toSorted()).toEqual([
      "add default/comes",
      "delete default/goes",
      "update default/changes",
    ]);
    expect(informer.get("default/stays")).toBeDefined();
    api.create("configmaps", aConfigMap("later"));
    api.pass(1);
    expect(told).toEqual(["add default/later"]);
  });

  test("tells all who listen", () => {
    const heard: string[] = [];
    const informer = anInformer();
    informer.addHandlers({ onAdd: (object) => heard.push(keyOfObject(object)) });
    api.create("configmaps", aConfigMap("a"));
    api.pass(1);

    expect(heard).toEqual(["default/a"]);
    expect(told).toEqual(["add default/a"]);
  });
});

describe("a key", () => {
  test("is the namespace and the name, or the name alone", () => {
    expect(keyOfObject(aPod("web", {}, { namespace: "dev" }))).toBe("dev/web");
    expect(keyOfObject(aNode("n1"))).toBe("n1");
  });
});

function anInformer(): Informer {
  const informer = new Informer(clientOf(api), configMaps);
  informer.addHandlers({
    onAdd: (object) => told.push(`add ${keyOfObject(object)}`),
    onUpdate: (object) => told.push(`update ${keyOfObject(object)}`),
    onDelete: (object: KubeObject) => told.push(`delete ${keyOfObject(object)}`),
  });
  informer.start();
  return informer;
}

/** More changes than a server remembers, of which nothing is left. */
function overflowHistory(): void {
  const keys = Array.from({ length: 9_000 }, (_none, index) => `/registry/configmaps/x/n${index}`);
  const value = aConfigMap("noise", {}, { namespace: "x" });
  const puts = keys.map((key) => ({
    type: "put" as const,
    key,
    value: new PlainObject(value),
  }));
  const deletes = keys.map((key) => ({ type: "delete" as const, key }));
  for (const then of [puts, deletes]) api.store.transact({ compares: [], then }, () => {});
}

function keyOfObject({ metadata: { namespace = "", name = "" } }: KubeObject): string {
  return keyOf(namespace, name);
}
