import { describe, expect, test } from "vitest";
import type { KubeObject, Pod } from "../../../src/api/objects.ts";
import { aConfigMap, aNamespace, aNode, aPod } from "./objects.ts";
import { refusalOf } from "./refusal.ts";
import { ServerUnderTest } from "./server-under-test.ts";

describe("a new object", () => {
  test("gets an identity from the server, whatever the client sent", () => {
    const api = new ServerUnderTest();
    const created = api.create(
      "configmaps",
      aConfigMap(
        "settings",
        { a: "b" },
        {
          uid: "mine",
          creationTimestamp: "1999-01-01T00:00:00Z",
          deletionTimestamp: "1999-01-01T00:00:00Z",
          deletionGracePeriodSeconds: 5,
          generation: 7,
          selfLink: "/mine",
          labels: { app: "web" },
        },
      ),
    );

    const { uid, ...metadata } = created.metadata;
    expect(metadata).toEqual({
      name: "settings",
      namespace: "default",
      labels: { app: "web" },
      resourceVersion: String(api.server.revision),
      creationTimestamp: "2026-01-01T00:00:00Z",
    });
    expect(uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(api.get("configmaps", "settings")).toEqual(created);
  });

  test("is told to whoever watches", () => {
    const api = new ServerUnderTest();
    const watch = api.watch("configmaps", { resourceVersion: String(api.server.revision) });

    const { metadata } = api.create("configmaps", aConfigMap("settings"));

    expect(watch.lines).toEqual([`ADDED settings@${metadata.resourceVersion}`]);
  });

  test("counts its generations from 1 where its kind counts them", () => {
    const api = new ServerUnderTest();

    expect(api.create("pods", aPod("web")).metadata.generation).toBe(1);
    expect(api.create("configmaps", aConfigMap("settings")).metadata.generation).toBeUndefined();
  });

  test("has no status but what the server gives it", () => {
    const api = new ServerUnderTest();
    const sent = { ...aPod("web"), status: { phase: "Running", podIP: "1.2.3.4" } };

    expect(api.create("pods", sent)["status"]).toEqual({
      phase: "Pending",
      qosClass: "BestEffort",
    });
  });

  test("has the defaults of its kind", () => {
    const api = new ServerUnderTest();
    const { spec } = api.create("pods", aPod("web")) as unknown as Pod;

    expect(spec).toMatchObject({
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      dnsPolicy: "ClusterFirst",
      schedulerName: "default-scheduler",
    });
  });

  test("of a kind without namespaces loses the one it was sent with", () => {
    const api = new ServerUnderTest();
    const node = { ...aNode("n1"), metadata: { name: "n1", namespace: "default" } };

    expect(api.create("nodes", node).metadata.namespace).toBeUndefined();
  });

  test("is the same in another run with the same seed", () => {
    const [one, other] = [new ServerUnderTest(), new ServerUnderTest()];

    expect(one.create("pods", aPod("web"))).toEqual(other.create("pods", aPod("web")));
  });

  test("has another uid than the one of the same name before it", () => {
    const api = new ServerUnderTest();
    const first = api.create("configmaps", aConfigMap("settings"));
    api.remove("configmaps", "settings");
    api.pass(1);

    expect(api.create("configmaps", aConfigMap("settings")).metadata.uid).not.toBe(
      first.metadata.uid,
    );
  });
});

describe("a generated name", () => {
  test("is the prefix and five characters without vowels", () => {
    const api = new ServerUnderTest();
    const { metadata } = api.create("configmaps", generated("web-"));

    expect(metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(metadata.generateName).toBe("web-");
  });

  test("cuts a long prefix to leave room for them", () => {
    const api = new ServerUnderTest();
    const { name = "" } = api.create("configmaps", generated("a".repeat(70))).metadata;

    expect(name).toHaveLength(63);
    expect(name.startsWith("a".repeat(58))).toBe(true);
  });

  test("is never one that is taken, also in the same microsecond", () => {
    const api = new ServerUnderTest();
    const names = Array.from(
      { length: 50 },
      () => api.create("configmaps", generated("web-")).metadata.name,
    );

    expect(new Set(names).size).toBe(50);
  });

  test("is not asked for when there is a name", () => {
    const api = new ServerUnderTest();
    const object = { ...generated("web-"), metadata: { name: "settings", generateName: "web-" } };

    expect(api.create("configmaps", object).metadata.name).toBe("settings");
  });
});

describe("a creation is refused", () => {
  test("when the name is taken, and what is there stays", () => {
    const api = new ServerUnderTest();
    const first = api.create("configmaps", aConfigMap("settings", { a: "1" }));

    expect(
      refusalOf(() => api.create("configmaps", aConfigMap("settings", { a: "2" }))),
    ).toMatchObject({
      code: 409,
      reason: "AlreadyExists",
      message: 'configmaps "settings" already exists',
      details: { name: "settings", kind: "configmaps" },
    });
    expect(api.get("configmaps", "settings")).toEqual(first);
  });

  test("without a name or a prefix of one", () => {
    const api = new ServerUnderTest();

    expect(refusalOf(() => api.create("configmaps", aConfigMap("")))).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message:
        'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
      reason: "Invalid",
      details: {
        kind: "ConfigMap",
        causes: [
          {
            reason: "FieldValueRequired",
            message: "Required value: name or generateName is required",
            field: "metadata.name",
          },
        ],
      },
      code: 422,
    });
  });

  test("with a revision, which only the store gives", () => {
    const api = new ServerUnderTest();
    const object = aConfigMap("settings", {}, { resourceVersion: "5" });

    expect(refusalOf(() => api.create("configmaps", object))).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: "resourceVersion should not be set on objects to be created",
      code: 500,
    });
  });

  test("with another namespace than the request's", () => {
    const api = new ServerUnderTest();
    const object = aConfigMap("settings", {}, { namespace: "other" });

    expect(refusalOf(() => api.create("configmaps", object))).toMatchObject({
      code: 400,
      message:
        "the namespace of the provided object does not match the namespace sent on the request",
    });
  });

  test("in a namespace that is not there", () => {
    const api = new ServerUnderTest();

    expect(
      refusalOf(() => api.create("configmaps", aConfigMap("a"), { namespace: "nosuchns" })),
    ).toMatchObject({
      code: 404,
      reason: "NotFound",
      message: 'namespaces "nosuchns" not found',
      details: { name: "nosuchns", kind: "namespaces" },
    });
  });

  test("in a namespace on its way out, with the cause that controllers look for", () => {
    const api = new ServerUnderTest();
    api.create("namespaces", aNamespace("dev"));
    api.remove("namespaces", "dev");

    const refusal = refusalOf(() =>
      api.create("configmaps", aConfigMap("a"), { namespace: "dev" }),
    );

    expect(refusal).toMatchObject({
      code: 403,
      reason: "Forbidden",
      message:
        'configmaps "a" is forbidden: unable to create new content in namespace dev because it is being terminated',
      details: {
        name: "a",
        kind: "configmaps",
        causes: [
          {
            reason: "NamespaceTerminating",
            message: "namespace dev is being terminated",
            field: "metadata.namespace",
          },
        ],
      },
    });
  });

  test("for all that is wrong at once", () => {
    const api = new ServerUnderTest();
    const pod = aPod("Bad_Name", { containers: [] }, { labels: { ok: "-bad" } });

    const { message = "", details } = refusalOf(() => api.create("pods", pod));

    expect(message).toMatch(
      /^Pod "Bad_Name" is invalid: \[metadata.name: Invalid value: "Bad_Name"/,
    );
    expect(details?.causes?.map(({ field }) => field)).toEqual([
      "metadata.name",
      "metadata.labels",
      "spec.containers",
    ]);
  });

  test("for somebody who may not", () => {
    const api = new ServerUnderTest();
    const user = { username: "jane", groups: ["system:authenticated"] };

    expect(refusalOf(() => api.create("configmaps", aConfigMap("a"), { user }))).toMatchObject({
      code: 403,
      message:
        'configmaps is forbidden: User "jane" cannot create resource "configmaps" in API group "" in the namespace "default"',
      details: { kind: "configmaps" },
    });
  });

  test("and nothing is stored or said", () => {
    const api = new ServerUnderTest();
    const { revision } = api.server;
    const watch = api.watch("pods", { resourceVersion: String(revision) });

    refusalOf(() => api.create("pods", aPod("Bad_Name")));

    expect(api.server.revision).toBe(revision);
    expect(watch.lines).toEqual([]);
  });
});

describe("a dry run", () => {
  test("answers with the object as it would be, without a revision, and stores nothing", () => {
    const api = new ServerUnderTest();
    const { revision } = api.server;
    const watch = api.watch("pods", { resourceVersion: String(revision) });

    const { metadata, spec } = api.create("pods", aPod("web"), { dryRun: true });

    expect(metadata).toMatchObject({
      name: "web",
      generation: 1,
      creationTimestamp: "2026-01-01T00:00:00Z",
    });
    expect(metadata.resourceVersion).toBeUndefined();
    expect(spec).toMatchObject({ serviceAccountName: "default" });
    expect(api.server.revision).toBe(revision);
    expect(watch.lines).toEqual([]);
    expect(refusalOf(() => api.get("pods", "web")).code).toBe(404);
  });

  test("is refused as the creation would be", () => {
    const api = new ServerUnderTest();
    api.create("configmaps", aConfigMap("settings"));

    expect(
      refusalOf(() => api.create("configmaps", aConfigMap("settings"), { dryRun: true })),
    ).toMatchObject({ code: 409, reason: "AlreadyExists" });
  });
});

function generated(generateName: string): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { generateName } };
}
