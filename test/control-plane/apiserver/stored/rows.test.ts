import { beforeEach, describe, expect, test } from "vitest";
import type { KubeObject, Pod } from "../../../../src/api/objects.ts";
import { EventRow } from "../../../../src/control-plane/apiserver/stored/event-row.ts";
import { watchAll } from "../../../../src/control-plane/apiserver/request.ts";
import { LeasePulse } from "../../../../src/control-plane/apiserver/stored/lease-pulse.ts";
import { LeaseRow } from "../../../../src/control-plane/apiserver/stored/lease-row.ts";
import { PodRow } from "../../../../src/control-plane/apiserver/stored/pod-row.ts";
import type { StoredObject } from "../../../../src/control-plane/apiserver/stored/stored-object.ts";
import { aPod } from "../objects.ts";
import { refusalOf } from "../refusal.ts";
import { ServerUnderTest } from "../server-under-test.ts";

let api: ServerUnderTest;
beforeEach(() => {
  api = new ServerUnderTest();
});

describe("a pod kept as a row", () => {
  const spec = {
    containers: [{ name: "main", image: "nginx" }],
    initContainers: [initContainer()],
  };

  test("reads the same whether its spec was seen before or not", () => {
    const other = new ServerUnderTest();
    for (const name of ["a", "b", "c"]) {
      api.create("pods", { ...aPod(name), spec });
      other.create("pods", { ...aPod(name), spec: structuredClone(spec) });
    }
    for (const name of ["a", "b", "c"]) {
      expect(JSON.stringify(api.get("pods", name))).toBe(JSON.stringify(other.get("pods", name)));
    }
    expect(tokenVolumeOf(api.get("pods", "b"))).not.toBe(tokenVolumeOf(api.get("pods", "a")));
    expect(versionOf("pods", "b").sharedSpec).toBe(versionOf("pods", "a").sharedSpec);
  });

  test("shares no template with pods of other labels, namespaces or service accounts", () => {
    api.create("pods", { ...aPod("a"), spec });
    api.create("pods", { ...aPod("b", {}, { labels: { app: "web" } }), spec });
    expect(api.get("pods", "a").metadata.labels).toBeUndefined();
    expect(api.get("pods", "b").metadata.labels).toEqual({ app: "web" });

    api.update("serviceaccounts", "default", (account) => ({
      ...account,
      imagePullSecrets: [{ name: "registry" }],
    }));
    api.create("pods", { ...aPod("c"), spec });
    expect(api.get("pods", "c")["spec"]).toMatchObject({
      imagePullSecrets: [{ name: "registry" }],
    });
  });

  test("is refused for a bad name or a namespace that goes, as the first one is", () => {
    api.create("pods", { ...aPod("a"), spec });
    expect(refusalOf(() => api.create("pods", { ...aPod("Bad_Name"), spec })).code).toBe(422);

    api.create("namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "dev" } });
    api.create("serviceaccounts", account(), { namespace: "dev" });
    api.create("pods", { ...aPod("a"), spec }, { namespace: "dev" });
    api.remove("namespaces", "dev");
    const late = (): unknown => api.create("pods", { ...aPod("b"), spec }, { namespace: "dev" });
    expect(refusalOf(late).code).toBe(403);
  });

  test("is bound as a whole pod is", () => {
    const binding = (name: string): never =>
      ({
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name, uid: api.get("pods", name).metadata.uid },
        target: { kind: "Node", name: "n1" },
      }) as never;
    api.create("pods", { ...aPod("row"), spec });
    api.create("pods", { ...aPod("whole"), spec });
    // A label makes a whole object of it.
    api.update("pods", "whole", (pod) => ({
      ...pod,
      metadata: { ...pod.metadata, labels: { app: "web" } },
    }));
    api.bind("row", binding("row"));
    api.bind("whole", binding("whole"));

    expect(versionOf("pods", "row")).toBeInstanceOf(PodRow);
    expect(versionOf("pods", "whole")).not.toBeInstanceOf(PodRow);
    const [row, whole] = ["row", "whole"].map((name) => api.get("pods", name) as unknown as Pod);
    expect(row?.status).toEqual(whole?.status);
    expect(row?.spec.nodeName).toBe("n1");
    const fieldsOf = (pod: Pod | undefined): string[] =>
      Object.keys(pod?.metadata ?? {}).toSorted();
    expect(fieldsOf(row)).toEqual(fieldsOf(whole).filter((field) => field !== "labels"));
    expect(refusalOf(() => api.bind("row", binding("row"))).message).toMatch(/already assigned/);
  });

  test("becomes a whole object when its deletion begins", () => {
    api.create("pods", { ...aPod("a"), spec: { ...spec, nodeName: "n1" } });
    expect(versionOf("pods", "a").isDeleting).toBe(false);
    api.remove("pods", "a", { gracePeriodSeconds: 5 });
    expect(versionOf("pods", "a").isDeleting).toBe(true);
    expect(api.get("pods", "a").metadata.deletionGracePeriodSeconds).toBe(5);
  });

  test("answers what is known of it without making it, as it would after", () => {
    api.create("pods", { ...aPod("a"), spec });
    const row = versionOf("pods", "a");
    const { metadata } = row.toObject();
    expect([row.namespace, row.name, row.uid, row.key, row.storeKey]).toEqual([
      metadata.namespace,
      metadata.name,
      metadata.uid,
      "default/a",
      "/registry/pods/default/a",
    ]);
    expect(row.knownField("status.phase")).toBe("Pending");
    expect(row.atRevision(99).toObject().metadata.resourceVersion).toBe("99");
  });
});

describe("an event kept as a row", () => {
  const subject = {
    apiVersion: "v1",
    kind: "Pod",
    namespace: "default",
    name: "web",
    uid: "u-1",
    fieldPath: "spec.containers{main}",
  };
  const words = { type: "Normal", reason: "Started", message: "Container started" } as const;

  test("reads as the event that is created whole", () => {
    const { nowUs } = api.timeline;
    const source = { component: "kubelet", host: "n1" };
    const row = new EventRow(subject, words, source, { us: nowUs, number: 7 });
    const sent = row.toObject();
    const other = new ServerUnderTest();
    const whole = other.create("events", sent);
    api.server.createEvent(api.at("events", { name: row.name }), row, () => {});

    expect(JSON.stringify(api.get("events", row.name))).toBe(JSON.stringify(whole));
    expect(versionOf("events", row.name)).toBeInstanceOf(EventRow);
    // Nanoseconds since 1970, as upstream names events.
    expect(row.name).toBe(`web.${(BigInt(nowUs) * 1_000n + 7n).toString(16)}`);
  });

  test("is selected by its fields without being made", () => {
    const source = { component: "kubelet", host: "n1" };
    const row = new EventRow(subject, words, source, { us: api.timeline.nowUs, number: 0 });
    api.server.createEvent(api.at("events", { name: row.name }), row, () => {});

    for (const field of [
      "involvedObject.name=web",
      "involvedObject.kind=Pod",
      "involvedObject.uid=u-1",
      "involvedObject.namespace=default",
      "involvedObject.fieldPath=spec.containers{main}",
      "reason=Started",
      "type=Normal",
    ]) {
      expect(api.list("events", { fieldSelector: field }).items, field).toHaveLength(1);
    }
  });

  test("is refused in a namespace that is not there", () => {
    const away = { ...subject, namespace: "away" };
    const at = { us: api.timeline.nowUs, number: 0 };
    const row = new EventRow(away, words, { component: "kubelet", host: "n1" }, at);
    const errors: (Error | undefined)[] = [];
    const context = api.at("events", { namespace: "away", name: row.name });
    api.server.createEvent(context, row, (error) => errors.push(error));
    expect(errors[0]?.message).toBe('namespaces "away" not found');
  });
});

describe("a lease kept as a row", () => {
  test("reads as the lease that is created whole, and stays one when it is renewed", () => {
    api.create("namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "leases" } });
    const at = api.at("leases", { namespace: "leases", name: "n1" });
    const holder = { namespace: "leases", name: "n1", nodeUid: "u-n1", durationSeconds: 40 };
    api.server.createLease(at, holder, () => {});
    const row = api.get("leases", "n1", { namespace: "leases" });

    const other = new ServerUnderTest();
    other.create("namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "leases" },
    });
    const { resourceVersion: _revision, ...metadata } = row.metadata;
    const whole = other.create("leases", { ...row, metadata }, { namespace: "leases" });
    expect(row).toEqual(whole);

    api.pass(10);
    const renewed = (stored: StoredObject): StoredObject | undefined =>
      stored instanceof LeaseRow ? stored.renewed(api.timeline.nowUs) : undefined;
    const storeKey = "/registry/leases/leases/n1";
    api.server.revise({ ...at, storeKey }, { ofRow: renewed, ofObject: (old) => old }, () => {});
    expect(api.get("leases", "n1", { namespace: "leases" })["spec"]).toEqual({
      holderIdentity: "n1",
      leaseDurationSeconds: 40,
      renewTime: "2026-01-01T00:00:10.000000Z",
    });
  });
});

describe("renewals that nobody has read", () => {
  test("are there for whoever reads the lease, lists it, or watches from before them", () => {
    const at = api.at("leases", { namespace: "kube-node-lease", name: "n1" });
    const holder = { namespace: "kube-node-lease", name: "n1", nodeUid: "u", durationSeconds: 40 };
    const pulse = new LeasePulse("/registry/leases/kube-node-lease/n1");
    expect(api.server.renewLease(pulse, api.timeline.nowUs)).toBe("missing");
    api.server.createLease(at, holder, () => {});
    const created = api.server.revision;
    for (const seconds of [10, 20]) {
      expect(api.server.renewLease(pulse, api.timeline.nowUs + seconds * 1_000_000)).toBe(
        "renewed",
      );
    }
    expect(api.server.revision).toBe(created + 2);

    const told: unknown[] = [];
    const renewTimeOf = ({ spec }: KubeObject): unknown =>
      (spec as { readonly renewTime?: string }).renewTime;
    api.server.watch(
      { ...at, name: "" },
      { ...watchAll, resourceVersion: String(created) },
      {
        event: (type, stored) => told.push([type, renewTimeOf(stored.toObject())]),
        bookmark: () => {},
        error: (status) => told.push(status),
      },
    );
    expect(told).toEqual([
      ["MODIFIED", "2026-01-01T00:00:10.000000Z"],
      ["MODIFIED", "2026-01-01T00:00:20.000000Z"],
    ]);
    // From now on somebody watches.
    api.server.renewLease(pulse, api.timeline.nowUs + 30_000_000);
    expect(told.at(-1)).toEqual(["MODIFIED", "2026-01-01T00:00:30.000000Z"]);
    const lease = api.get("leases", "n1", { namespace: "kube-node-lease" });
    expect(renewTimeOf(lease)).toBe("2026-01-01T00:00:30.000000Z");
    expect(lease.metadata.resourceVersion).toBe(String(created + 3));
  });
});

function versionOf(plural: string, name: string): StoredObject {
  const found = api.store.direct?.get(`/registry/${plural}/default/${name}`);
  if (found === undefined) throw new Error(`no ${plural}/${name}`);
  return found.value;
}

function tokenVolumeOf(object: KubeObject): string | undefined {
  const { spec } = object as unknown as Pod;
  const volume = spec.volumes?.find(({ name }) => name.startsWith("kube-api-access-"))?.name;
  const mounts = [...spec.containers, ...(spec.initContainers ?? [])].map(
    (container) => container.volumeMounts?.at(-1)?.name,
  );
  expect(new Set(mounts)).toEqual(new Set([volume]));
  return volume;
}

function initContainer(): { name: string; image: string } {
  return { name: "init", image: "busybox" };
}

function account(): KubeObject {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } };
}
