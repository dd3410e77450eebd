import { describe, expect, test } from "vitest";
import type { KubeObject, Pod } from "../../../src/api/objects.ts";
import { aConfigMap, aNamespace, aNode, aPod } from "./objects.ts";
import { refusalOf } from "./refusal.ts";
import { ServerUnderTest } from "./server-under-test.ts";

describe("an update", () => {
  test("replaces what is there, at a new revision, and tells the watchers", () => {
    const { api, stored } = withSettings();
    const watch = api.watch("configmaps", { resourceVersion: String(api.server.revision) });

    const updated = api.replace("configmaps", { ...stored, data: { a: "2" } });

    expect(updated["data"]).toEqual({ a: "2" });
    expect(Number(updated.metadata.resourceVersion)).toBeGreaterThan(revisionOf(stored));
    expect(watch.lines).toEqual([`MODIFIED settings@${updated.metadata.resourceVersion}`]);
    expect(api.get("configmaps", "settings")).toEqual(updated);
  });

  test("that changes nothing keeps the revision and tells nobody", () => {
    const { api, stored } = withSettings();
    const watch = api.watch("configmaps", { resourceVersion: String(api.server.revision) });
    const { revision } = api.server;

    const updated = api.replace("configmaps", aConfigMap("settings", { a: "1" }));

    expect(updated).toEqual(stored);
    expect(api.server.revision).toBe(revision);
    expect(watch.lines).toEqual([]);
  });

  test("without a revision is unconditional", () => {
    const { api } = withSettings();
    api.replace("configmaps", aConfigMap("settings", { a: "2" }));

    expect(api.replace("configmaps", aConfigMap("settings", { a: "3" }))["data"]).toEqual({
      a: "3",
    });
  });

  test("of a stale revision is a conflict", () => {
    const { api, stored } = withSettings();
    api.replace("configmaps", aConfigMap("settings", { a: "2" }));

    expect(refusalOf(() => api.replace("configmaps", { ...stored, data: { a: "3" } }))).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message:
        'Operation cannot be fulfilled on configmaps "settings": the object has been modified; please apply your changes to the latest version and try again',
      reason: "Conflict",
      details: { name: "settings", kind: "configmaps" },
      code: 409,
    });
  });

  test("meant for an object of another uid is a conflict", () => {
    const { api, stored } = withSettings();
    const { uid } = stored.metadata;

    expect(
      refusalOf(() => api.replace("configmaps", aConfigMap("settings", {}, { uid: "123" }))),
    ).toMatchObject({
      code: 409,
      reason: "Conflict",
      message: `Operation cannot be fulfilled on configmaps "settings": StorageError: invalid object, Code: 4, Key: /registry/configmaps/default/settings, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: 123, UID in object meta: ${uid}`,
      details: { name: "settings", kind: "configmaps" },
    });
  });

  test("may not rename an object or move it elsewhere", () => {
    const { api } = withSettings();
    const change = (metadata: KubeObject["metadata"]) => () =>
      api.update("configmaps", "settings", (stored) => ({
        ...stored,
        metadata: { ...stored.metadata, ...metadata },
      }));

    expect(refusalOf(change({ name: "zz" }))).toMatchObject({
      code: 400,
      message: "the name of the object (zz) does not match the name on the URL (settings)",
    });
    expect(refusalOf(change({ namespace: "other" }))).toMatchObject({
      code: 400,
      message:
        "the namespace of the provided object does not match the namespace sent on the request",
    });
  });

  test("leaves what is the server's to the server", () => {
    const { api, stored } = withSettings();

    const { metadata } = api.replace(
      "configmaps",
      aConfigMap(
        "settings",
        { a: "2" },
        {
          creationTimestamp: "1999-01-01T00:00:00Z",
          deletionTimestamp: "1999-01-01T00:00:00Z",
          deletionGracePeriodSeconds: 3,
          generation: 9,
        },
      ),
    );

    expect(metadata).toEqual({ ...stored.metadata, resourceVersion: metadata.resourceVersion });
  });

  test("takes labels and annotations away when they are not sent", () => {
    const api = new ServerUnderTest();
    api.create(
      "configmaps",
      aConfigMap("settings", {}, { labels: { a: "b" }, annotations: { c: "d" } }),
    );

    const { metadata } = api.replace("configmaps", aConfigMap("settings"));

    expect(metadata.labels).toBeUndefined();
    expect(metadata.annotations).toBeUndefined();
  });

  test("of what is not there is refused", () => {
    const api = new ServerUnderTest();

    expect(refusalOf(() => api.replace("configmaps", aConfigMap("nosuch")))).toMatchObject({
      code: 404,
      message: 'configmaps "nosuch" not found',
    });
  });

  test("that makes an object invalid is refused, and changes nothing", () => {
    const { api, stored } = withSettings();

    expect(
      refusalOf(() =>
        api.replace("configmaps", aConfigMap("settings", {}, { labels: { a: "-bad" } })),
      ),
    ).toMatchObject({ code: 422, details: { causes: [{ field: "metadata.labels" }] } });
    expect(api.get("configmaps", "settings")).toEqual(stored);
  });

  test("looks again when somebody wrote in between", () => {
    const { api } = withSettings();
    let asked = 0;

    const updated = api.update("configmaps", "settings", (stored) => {
      if (asked++ === 0) api.replace("configmaps", aConfigMap("settings", { a: "theirs" }));
      return { ...stored, data: { ...(stored["data"] as object), b: "ours" } };
    });

    expect(asked).toBe(2);
    expect(updated["data"]).toEqual({ a: "theirs", b: "ours" });
  });

  test("that names a revision does not look again", () => {
    const { api, stored } = withSettings();
    let asked = 0;

    const refusal = refusalOf(() =>
      api.update("configmaps", "settings", () => {
        if (asked++ === 0) api.replace("configmaps", aConfigMap("settings", { a: "theirs" }));
        return { ...stored, data: { a: "ours" } };
      }),
    );

    expect(refusal).toMatchObject({ code: 409, reason: "Conflict" });
    expect(api.get("configmaps", "settings")["data"]).toEqual({ a: "theirs" });
  });

  test("in a dry run answers with the object as it would be and stores nothing", () => {
    const { api, stored } = withSettings();

    const updated = api.replace("configmaps", aConfigMap("settings", { a: "2" }), { dryRun: true });

    expect(updated["data"]).toEqual({ a: "2" });
    expect(updated.metadata.resourceVersion).toBe(stored.metadata.resourceVersion);
    expect(api.get("configmaps", "settings")).toEqual(stored);
  });

  test("in a dry run is refused as the update would be", () => {
    const { api } = withSettings();
    const stale = aConfigMap("settings", {}, { resourceVersion: "1" });

    expect(refusalOf(() => api.replace("configmaps", stale, { dryRun: true })).code).toBe(409);
    expect(
      refusalOf(() => api.replace("configmaps", aConfigMap("nosuch"), { dryRun: true })).code,
    ).toBe(404);
  });
});

describe("a generation", () => {
  test("counts changes of the spec, not of labels or status", () => {
    const api = new ServerUnderTest();
    api.create("pods", aPod("web"));

    const labelled = api.update("pods", "web", withLabel);
    const reported = api.update("pods", "web", withPhase("Running"), { subresource: "status" });
    const changed = api.update("pods", "web", withImage("nginx:1.27"));

    expect([labelled, reported, changed].map(({ metadata }) => metadata.generation)).toEqual([
      1, 1, 2,
    ]);
  });

  test("is not counted where the kind has none", () => {
    const { api } = withSettings();

    const { metadata } = api.replace("configmaps", aConfigMap("settings", { a: "2" }));

    expect(metadata.generation).toBeUndefined();
  });
});

describe("the status door", () => {
  test("changes the status and leaves the spec", () => {
    const api = new ServerUnderTest();
    const created = api.create("pods", aPod("web"));

    const reported = api.update(
      "pods",
      "web",
      (stored) => withPhase("Running")(withImage("other")(stored)),
      { subresource: "status" },
    );

    expect(reported["status"]).toMatchObject({ phase: "Running" });
    expect(reported["spec"]).toEqual(created["spec"]);
  });

  test("also takes labels and annotations, as it does for every built-in kind", () => {
    const api = new ServerUnderTest();
    api.create("nodes", aNode("n1"));

    const { metadata } = api.update("nodes", "n1", withLabel, { subresource: "status" });

    expect(metadata.labels).toMatchObject({ added: "yes" });
  });

  test("refuses bad labels as the main door does", () => {
    const api = new ServerUnderTest();
    api.create("nodes", aNode("n1"));
    const bad = (stored: KubeObject): KubeObject => ({
      ...stored,
      metadata: { ...stored.metadata, labels: { a: "-bad" } },
    });

    expect(refusalOf(() => api.update("nodes", "n1", bad, { subresource: "status" })).code).toBe(
      422,
    );
  });

  test("keeps identity and deletion state", () => {
    const api = new ServerUnderTest();
    const { metadata } = api.create("nodes", aNode("n1"));
    const forged = (stored: KubeObject): KubeObject => ({
      ...stored,
      metadata: { name: "n1", deletionTimestamp: "1999-01-01T00:00:00Z" },
      status: { nodeInfo: { kubeletVersion: "v1" } },
    });

    const updated = api.update("nodes", "n1", forged, { subresource: "status" });

    expect(updated.metadata).toMatchObject({
      uid: metadata.uid,
      creationTimestamp: metadata.creationTimestamp,
    });
    expect(updated.metadata.deletionTimestamp).toBeUndefined();
  });

  test("is where a conflict is told too", () => {
    const api = new ServerUnderTest();
    const created = api.create("pods", aPod("web"));
    api.update("pods", "web", withLabel);

    expect(
      refusalOf(() => api.update("pods", "web", () => created, { subresource: "status" })),
    ).toMatchObject({ code: 409, reason: "Conflict" });
  });

  test("is the only way to a status", () => {
    const api = new ServerUnderTest();
    const created = api.create("pods", aPod("web"));

    expect(api.update("pods", "web", withPhase("Running"))).toEqual(created);
    expect(api.update("namespaces", "default", withPhase("Terminating"))["status"]).toEqual({
      phase: "Active",
    });
  });

  test("keeps a pod's QoS class, which never changes", () => {
    const api = new ServerUnderTest();
    api.create("pods", aPod("web"));
    const forged = (stored: KubeObject): KubeObject => ({
      ...stored,
      status: { qosClass: "Guaranteed" },
    });

    expect(api.update("pods", "web", forged, { subresource: "status" })["status"]).toEqual({
      qosClass: "BestEffort",
    });
  });
});

describe("a namespace", () => {
  test("keeps the finalizers that only its controller takes away", () => {
    const api = new ServerUnderTest();
    const created = api.create("namespaces", aNamespace("dev"));

    const updated = api.replace("namespaces", { ...created, spec: { finalizers: [] } });

    expect(updated["spec"]).toEqual({ finalizers: ["kubernetes"] });
  });
});

function withSettings(): { readonly api: ServerUnderTest; readonly stored: KubeObject } {
  const api = new ServerUnderTest();
  const stored = api.create("configmaps", aConfigMap("settings", { a: "1" }));
  return { api, stored };
}

function revisionOf({ metadata }: KubeObject): number {
  return Number(metadata.resourceVersion);
}

function withLabel(stored: KubeObject): KubeObject {
  return { ...stored, metadata: { ...stored.metadata, labels: { added: "yes" } } };
}

function withPhase(phase: string): (stored: KubeObject) => KubeObject {
  return (stored) => ({ ...stored, status: { ...(stored["status"] as object), phase } });
}

function withImage(image: string): (stored: KubeObject) => KubeObject {
  return (stored) => {
    const { spec } = stored as unknown as Pod;
    return {
      ...stored,
      spec: { ...spec, containers: spec.containers.map((one) => ({ ...one, image })) },
    };
  };
}
