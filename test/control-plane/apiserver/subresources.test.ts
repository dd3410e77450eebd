import { describe, expect, test } from "vitest";
import type { Binding, Eviction, KubeObject, Namespace, Pod } from "../../../src/api/objects.ts";
import type { Answer } from "../../../src/control-plane/apiserver/storage.ts";
import { aConfigMap, aNamespace, aPod } from "./objects.ts";
import { refusalOf } from "./refusal.ts";
import type { RequestParts } from "./api-driver.ts";
import { ServerUnderTest } from "./server-under-test.ts";

describe("a binding", () => {
  test("gives a pod its node and says since when", () => {
    const api = withPod();
    api.pass(3);

    const bound = api.bind("web", aBinding("n1")) as unknown as Pod;

    expect(bound.spec.nodeName).toBe("n1");
    expect(bound.status?.conditions).toEqual([
      {
        type: "PodScheduled",
        status: "True",
        lastProbeTime: null,
        lastTransitionTime: "2026-01-01T00:00:03Z",
      },
    ]);
    expect(bound.status?.phase).toBe("Pending");
    expect(bound.metadata.generation).toBe(1);
  });

  test("replaces what was said when no node took the pod", () => {
    const api = withPod();
    const refused = (stored: KubeObject): KubeObject => ({
      ...stored,
      status: { conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable" }] },
    });
    api.update("pods", "web", refused, { subresource: "status" });

    const { status } = api.bind("web", aBinding("n1")) as unknown as Pod;

    expect(status?.conditions?.map(({ type, status: value }) => [type, value])).toEqual([
      ["PodScheduled", "True"],
    ]);
  });

  test("brings its annotations along", () => {
    const api = withPod();
    const binding = aBinding("n1", { annotations: { why: "emptiest" } });

    expect(api.bind("web", binding).metadata.annotations).toEqual({ why: "emptiest" });
  });

  test("of a pod that has a node is a conflict", () => {
    const api = withPod();
    api.bind("web", aBinding("n1"));

    expect(refusalOf(() => api.bind("web", aBinding("n2")))).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message:
        'Operation cannot be fulfilled on pods/binding "web": pod web is already assigned to node "n1"',
      reason: "Conflict",
      details: { name: "web", kind: "pods/binding" },
      code: 409,
    });
  });

  test("of a pod that is being deleted is a conflict", () => {
    const api = new ServerUnderTest();
    api.create("pods", aPod("web", {}, { finalizers: ["example.com/x"] }));
    api.remove("pods", "web");

    expect(refusalOf(() => api.bind("web", aBinding("n1")))).toMatchObject({
      code: 409,
      message:
        'Operation cannot be fulfilled on pods/binding "web": pod web is being deleted, cannot be assigned to a host',
    });
  });

  test("meant for the pod that had the name before is a conflict", () => {
    const api = withPod();
    const { uid } = api.get("pods", "web").metadata;

    expect(refusalOf(() => api.bind("web", aBinding("n1", { uid: "old" })))).toMatchObject({
      code: 409,
      message: `Operation cannot be fulfilled on pods "web": StorageError: invalid object, Code: 4, Key: /registry/pods/default/web, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: old, UID in object meta: ${uid}`,
    });
  });

  test("of a pod that is not there is refused", () => {
    const api = new ServerUnderTest();

    expect(refusalOf(() => api.bind("web", aBinding("n1")))).toMatchObject({
      code: 404,
      message: 'pods "web" not found',
    });
  });

  test("for another pod than the path's is refused", () => {
    const api = withPod();

    expect(refusalOf(() => api.bind("web", aBinding("n1", { name: "other" })))).toMatchObject({
      code: 400,
      message: "name in URL does not match name in Binding object",
    });
  });

  test("to nowhere is refused, in upstream's plain words", () => {
    const api = withPod();

    expect(refusalOf(() => api.bind("web", aBinding("")))).toMatchObject({
      code: 500,
      message: "target.name: Required value",
    });
  });

  test("in a dry run binds nothing", () => {
    const api = withPod();

    api.bind("web", aBinding("n1"), { dryRun: true });

    expect((api.get("pods", "web") as unknown as Pod).spec.nodeName).toBeUndefined();
  });
});

describe("an eviction", () => {
  test("deletes the pod with its grace", () => {
    const api = withPod();
    api.bind("web", aBinding("n1"));

    evict(api, "web");

    expect(api.get("pods", "web").metadata).toMatchObject({
      deletionTimestamp: "2026-01-01T00:00:30Z",
      deletionGracePeriodSeconds: 30,
    });
  });

  test("passes on how to delete", () => {
    const api = withPod();
    api.bind("web", aBinding("n1"));

    evict(api, "web", { gracePeriodSeconds: 2 });
    expect(api.get("pods", "web").metadata.deletionGracePeriodSeconds).toBe(2);

    expect(refusalOf(() => evict(api, "web", { preconditions: { uid: "other" } })).code).toBe(409);
  });

  test("for another pod than the path's is refused", () => {
    const api = withPod();

    expect(refusalOf(() => evict(api, "web", {}, {}, "other"))).toMatchObject({
      code: 400,
      message: "name in URL does not match name in Eviction object",
    });
  });

  test("in a dry run evicts nobody, wherever it says so", () => {
    const api = withPod();

    evict(api, "web", {}, { dryRun: true });
    evict(api, "web", { dryRun: ["All"] });

    expect(api.get("pods", "web").metadata.deletionTimestamp).toBeUndefined();
  });
});

describe("finalizing a namespace", () => {
  test("takes its finalizers; with the last one the namespace goes", () => {
    const api = new ServerUnderTest();
    const dev = api.create("namespaces", aNamespace("dev")) as unknown as Namespace;
    api.remove("namespaces", "dev");

    api.finalize({ ...dev, spec: { finalizers: [] } });

    expect(refusalOf(() => api.get("namespaces", "dev")).code).toBe(404);
  });

  test("that nobody deletes leaves it without any", () => {
    const api = new ServerUnderTest();
    const dev = api.create("namespaces", aNamespace("dev")) as unknown as Namespace;

    expect(api.finalize({ ...dev, spec: { finalizers: [] } })["spec"]).toEqual({ finalizers: [] });
    expect(api.create("configmaps", aConfigMap("a"), { namespace: "dev" })).toBeDefined();
  });
});

function withPod(): ServerUnderTest {
  const api = new ServerUnderTest();
  api.create("pods", aPod("web"));
  return api;
}

function aBinding(node: string, metadata: Binding["metadata"] = {}): Binding {
  return {
    apiVersion: "v1",
    kind: "Binding",
    metadata: { name: "web", namespace: "default", ...metadata },
    target: { kind: "Node", name: node },
  };
}

function evict(
  api: ServerUnderTest,
  pod: string,
  deleteOptions: object = {},
  parts: RequestParts = {},
  name = pod,
): void {
  const context = api.at("pods", { name: pod, subresource: "eviction", ...parts });
  const eviction: Eviction = {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { name },
    deleteOptions,
  };
  let refusal: Error | undefined;
  const answer: Answer<unknown> = (error) => (refusal = error);
  api.server.evict(context, eviction, answer);
  if (refusal !== undefined) throw refusal;
}
