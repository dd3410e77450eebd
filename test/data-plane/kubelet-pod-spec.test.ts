import { describe, expect, test } from "vitest";
import type { Pod } from "../../src/api/objects.ts";
import { kubeletPodSpec } from "../../src/data-plane/kubelet-pod-spec.ts";

function aPod(spec: Partial<Pod["spec"]> = {}, metadata: Pod["metadata"] = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "default", uid: "u-1", ...metadata },
    spec: { containers: [{ name: "c", image: "nginx" }], ...spec },
  };
}

describe("what a kubelet needs of a pod", () => {
  test("is there when the pod does not say", () => {
    expect(kubeletPodSpec(aPod().spec)).toEqual({
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      hostNetwork: false,
      initContainers: [],
      containers: [
        {
          name: "c",
          image: "nginx",
          imagePullPolicy: "IfNotPresent",
          command: [],
          args: [],
          ports: [],
          isSidecar: false,
        },
      ],
    });
  });

  test("is what the pod says", () => {
    const pod = aPod({
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 5,
      hostNetwork: true,
      initContainers: [{ name: "proxy", image: "envoy", restartPolicy: "Always" }],
      containers: [
        {
          name: "c",
          image: "busybox",
          imagePullPolicy: "Always",
          command: ["sh", "-c"],
          args: ["exit 3"],
          ports: [{ containerPort: 80, protocol: "TCP" }],
        },
      ],
    });

    expect(kubeletPodSpec(pod.spec)).toMatchObject({
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 5,
      hostNetwork: true,
      initContainers: [{ name: "proxy", isSidecar: true }],
      containers: [
        { imagePullPolicy: "Always", command: ["sh", "-c"], args: ["exit 3"], ports: [80] },
      ],
    });
  });

  test("is the same text for all pods of one template", () => {
    const [one, other] = [aPod(), aPod({}, { name: "db", uid: "u-2", labels: { app: "db" } })];
    const [first, second] = [kubeletPodSpec(one.spec), kubeletPodSpec(other.spec)];
    expect(JSON.stringify(second)).toBe(JSON.stringify(first));
  });
});
