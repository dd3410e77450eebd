import { describe, expect, test } from "vitest";
import type { PrintableObject } from "../../../src/cli/kubectl/object-printer.ts";
import { manifestOf } from "../../../src/cli/export/manifest-of.ts";

const assigned = {
  uid: "11111111-1111-4111-8111-111111111111",
  resourceVersion: "7",
  creationTimestamp: "2026-01-01T00:00:00Z",
  generation: 1,
  managedFields: [],
};

function an(kind: string, metadata: object, fields: object = {}): PrintableObject {
  return { apiVersion: "v1", kind, metadata: { ...assigned, ...metadata }, ...fields };
}

const token = {
  name: "kube-api-access-x2x2x",
  projected: { sources: [{ serviceAccountToken: { path: "token" } }], defaultMode: 420 },
};
const tokenMount = { name: token.name, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" };

describe("the manifest of", () => {
  test("a pod has neither its node nor its token nor what admission worked out", () => {
    const container = { name: "c", image: "nginx" };
    const tolerations = ["not-ready", "unreachable"].map((what) => ({
      key: `node.kubernetes.io/${what}`,
      operator: "Exists",
      effect: "NoExecute",
      tolerationSeconds: 300,
    }));
    const pod = an(
      "Pod",
      { name: "web", namespace: "default" },
      {
        spec: {
          nodeName: "node-1",
          serviceAccount: "default",
          serviceAccountName: "default",
          priority: 0,
          preemptionPolicy: "PreemptLowerPriority",
          volumes: [token],
          containers: [{ ...container, volumeMounts: [tokenMount] }],
          initContainers: [{ ...container, volumeMounts: [tokenMount] }],
          tolerations,
        },
        status: { phase: "Running" },
      },
    );

    expect(manifestOf(pod)).toEqual({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "web", namespace: "default" },
      spec: { containers: [container], initContainers: [container] },
    });
  });

  test("a pod has the volumes, tolerations and account that somebody asked for", () => {
    const mine = { name: "kube-api-access", emptyDir: {} };
    const projected = { name: "kube-api-access-aaaaa", projected: { sources: [] } };
    const patient = {
      key: "node.kubernetes.io/not-ready",
      operator: "Exists",
      effect: "NoExecute",
      tolerationSeconds: 5,
    };
    const spec = {
      serviceAccountName: "builder",
      volumes: [mine, projected],
      containers: [{ name: "c", volumeMounts: [{ name: mine.name, mountPath: "/m" }] }],
      tolerations: [patient],
    };

    expect(manifestOf(an("Pod", { name: "web" }, { spec }))).toMatchObject({ spec });
  });

  test("a service has a cluster IP only where it is to have none", () => {
    const ports = [{ port: 80, nodePort: 30_080 }];
    const families = { ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack" };
    const specOf = (ip: string): unknown =>
      manifestOf(
        an(
          "Service",
          { name: "s" },
          { spec: { clusterIP: ip, clusterIPs: [ip], ports, ...families } },
        ),
      )?.["spec"];

    expect(specOf("10.96.1.2")).toEqual({ ports });
    expect(specOf("None")).toEqual({ clusterIP: "None", ports });
  });

  test("a namespace has no label and no finalizer that it gets by itself", () => {
    const labels = { "kubernetes.io/metadata.name": "team", tier: "gold" };
    const spec = { finalizers: ["kubernetes"] };

    expect(manifestOf(an("Namespace", { name: "team", labels }, { spec }))).toEqual({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "team", labels: { tier: "gold" } },
    });
  });

  test("anything has no note of kubectl's, but all other annotations", () => {
    const annotations = { "kubectl.kubernetes.io/last-applied-configuration": "{}", mine: "1" };

    expect(manifestOf(an("ConfigMap", { name: "c", annotations }))?.metadata).toEqual({
      name: "c",
      annotations: { mine: "1" },
    });
  });

  test.each([
    an("Namespace", { name: "default", labels: { "kubernetes.io/metadata.name": "default" } }),
    an("Namespace", { name: "kube-system" }, { spec: { finalizers: ["kubernetes"] } }),
    an("ServiceAccount", { name: "default", namespace: "team" }),
    an("ConfigMap", { name: "kube-root-ca.crt", namespace: "team" }, { data: { "ca.crt": "x" } }),
    an("Service", { name: "kubernetes", namespace: "default" }, { spec: {} }),
    an("Secret", { name: "t" }, { type: "kubernetes.io/service-account-token" }),
  ])("what every cluster has is none (%#)", (object) => {
    expect(manifestOf(object)).toBeUndefined();
  });

  test.each([
    an("Namespace", { name: "default", labels: { tier: "gold" } }),
    an("ServiceAccount", { name: "default" }, { imagePullSecrets: [{ name: "s" }] }),
    an("ServiceAccount", { name: "builder" }),
    an("Service", { name: "kubernetes", namespace: "team" }, { spec: {} }),
  ])("what only looks like it is one (%#)", (object) => {
    expect(manifestOf(object)).toBeDefined();
  });

  test("what is on its way out, or made by a controller, is none", () => {
    const deletionTimestamp = "2026-01-01T00:00:30Z";
    const owner = { kind: "ReplicaSet", name: "r", uid: "1" };

    expect(manifestOf(an("Pod", { name: "a", deletionTimestamp }))).toBeUndefined();
    expect(
      manifestOf(an("Pod", { name: "a", ownerReferences: [{ ...owner, controller: true }] })),
    ).toBeUndefined();
    expect(manifestOf(an("ConfigMap", { name: "a", ownerReferences: [owner] }))?.metadata).toEqual({
      name: "a",
    });
  });
});
