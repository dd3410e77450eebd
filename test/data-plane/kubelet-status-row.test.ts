import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Pod, PodStatus } from "../../src/api/objects.ts";
import { type PodReport, podStatus } from "../../src/data-plane/kubelet-status.ts";
import { KubeletStatusRow } from "../../src/data-plane/kubelet-status-row.ts";
import { podPhases } from "../../src/data-plane/protocol.ts";
import { runtimeProfiles } from "../../src/data-plane/runtime-profiles.ts";
import { Chance } from "../../src/kernel/chance.ts";

const startUs = 1_767_225_600_000_000;
const host = { hostIp: "172.18.0.2", runtime: runtimeProfiles.containerd, chance: new Chance(1) };

describe("a status kept as a row", () => {
  test("reads as the status that is written whole, whatever was reported before", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(report(), fc.nat(5_000_000)), { maxLength: 12 }), (steps) => {
        let whole = aPod();
        let row: KubeletStatusRow | undefined;
        let nowUs = startUs;
        for (const [next, waitUs] of steps) {
          nowUs += waitUs;
          whole = { ...whole, status: podStatus(whole, next, { ...host, nowUs }) };
          row = KubeletStatusRow.next(row, next, host, nowUs);
          expect(row.toStatus(aPod())).toEqual(whole.status);
          expect(row.phase).toBe(whole.status?.phase);
        }
      }),
    );
  });

  test("is the same row when a report says nothing new", () => {
    fc.assert(
      fc.property(report(), report(), (first, second) => {
        const row = KubeletStatusRow.next(undefined, first, host, startUs);
        const repeated = KubeletStatusRow.next(row, structuredClone(first), host, startUs + 9e6);
        expect(repeated).toBe(row);
        const next = KubeletStatusRow.next(row, second, host, startUs + 9e6);
        const isNew = JSON.stringify(first) !== JSON.stringify(second);
        expect(next !== row).toBe(isNew);
      }),
    );
  });
});

/** A pod as the API server and the scheduler left it. */
function aPod(): Pod {
  const status: PodStatus = {
    phase: "Pending",
    qosClass: "BestEffort",
    conditions: [
      {
        type: "PodScheduled",
        status: "True",
        lastProbeTime: null,
        lastTransitionTime: "2026-01-01T00:00:00Z",
      },
    ],
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "default", uid: "u-1", generation: 1 },
    spec: {
      initContainers: [{ name: "init", image: "busybox" }],
      containers: [{ name: "main", image: "nginx" }],
      nodeName: "node-1",
    },
    status,
  };
}

function report(): fc.Arbitrary<PodReport> {
  const last = fc.record({
    exitCode: fc.nat(2),
    reason: fc.constantFrom("Completed", "Error"),
    message: fc.constantFrom("", "why"),
    startedAtUs: fc.constantFrom(startUs, -1),
    finishedAtUs: fc.constantFrom(startUs + 1_000_000, -1),
    serial: fc.integer({ min: -1, max: 1 }),
  });
  const container = fc.record({
    state: fc.constantFrom("waiting" as const, "running" as const, "terminated" as const),
    reason: fc.constantFrom("ContainerCreating", "CrashLoopBackOff"),
    message: fc.constantFrom("", "back-off 10s"),
    restarts: fc.nat(3),
    startedAtUs: fc.constantFrom(0, startUs),
    serial: fc.integer({ min: -1, max: 2 }),
    last: fc.option(last, { nil: undefined }),
  });
  return fc.record({
    phase: fc.constantFrom(...podPhases),
    conditions: fc.nat(31),
    startedAtUs: fc.constantFrom(startUs, startUs + 1_000_000),
    ip: fc.constantFrom(0, 0x0af40002),
    containers: fc.tuple(container, container),
  });
}
