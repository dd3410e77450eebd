import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../../src/api/objects.ts";
import { aConfigMap, aNamespace, aNode, aPod } from "./objects.ts";
import { refusalOf } from "./refusal.ts";
import { ServerUnderTest } from "./server-under-test.ts";

describe("a deletion", () => {
  test("removes at once what nobody has to let go of", () => {
    const api = new ServerUnderTest();
    const stored = api.create("configmaps", aConfigMap("settings", { a: "1" }));
    const watch = api.watch("configmaps", { resourceVersion: String(api.server.revision) });

    expect(api.remove("configmaps", "settings")).toEqual({ object: stored, isGone: true });

    expect(watch.lines).toEqual([`DELETED settings@${api.server.revision}`]);
    expect(refusalOf(() => api.get("configmaps", "settings"))).toMatchObject({
      code: 404,
      message: 'configmaps "settings" not found',
    });
  });

  test("of what is not there is refused", () => {
    const api = new ServerUnderTest();

    expect(refusalOf(() => api.remove("configmaps", "nosuch"))).toMatchObject({
      code: 404,
      reason: "NotFound",
      details: { name: "nosuch", kind: "configmaps" },
    });
  });

  test("may be meant for one object only", () => {
    const api = new ServerUnderTest();
    const { metadata } = api.create("pods", aPod("web"));

    expect(refusalOf(() => api.remove("pods", "web", { preconditions: { uid: "nope" } }))).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: `Operation cannot be fulfilled on Pod "web": the UID in the precondition (nope) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
      reason: "Conflict",
      details: { name: "web", kind: "Pod" },
      code: 409,
    });
    expect(
      refusalOf(() => api.remove("pods", "web", { preconditions: { resourceVersion: "1" } })),
    ).toMatchObject({
      code: 409,
      message: `Operation cannot be fulfilled on Pod "web": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    });
    const { uid = "", resourceVersion = "" } = metadata;
    expect(api.remove("pods", "web", { preconditions: { uid, resourceVersion } }).isGone).toBe(
      true,
    );
  });

  test("of a name of a group carries the group", () => {
    const api = new ServerUnderTest();
    const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "l" } };
    api.create("leases", lease);

    expect(
      refusalOf(() => api.remove("leases", "l", { preconditions: { uid: "nope" } })),
    ).toMatchObject({
      details: { name: "l", group: "coordination.k8s.io", kind: "Lease" },
    });
  });

  test("in a dry run removes nothing", () => {
    const api = new ServerUnderTest();
    const stored = api.create("configmaps", aConfigMap("settings"));

    expect(api.remove("configmaps", "settings", {}, { dryRun: true })).toEqual({
      object: stored,
      isGone: true,
    });
    expect(api.get("configmaps", "settings")).toEqual(stored);
  });

  test("in a dry run is refused as the deletion would be", () => {
    const api = new ServerUnderTest();
    api.create("configmaps", aConfigMap("settings"));
    const dry = { dryRun: true };

    expect(
      refusalOf(() => api.remove("configmaps", "settings", { preconditions: { uid: "x" } }, dry))
        .code,
    ).toBe(409);
    expect(refusalOf(() => api.remove("configmaps", "nosuch", {}, dry)).code).toBe(404);
  });
});

describe("a pod on a node", () => {
  test("is marked, and its kubelet has its grace period to stop it", () => {
    const api = withRunningPod();
    const before = api.get("pods", "web");
    const watch = api.watch("pods", { resourceVersion: String(api.server.revision) });

    const { object, isGone } = api.remove("pods", "web");

    expect(isGone).toBe(false);
    expect(object.metadata).toEqual({
      ...before.metadata,
      generation: 2,
      deletionTimestamp: "2026-01-01T00:00:30Z",
      deletionGracePeriodSeconds: 30,
      resourceVersion: String(api.server.revision),
    });
    expect(watch.lines).toEqual([`MODIFIED web@${api.server.revision}`]);
  });

  test("has the grace that the deletion asks for", () => {
    const api = withRunningPod();

    expect(api.remove("pods", "web", { gracePeriodSeconds: 5 }).object.metadata).toMatchObject({
      deletionTimestamp: "2026-01-01T00:00:05Z",
      deletionGracePeriodSeconds: 5,
    });
  });

  test("has at least a second when somebody asks for less than none", () => {
    const api = withRunningPod();

    expect(
      api.remove("pods", "web", { gracePeriodSeconds: -1 }).object.metadata
        .deletionGracePeriodSeconds,
    ).toBe(1);
  });

  test("is gone at once without grace", () => {
    const api = withRunningPod();

    expect(api.remove("pods", "web", { gracePeriodSeconds: 0 }).isGone).toBe(true);
  });

  test("may be hurried on: the shorter grace counts from when the deletion began", () => {
    const api = withRunningPod();
    api.remove("pods", "web");
    api.pass(4);

    const { metadata } = api.remove("pods", "web", { gracePeriodSeconds: 10 }).object;

    expect(metadata).toMatchObject({
      generation: 2,
      deletionTimestamp: "2026-01-01T00:00:10Z",
      deletionGracePeriodSeconds: 10,
    });
  });

  test("is never given more time than it had", () => {
    const api = withRunningPod();
    const { object } = api.remove("pods", "web", { gracePeriodSeconds: 60 });

    expect(api.remove("pods", "web", { gracePeriodSeconds: 90 }).object).toEqual(object);
    expect(api.remove("pods", "web").object).toEqual(object);
    expect(api.get("pods", "web")).toEqual(object);
  });

  test("goes when its kubelet lets go of it", () => {
    const api = withRunningPod();
    api.remove("pods", "web");
    const watch = api.watch("pods", { resourceVersion: String(api.server.revision) });

    expect(api.remove("pods", "web", { gracePeriodSeconds: 0 }).isGone).toBe(true);
    expect(watch.lines).toEqual([`DELETED web@${api.server.revision}`]);
  });

  test("that is over goes at once", () => {
    const api = withRunningPod();
    const done = (stored: KubeObject): KubeObject => ({
      ...stored,
      status: { phase: "Succeeded" },
    });
    api.update("pods", "web", done, { subresource: "status" });

    expect(api.remove("pods", "web").isGone).toBe(true);
  });

  test("in a dry run is answered as it would be marked", () => {
    const api = withRunningPod();

    const { object, isGone } = api.remove("pods", "web", {}, { dryRun: true });

    expect(isGone).toBe(false);
    expect(object.metadata.deletionTimestamp).toBe("2026-01-01T00:00:30Z");
    expect(api.get("pods", "web").metadata.deletionTimestamp).toBeUndefined();
  });
});

describe("a pod that no node runs", () => {
  test("goes at once, whatever its grace", () => {
    const api = new ServerUnderTest();
    api.create("pods", aPod("web"));

    expect(api.remove("pods", "web", { gracePeriodSeconds: 30 }).isGone).toBe(true);
  });
});

describe("an object with finalizers", () => {
  test("stays, marked, until the last one is taken away", () => {
    const api = withFinalizer();
    const watch = api.watch("configmaps", { resourceVersion: String(api.server.revision) });

    const { object, isGone } = api.remove("configmaps", "settings");
    expect(isGone).toBe(false);
    expect(object.metadata).toMatchObject({
      deletionTimestamp: "2026-01-01T00:00:00Z",
      deletionGracePeriodSeconds: 0,
      finalizers: ["example.com/x"],
    });
    const marked = api.server.revision;

    const freed = api.update("configmaps", "settings", withFinalizers([]));

    expect(freed.metadata.finalizers).toEqual([]);
    expect(freed.metadata.deletionTimestamp).toBe("2026-01-01T00:00:00Z");
    expect(watch.lines).toEqual([
      `MODIFIED settings@${marked}`,
      `DELETED settings@${api.server.revision}`,
    ]);
    expect(refusalOf(() => api.get("configmaps", "settings")).code).toBe(404);
  });

  test("is not marked a second time", () => {
    const api = withFinalizer();
    const { object } = api.remove("configmaps", "settings");
    api.pass(10);

    expect(api.remove("configmaps", "settings")).toEqual({ object, isGone: false });
  });

  test("takes no new ones while it is deleted", () => {
    const api = withFinalizer();
    api.remove("configmaps", "settings");

    expect(
      refusalOf(() =>
        api.update("configmaps", "settings", withFinalizers(["example.com/x", "example.com/y"])),
      ),
    ).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message:
        'ConfigMap "settings" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/y"}',
      reason: "Invalid",
      details: {
        name: "settings",
        kind: "ConfigMap",
        causes: [
          {
            reason: "FieldValueForbidden",
            message:
              'Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/y"}',
            field: "metadata.finalizers",
          },
        ],
      },
      code: 422,
    });
  });

  test("outlives the removal of its finalizers when nobody deletes it", () => {
    const api = withFinalizer();

    api.update("configmaps", "settings", withFinalizers([]));

    expect(api.get("configmaps", "settings").metadata.deletionTimestamp).toBeUndefined();
  });

  test("on a node waits for both: the finalizer and the kubelet", () => {
    const api = withRunningPod({ finalizers: ["example.com/x"] });
    api.remove("pods", "web");

    api.update("pods", "web", withFinalizers([]));
    expect(api.get("pods", "web").metadata.deletionGracePeriodSeconds).toBe(30);

    expect(api.remove("pods", "web", { gracePeriodSeconds: 0 }).isGone).toBe(true);
  });

  test("on a node stays for its finalizer after the kubelet let go", () => {
    const api = withRunningPod({ finalizers: ["example.com/x"] });
    api.remove("pods", "web");

    const { object, isGone } = api.remove("pods", "web", { gracePeriodSeconds: 0 });
    expect(isGone).toBe(false);
    expect(object.metadata.deletionGracePeriodSeconds).toBe(0);

    api.update("pods", "web", withFinalizers([]));
    expect(refusalOf(() => api.get("pods", "web")).code).toBe(404);
  });
});

describe("a namespace", () => {
  test("terminates, and stays until its controller finalizes it", () => {
    const api = new ServerUnderTest();
    const created = api.create("namespaces", aNamespace("dev"));

    const { object, isGone } = api.remove("namespaces", "dev");

    expect(isGone).toBe(false);
    expect(object).toEqual({
      ...created,
      metadata: {
        ...created.metadata,
        deletionTimestamp: "2026-01-01T00:00:00Z",
        resourceVersion: String(api.server.revision),
      },
      status: { phase: "Terminating" },
    });
    expect(api.remove("namespaces", "dev")).toEqual({ object, isGone: false });
  });

  test.each(["default", "kube-public", "kube-system"])("named %s may not be deleted", (name) => {
    const api = new ServerUnderTest();

    expect(refusalOf(() => api.remove("namespaces", name))).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: `namespaces "${name}" is forbidden: this namespace may not be deleted`,
      reason: "Forbidden",
      details: { name, kind: "namespaces" },
      code: 403,
    });
  });

  test("with finalizers of its own outlives its controller's", () => {
    const api = new ServerUnderTest();
    const dev = api.create("namespaces", aNamespace("dev", { finalizers: ["example.com/x"] }));
    api.remove("namespaces", "dev");

    api.finalize({ ...(dev as object), spec: { finalizers: [] } } as never);
    expect(api.get("namespaces", "dev")["status"]).toEqual({ phase: "Terminating" });

    api.update("namespaces", "dev", withFinalizers([]));
    expect(refusalOf(() => api.get("namespaces", "dev")).code).toBe(404);
  });

  test("does not go with its own finalizers while its controller's is left", () => {
    const api = new ServerUnderTest();
    const dev = api.create("namespaces", aNamespace("dev", { finalizers: ["example.com/x"] }));
    api.remove("namespaces", "dev");

    api.update("namespaces", "dev", withFinalizers([]));
    expect(api.get("namespaces", "dev")["spec"]).toEqual({ finalizers: ["kubernetes"] });

    api.finalize({ ...(dev as object), spec: { finalizers: [] } } as never);
    expect(refusalOf(() => api.get("namespaces", "dev")).code).toBe(404);
  });
});

function withRunningPod(metadata: KubeObject["metadata"] = {}): ServerUnderTest {
  const api = new ServerUnderTest();
  api.create("nodes", aNode("n1"));
  api.create("pods", aPod("web", { nodeName: "n1" }, metadata));
  return api;
}

function withFinalizer(): ServerUnderTest {
  const api = new ServerUnderTest();
  api.create("configmaps", aConfigMap("settings", {}, { finalizers: ["example.com/x"] }));
  return api;
}

function withFinalizers(finalizers: readonly string[]): (stored: KubeObject) => KubeObject {
  return (stored) => ({ ...stored, metadata: { ...stored.metadata, finalizers } });
}
