import { beforeEach, describe, expect, test } from "vitest";
import { namespaceController } from "../../../src/control-plane/controllers/namespace.ts";
import { aConfigMap, aNamespace, aNode, aPod } from "../apiserver/objects.ts";
import { refusalOf } from "../apiserver/refusal.ts";
import { ServerUnderTest } from "../apiserver/server-under-test.ts";
import { clientOf } from "../client/client-under-test.ts";

const dev = { namespace: "dev" };

let api: ServerUnderTest;
beforeEach(() => {
  api = new ServerUnderTest();
  namespaceController.start(clientOf(api));
  api.create("namespaces", aNamespace("dev"));
  api.create(
    "serviceaccounts",
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } },
    dev,
  );
  api.pass(1);
});

describe("a namespace that is deleted", () => {
  test("is emptied of every kind, and then goes", () => {
    api.create("configmaps", aConfigMap("a"), dev);
    api.create("pods", aPod("web"), dev);
    api.create(
      "leases",
      { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "l" } },
      dev,
    );
    const watch = api.watch("namespaces", { resourceVersion: String(api.server.revision) });

    api.remove("namespaces", "dev");
    api.pass(1);

    expect(isThere()).toBe(false);
    for (const plural of ["configmaps", "pods", "leases", "serviceaccounts"]) {
      expect(api.list(plural, {}, dev).items, plural).toEqual([]);
    }
    expect(watch.lines.map((line) => line.split("@")[0])).toEqual(["MODIFIED dev", "DELETED dev"]);
  });

  test("leaves the others alone", () => {
    api.create("configmaps", aConfigMap("a"));
    api.remove("namespaces", "dev");
    api.pass(1);

    expect(api.list("configmaps").items).toHaveLength(1);
  });

  test("stays as long as something in it stays", () => {
    api.create("nodes", aNode("n1"));
    api.create("pods", aPod("web", { nodeName: "n1" }), dev);
    api.remove("namespaces", "dev");
    api.pass(20);
    expect(isThere()).toBe(true);
    expect(api.get("pods", "web", dev).metadata.deletionTimestamp).toBeDefined();

    api.remove("pods", "web", { gracePeriodSeconds: 0 }, dev);
    api.pass(20);

    expect(isThere()).toBe(false);
  });

  test("goes soon after what held it for hours goes", () => {
    api.create("configmaps", aConfigMap("held", {}, { finalizers: ["example.com/x"] }), dev);
    api.remove("namespaces", "dev");
    api.pass(3 * 3_600);
    expect(isThere()).toBe(true);

    const free = { finalizers: [] };
    api.update(
      "configmaps",
      "held",
      (stored) => ({ ...stored, metadata: { ...stored.metadata, ...free } }),
      dev,
    );
    api.pass(10);

    expect(isThere()).toBe(false);
  });

  test("keeps what others have to finalize", () => {
    const created = api.get("namespaces", "dev");
    const finalizers = ["kubernetes", "example.com/x"];
    api.finalize({ ...(created as object), spec: { finalizers } } as never);
    api.remove("namespaces", "dev");
    api.pass(60);

    expect(api.get("namespaces", "dev")["spec"]).toEqual({ finalizers: ["example.com/x"] });
  });

  test("may come back under the same name, and then has nothing of the old one", () => {
    api.create("configmaps", aConfigMap("a"), dev);
    api.remove("namespaces", "dev");
    api.pass(1);
    api.create("namespaces", aNamespace("dev"));
    api.pass(60);

    expect(isThere()).toBe(true);
    expect(api.list("configmaps", {}, dev).items).toEqual([]);
  });

  test("was deleted before the controller began, and goes all the same", () => {
    const other = new ServerUnderTest();
    other.create("namespaces", aNamespace("dev"));
    other.remove("namespaces", "dev");
    namespaceController.start(clientOf(other));
    other.pass(1);

    expect(refusalOf(() => other.get("namespaces", "dev")).code).toBe(404);
  });
});

function isThere(): boolean {
  return api.list("namespaces").items.some(({ metadata }) => metadata.name === "dev");
}
