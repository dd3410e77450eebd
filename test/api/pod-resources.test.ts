import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defaultPod } from "../../src/api/defaults/pod.ts";
import type { Container, Pod } from "../../src/api/objects.ts";
import { podQosClass } from "../../src/api/pod-qos.ts";
import { podRequests, podRequestsNonZero } from "../../src/api/pod-resources.ts";
import { vectors } from "./vectors.ts";

interface PodResourcesVector {
  readonly case: string;
  readonly object: Pod;
  readonly qosClass: string;
  readonly requests: {
    readonly milliCPU: number;
    readonly memory: number;
    readonly storage: number;
    readonly scalars: Readonly<Record<string, number>> | null;
    readonly nonZeroMilliCPU: number;
    readonly nonZeroMemory: number;
  };
}

const recorded = vectors<PodResourcesVector>("pod-resources");

describe("a pod's requests", () => {
  test.each(recorded)("add up as upstream's do: $case", ({ object, requests }) => {
    expect(podRequests(defaultPod(object))).toEqual({
      cpuMilli: requests.milliCPU,
      memoryBytes: requests.memory,
      ephemeralStorageBytes: requests.storage,
      others: requests.scalars ?? {},
    });
  });

  test.each(recorded)("count for scoring as upstream's do: $case", ({ object, requests }) => {
    expect(podRequestsNonZero(defaultPod(object))).toEqual({
      cpuMilli: requests.nonZeroMilliCPU,
      memoryBytes: requests.nonZeroMemory,
    });
  });

  test("are never less than what any of its containers asks for", () => {
    fc.assert(
      fc.property(someContainers, someContainers, (containers, initContainers) => {
        const { cpuMilli } = podRequests(aPod(containers, initContainers));
        const asked = [...containers, ...initContainers].map(cpuMilliOf);
        expect(cpuMilli).toBeGreaterThanOrEqual(Math.max(0, ...asked));
      }),
    );
  });
});

describe("a pod's QoS class", () => {
  test.each(recorded)("is $qosClass: $case", ({ object, qosClass }) => {
    expect(podQosClass(defaultPod(object))).toBe(qosClass);
  });
});

const someContainers = fc.array(
  fc
    .record({ milli: fc.nat(8000), isSidecar: fc.boolean() })
    .map(({ milli, isSidecar }): Container => ({
      name: "c",
      resources: { requests: { cpu: `${milli}m` } },
      ...(isSidecar && { restartPolicy: "Always" }),
    })),
);

function cpuMilliOf({ resources }: Container): number {
  return Number.parseInt(resources?.requests?.["cpu"] ?? "0", 10);
}

function aPod(containers: Container[], initContainers: Container[]): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p" },
    spec: { containers, initContainers },
  };
}
