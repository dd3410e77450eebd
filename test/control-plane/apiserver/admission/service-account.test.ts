import { beforeEach, describe, expect, test } from "vitest";
import type { KubeObject, Pod, PodSpec } from "../../../../src/api/objects.ts";
import { aPod } from "../objects.ts";
import { refusalOf } from "../refusal.ts";
import { ServerUnderTest } from "../server-under-test.ts";

const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";

let api: ServerUnderTest;
beforeEach(() => {
  api = new ServerUnderTest();
});

describe("the service account of a pod", () => {
  test("is the namespace's default one", () => {
    expect(created(aPod("web"))).toMatchObject({
      serviceAccountName: "default",
      serviceAccount: "default",
    });
  });

  test("is the one it names, by either name of the field", () => {
    api.create("serviceaccounts", anAccount("builder"));

    const names = { serviceAccountName: "builder", serviceAccount: "builder" };
    expect(created(aPod("a", { serviceAccountName: "builder" }))).toMatchObject(names);
    expect(created(aPod("b", { serviceAccount: "builder" }))).toMatchObject(names);
  });

  test("must be there", () => {
    expect(
      refusalOf(() => api.create("pods", aPod("web", { serviceAccountName: "nosuch" }))),
    ).toMatchObject({
      code: 403,
      reason: "Forbidden",
      message:
        'pods "web" is forbidden: error looking up service account default/nosuch: serviceaccount "nosuch" not found',
    });
  });

  test("gives the pod its image pull secrets, unless it has its own", () => {
    api.create("serviceaccounts", {
      ...anAccount("puller"),
      imagePullSecrets: [{ name: "registry" }],
    });

    const { imagePullSecrets } = created(aPod("a", { serviceAccountName: "puller" }));
    expect(imagePullSecrets).toEqual([{ name: "registry" }]);

    const own = [{ name: "mine" }];
    expect(
      created(aPod("b", { serviceAccountName: "puller", imagePullSecrets: own })).imagePullSecrets,
    ).toEqual(own);
  });
});

describe("the token of a service account", () => {
  test("is a volume that every container mounts, init containers too", () => {
    const {
      volumes = [],
      containers,
      initContainers = [],
    } = created(aPod("web", { initContainers: [{ name: "first", image: "busybox" }] }));

    const [volume] = volumes;
    expect(volumes).toHaveLength(1);
    expect(volume?.name).toMatch(/^kube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(volume?.projected).toEqual({
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        {
          downwardAPI: {
            items: [
              {
                path: "namespace",
                fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" },
              },
            ],
          },
        },
      ],
      defaultMode: 420,
    });
    const mount = { name: volume?.name, readOnly: true, mountPath: tokenPath };
    expect(containers[0]?.volumeMounts).toEqual([mount]);
    expect(initContainers[0]?.volumeMounts).toEqual([mount]);
  });

  test("is not mounted over what a container has there already", () => {
    const mine = { name: "mine", mountPath: tokenPath };
    const { volumes = [], containers } = created(
      aPod("web", {
        volumes: [{ name: "mine", emptyDir: {} }],
        containers: [{ name: "main", image: "nginx", volumeMounts: [mine] }],
      }),
    );

    expect(volumes.map(({ name }) => name)).toEqual(["mine"]);
    expect(containers[0]?.volumeMounts).toEqual([mine]);
  });

  test("comes to the containers that have room for it", () => {
    const mine = { name: "mine", mountPath: tokenPath };
    const { volumes = [], containers } = created(
      aPod("web", {
        volumes: [{ name: "mine", emptyDir: {} }],
        containers: [
          { name: "a", image: "nginx", volumeMounts: [mine] },
          { name: "b", image: "nginx" },
        ],
      }),
    );

    expect(volumes).toHaveLength(2);
    expect(containers.map(({ volumeMounts = [] }) => volumeMounts.length)).toEqual([1, 1]);
    expect(containers[1]?.volumeMounts?.[0]?.name).toBe(volumes[1]?.name);
  });

  test("is left out when the pod or its account does not want it; the pod has the last word", () => {
    api.create("serviceaccounts", { ...anAccount("shy"), automountServiceAccountToken: false });

    const volumesOf = (spec: Partial<PodSpec>, name: string) =>
      created(aPod(name, spec)).volumes ?? [];
    expect(volumesOf({ automountServiceAccountToken: false }, "a")).toEqual([]);
    expect(volumesOf({ serviceAccountName: "shy" }, "b")).toEqual([]);
    expect(
      volumesOf({ serviceAccountName: "shy", automountServiceAccountToken: true }, "c"),
    ).toHaveLength(1);
  });
});

function created(pod: KubeObject): PodSpec {
  return (api.create("pods", pod) as unknown as Pod).spec;
}

function anAccount(name: string): KubeObject {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: { name } };
}
