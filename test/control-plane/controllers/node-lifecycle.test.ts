import { beforeEach, describe, expect, test } from "vitest";
import type { KubeObject, Node, Taint } from "../../../src/api/objects.ts";
import { nodeLifecycleController } from "../../../src/control-plane/controllers/node-lifecycle.ts";
import { aNode } from "../apiserver/objects.ts";
import { ServerUnderTest } from "../apiserver/server-under-test.ts";
import { clientOf } from "../client/client-under-test.ts";

const own: Taint = { key: "gpu", value: "yes", effect: "NoSchedule" };

let api: ServerUnderTest;
beforeEach(() => {
  api = new ServerUnderTest();
  nodeLifecycleController.start(clientOf(api));
});

describe("a node", () => {
  test("is open for pods once it says that it is ready", () => {
    api.create("nodes", aNode("n1", { spec: { taints: [own] } }));
    api.pass(1);
    expect(taintsOf()).toEqual(["gpu:NoSchedule", "node.kubernetes.io/not-ready:NoSchedule"]);

    report({ Ready: "True" });
    expect(taintsOf()).toEqual(["gpu:NoSchedule"]);
  });

  test.each([
    [{ Ready: "False" }, ["node.kubernetes.io/not-ready:NoSchedule"]],
    [{ Ready: "Unknown" }, ["node.kubernetes.io/unreachable:NoSchedule"]],
    [{ Ready: "True" }, []],
    [{ Ready: "True", MemoryPressure: "True" }, ["node.kubernetes.io/memory-pressure:NoSchedule"]],
    [{ Ready: "True", DiskPressure: "True" }, ["node.kubernetes.io/disk-pressure:NoSchedule"]],
    [{ Ready: "True", PIDPressure: "True" }, ["node.kubernetes.io/pid-pressure:NoSchedule"]],
    [
      { Ready: "True", NetworkUnavailable: "True" },
      ["node.kubernetes.io/network-unavailable:NoSchedule"],
    ],
    [{ Ready: "True", MemoryPressure: "False", DiskPressure: "Unknown" }, []],
  ])("that says %j has the taints %j", (conditions, taints) => {
    api.create("nodes", aNode("n1"));
    report({ Ready: "True" });
    report(conditions);

    expect(taintsOf()).toEqual(taints);
  });

  test("that comes and goes changes its taint, and keeps its own", () => {
    api.create("nodes", aNode("n1", { spec: { taints: [own] } }));
    const history = ["True", "Unknown", "False", "True"].map((ready) => {
      report({ Ready: ready });
      return taintsOf().slice(1);
    });

    expect(history).toEqual([
      [],
      ["node.kubernetes.io/unreachable:NoSchedule"],
      ["node.kubernetes.io/not-ready:NoSchedule"],
      [],
    ]);
    expect(taintsOf()).toEqual(["gpu:NoSchedule"]);
  });

  test("that is cordoned has the taint that says so, and since when", () => {
    api.create("nodes", aNode("n1"));
    report({ Ready: "True" });
    change((spec) => ({ ...spec, unschedulable: true }));
    expect(node().spec.taints).toEqual([
      {
        key: "node.kubernetes.io/unschedulable",
        effect: "NoSchedule",
        timeAdded: "2026-01-01T00:00:01Z",
      },
    ]);

    change(({ unschedulable: _unschedulable, ...spec }) => spec);
    expect(node().spec.taints).toBeUndefined();
  });

  test("keeps taints of the same name and another effect", () => {
    const evicts: Taint = { key: "node.kubernetes.io/not-ready", effect: "NoExecute" };
    api.create("nodes", aNode("n1", { spec: { taints: [evicts] } }));
    report({ Ready: "True" });

    expect(taintsOf()).toEqual(["node.kubernetes.io/not-ready:NoExecute"]);
  });

  test("that only says that it is alive is left alone", () => {
    api.create("nodes", aNode("n1"));
    report({ Ready: "True" });
    const { revision } = api.server;
    report({ Ready: "True" }, "2026-01-01T00:05:00Z");

    expect(api.server.revision).toBe(revision + 1);
  });
});

function node(): Node {
  return api.get("nodes", "n1") as unknown as Node;
}

function taintsOf(): string[] {
  return (node().spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`);
}

function report(conditions: Readonly<Record<string, string>>, lastHeartbeatTime?: string): void {
  const reported = Object.entries(conditions).map(([type, status]) => ({
    type,
    status,
    ...(lastHeartbeatTime !== undefined && { lastHeartbeatTime }),
  }));
  const status = { conditions: reported };
  const told = (stored: KubeObject): KubeObject => ({ ...stored, status });
  api.update("nodes", "n1", told, { subresource: "status" });
  api.pass(1);
}

function change(of: (spec: Node["spec"]) => Node["spec"]): void {
  api.update("nodes", "n1", (stored) => ({
    ...stored,
    spec: of((stored as unknown as Node).spec),
  }));
  api.pass(1);
}
