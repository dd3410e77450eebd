import { beforeEach, describe, expect, test } from "vitest";
import {
  rootCaCertPublisher,
  serviceAccountController,
} from "../../../src/control-plane/controllers/namespace-defaults.ts";
import { aNamespace } from "../apiserver/objects.ts";
import { ServerUnderTest } from "../apiserver/server-under-test.ts";
import { clientOf } from "../client/client-under-test.ts";

const everywhere = ["default", "kube-node-lease", "kube-public", "kube-system"];

let api: ServerUnderTest;
beforeEach(() => {
  api = new ServerUnderTest();
  serviceAccountController.start(clientOf(api, "kcm:serviceaccount", 20));
  rootCaCertPublisher("PEM").start(clientOf(api, "kcm:root-ca-cert-publisher", 21));
  api.pass(1);
});

describe.each([
  ["serviceaccounts", "default"],
  ["configmaps", "kube-root-ca.crt"],
])("of the %s, %s", (plural, name) => {
  test("is in every namespace from the start", () => {
    expect(namespacesWith(plural, name)).toEqual(everywhere);
  });

  test("appears in a new namespace", () => {
    api.create("namespaces", aNamespace("dev"));
    api.pass(1);

    expect(namespacesWith(plural, name)).toContain("dev");
  });

  test("comes back when somebody deletes it", () => {
    const { uid } = api.get(plural, name).metadata;
    api.remove(plural, name);
    api.pass(1);

    expect(api.get(plural, name).metadata.uid).not.toBe(uid);
  });

  test("does not come back in a namespace on its way out", () => {
    api.create("namespaces", aNamespace("dev"));
    api.pass(1);
    api.remove("namespaces", "dev");
    api.remove(plural, name, {}, { namespace: "dev" });
    api.pass(10);

    expect(namespacesWith(plural, name)).toEqual(everywhere);
  });

  test("is made once, not whenever its namespace changes", () => {
    const { revision } = api.server;
    for (const value of ["1", "2", "3"]) {
      api.update("namespaces", "default", (stored) => ({
        ...stored,
        metadata: { ...stored.metadata, labels: { ...stored.metadata.labels, value } },
      }));
      api.pass(1);
    }

    expect(api.server.revision).toBe(revision + 3);
  });
});

test("the CA that is published is the cluster's", () => {
  const { metadata, ...rest } = api.get("configmaps", "kube-root-ca.crt");

  expect(rest["data"]).toEqual({ "ca.crt": "PEM" });
  expect(metadata.annotations?.["kubernetes.io/description"]).toMatch(/^Contains a CA bundle/);
});

function namespacesWith(plural: string, name: string): (string | undefined)[] {
  const { items } = api.list(plural, { fieldSelector: `metadata.name=${name}` }, { namespace: "" });
  return items.map(({ metadata }) => metadata.namespace);
}
