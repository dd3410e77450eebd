import { describe, expect, test } from "vitest";
import type { NodeStatus } from "../../src/api/objects.ts";
import { MachineStatus } from "../../src/data-plane/machine-status.ts";
import { type Machine, nodeStatus, notReadyYet } from "../../src/data-plane/node-object.ts";
import { runtimeNames, runtimeProfiles } from "../../src/data-plane/runtime-profiles.ts";
import { Chance } from "../../src/kernel/chance.ts";

const startUs = 1_767_225_600_000_000;
const chance = new Chance(1);

function aMachine(change: Partial<Machine> = {}): Machine {
  return {
    index: 4,
    name: "node-5",
    runtime: "containerd",
    pool: "default",
    capacity: { cpu: "8", memory: "32Gi", "ephemeral-storage": "100Gi", pods: "110" },
    kubeletVersion: "v1.36.0",
    ...change,
  };
}

function registered(change: Partial<Machine> = {}, its = chance): MachineStatus {
  return MachineStatus.first(aMachine(change), its, startUs, notReadyYet);
}

const ready = { isReady: true, reason: "KubeletReady", message: "kubelet is posting ready status" };
const notReady = { isReady: false, reason: "KubeletNotReady", message: "no network" };

function timesOf({ conditions = [] }: NodeStatus): Readonly<Record<string, readonly unknown[]>> {
  return Object.fromEntries(
    conditions.map((one) => [
      one.type,
      [one.status, one.lastTransitionTime, one.lastHeartbeatTime],
    ]),
  );
}

describe("a node as its kubelet registers it", () => {
  test("has the labels that selectors rely on, and says that it is not ready yet", () => {
    const status = registered();
    expect(status.ownMetadata()).toMatchObject({
      labels: {
        "kubernetes.io/hostname": "node-5",
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "podrace.dev/pool": "default",
      },
    });
    expect(status.toStatus().conditions?.find(({ type }) => type === "Ready")).toMatchObject({
      status: "False",
      reason: "KubeletNotReady",
    });
  });

  test("has what the machine has", () => {
    const capacity = { cpu: "4", memory: "32Gi", "ephemeral-storage": "100Gi", pods: "20" };
    const status = registered({ capacity }).toStatus();
    expect(status).toMatchObject({ capacity, allocatable: capacity });
    expect(status?.addresses).toEqual([
      { type: "InternalIP", address: "172.18.0.6" },
      { type: "Hostname", address: "node-5" },
    ]);
  });

  test.each(runtimeNames)("shows that it runs %s", (runtime) => {
    const status = registered({ runtime }).toStatus();
    expect(status?.nodeInfo).toMatchObject({
      containerRuntimeVersion: runtimeProfiles[runtime].version,
      kubeletVersion: "v1.36.0",
    });
  });

  test("has ids of its own, the same in every run of a seed", () => {
    const idsOf = (name: string, seed: number) => {
      const { machineID, systemUUID, bootID } =
        registered({ name }, new Chance(seed)).toStatus().nodeInfo ?? {};
      return [machineID, systemUUID, bootID];
    };
    expect(idsOf("node-5", 1)).toEqual(idsOf("node-5", 1));
    const all = [...idsOf("node-5", 1), ...idsOf("node-6", 1), ...idsOf("node-5", 2)];
    expect(new Set(all).size).toBe(9);
  });
});

describe("a node's status", () => {
  test("keeps the time of a condition's last change and moves on its heartbeat", () => {
    const first = nodeStatus(undefined, aMachine(), chance, startUs, notReady);
    const changed = nodeStatus(first, aMachine(), chance, startUs + 5_000_000, ready);
    const again = nodeStatus(changed, aMachine(), chance, startUs + 9_000_000, ready);

    expect(timesOf(changed)).toMatchObject({
      MemoryPressure: ["False", "2026-01-01T00:00:00Z", "2026-01-01T00:00:05Z"],
      Ready: ["True", "2026-01-01T00:00:05Z", "2026-01-01T00:00:05Z"],
    });
    expect(timesOf(again)).toMatchObject({
      DiskPressure: ["False", "2026-01-01T00:00:00Z", "2026-01-01T00:00:09Z"],
      Ready: ["True", "2026-01-01T00:00:05Z", "2026-01-01T00:00:09Z"],
    });
  });

  test("is the same as a row, which is the same while nothing new is said", () => {
    const [laterUs, latestUs] = [startUs + 5_000_000, startUs + 9_000_000];
    const first = nodeStatus(undefined, aMachine(), chance, startUs, notReady);
    const row = MachineStatus.first(aMachine(), chance, startUs, notReady);
    expect(row.toStatus()).toEqual(first);
    expect(row.next(startUs, { ...notReady })).toBe(row);

    const changed = nodeStatus(first, aMachine(), chance, laterUs, ready);
    const changedRow = row.next(laterUs, ready);
    expect(changedRow.toStatus()).toEqual(changed);
    expect(changedRow.next(latestUs, ready).toStatus()).toEqual(
      nodeStatus(changed, aMachine(), chance, latestUs, ready),
    );
    expect(row.conditions.at(-1)).toEqual({ type: "Ready", status: "False" });
    expect(changedRow.conditions.at(-1)).toEqual({ type: "Ready", status: "True" });
  });

  test("says it in upstream's words", () => {
    const { conditions = [] } = nodeStatus(undefined, aMachine(), chance, startUs, ready);
    expect(
      conditions.map(({ type, status, reason, message }) => [type, status, reason, message]),
    ).toEqual([
      [
        "MemoryPressure",
        "False",
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
      ],
      ["DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
      ["PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"],
      ["Ready", "True", "KubeletReady", "kubelet is posting ready status"],
    ]);
  });
});
