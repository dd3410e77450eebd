import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { nodeViewOf } from "../../../src/api/node-view.ts";
import type { Pod } from "../../../src/api/objects.ts";
import { ClusterState } from "../../../src/control-plane/scheduler/cluster-state.ts";
import { podInfoOf } from "../../../src/control-plane/scheduler/pod-info.ts";
import type { NodeInfo } from "../../../src/control-plane/scheduler/framework.ts";
import { aNode, aPod, podInfo } from "./node-and-pod.ts";

let state: ClusterState;
beforeEach(() => {
  state = new ClusterState();
});

describe("a snapshot", () => {
  test("has the nodes by name, with what they can give", () => {
    state.setNode(nodeViewOf(aNode("n2")));
    state.setNode(
      nodeViewOf(
        aNode("n1", {
          allocatable: {
            cpu: "1500m",
            memory: "1Gi",
            "ephemeral-storage": "1Ki",
            "example.com/gpu": "2",
          },
        }),
      ),
    );

    const [first, second] = state.snapshot();

    expect(second?.name).toBe("n2");
    expect(first).toMatchObject({
      name: "n1",
      allocatable: {
        cpuMilli: 1_500,
        memoryBytes: 2 ** 30,
        ephemeralStorageBytes: 1_024,
        others: { "example.com/gpu": 2 },
      },
      allocatablePods: 10,
      requested: { cpuMilli: 0, memoryBytes: 0, ephemeralStorageBytes: 0, others: {} },
      podCount: 0,
    });
  });

  test("counts what the pods of a node ask for, and pods that ask for nothing as small ones", () => {
    state.setNode(nodeViewOf(aNode("n1")));
    state.holdPod("default/a", podInfo({ cpu: "1", memory: "1Gi", "example.com/gpu": "1" }), "n1");
    state.holdPod("default/b", podInfo(), "n1");

    expect(state.snapshot()[0]).toMatchObject({
      requested: { cpuMilli: 1_000, memoryBytes: 2 ** 30, others: { "example.com/gpu": 1 } },
      requestedNonZero: { cpuMilli: 1_100, memoryBytes: 2 ** 30 + 200 * 1024 * 1024 },
      podCount: 2,
    });
  });

  test("follows nodes that change, come and go", () => {
    state.setNode(nodeViewOf(aNode("n1")));
    state.holdPod("default/a", podInfo({ cpu: "1" }), "n1");
    state.snapshot();

    state.setNode(
      nodeViewOf(aNode("n1", { spec: { unschedulable: true }, allocatable: { cpu: "2" } })),
    );
    expect(state.snapshot()[0]).toMatchObject({
      isUnschedulable: true,
      allocatable: { cpuMilli: 2_000 },
      requested: { cpuMilli: 1_000 },
    });

    state.removeNode("n1");
    expect(state.snapshot()).toEqual([]);
  });

  test("of a node that comes back has the pods that are still there", () => {
    state.setNode(nodeViewOf(aNode("n1")));
    state.holdPod("default/a", podInfo({ cpu: "1" }), "n1");
    state.removeNode("n1");
    state.snapshot();
    state.setNode(nodeViewOf(aNode("n1")));

    expect(state.snapshot()[0]?.requested.cpuMilli).toBe(1_000);
  });

  test("has the pods that were there before their node", () => {
    state.holdPod("default/a", podInfo({ cpu: "1" }), "n1");
    state.setNode(nodeViewOf(aNode("n1")));

    expect(state.snapshot()[0]?.podCount).toBe(1);
  });
});

describe("a pod", () => {
  test("counts from the moment its node is promised until it is released", () => {
    state.setNode(nodeViewOf(aNode("n1")));
    state.snapshot();

    state.holdPod("default/a", podInfo({ cpu: "1" }), "n1");
    expect([state.nodeOf("default/a"), state.snapshot()[0]?.requested.cpuMilli]).toEqual([
      "n1",
      1_000,
    ]);

    state.releasePod("default/a");
    state.releasePod("default/a");
    expect([state.nodeOf("default/a"), state.snapshot()[0]?.requested.cpuMilli]).toEqual([
      undefined,
      0,
    ]);
  });

  test("that turns out to be elsewhere is counted there", () => {
    for (const name of ["n1", "n2"]) state.setNode(nodeViewOf(aNode(name)));
    state.holdPod("default/a", podInfo({ cpu: "1" }), "n1");
    state.holdPod("default/a", podInfo({ cpu: "1" }), "n2");

    expect(state.snapshot().map(({ podCount }) => podCount)).toEqual([0, 1]);
  });

  test("is released for what it was held for, whatever it asks for by now", () => {
    state.setNode(nodeViewOf(aNode("n1")));
    state.holdPod("default/a", podInfo({ cpu: "1" }), "n1");
    state.holdPod("default/a", podInfo({ cpu: "3" }), "n1");
    state.releasePod("default/a");

    expect(state.snapshot()[0]).toMatchObject({ requested: { cpuMilli: 0 }, podCount: 0 });
  });

  test("is seen with what it asks for", () => {
    const pod: Pod = aPod("web", { cpu: "250m", memory: "64Mi" });

    expect(podInfoOf({ ...pod.spec })).toMatchObject({
      requests: { cpuMilli: 250, memoryBytes: 64 * 2 ** 20 },
    });
  });
});

describe("what the state remembers", () => {
  test("is what it would know had it been built anew", () => {
    const step = fc.oneof(
      fc.record({
        do: fc.constant("hold" as const),
        pod: fc.nat(4),
        node: fc.nat(3),
        cpu: fc.nat(9),
      }),
      fc.record({ do: fc.constant("release" as const), pod: fc.nat(4) }),
      fc.record({ do: fc.constant("set" as const), node: fc.nat(3), cpu: fc.nat(9) }),
      fc.record({ do: fc.constant("remove" as const), node: fc.nat(3) }),
      fc.record({ do: fc.constant("look" as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const lived = new ClusterState();
        const nodes = new Map<string, ReturnType<typeof aNode>>();
        const held = new Map<string, readonly [cpu: string, node: string]>();
        for (const each of steps) {
          if (each.do === "hold") {
            held.set(`p${each.pod}`, [`${each.cpu}m`, `n${each.node}`]);
            lived.holdPod(`p${each.pod}`, podInfo({ cpu: `${each.cpu}m` }), `n${each.node}`);
          } else if (each.do === "release") {
            held.delete(`p${each.pod}`);
            lived.releasePod(`p${each.pod}`);
          } else if (each.do === "set") {
            const node = aNode(`n${each.node}`, { allocatable: { cpu: `${each.cpu}` } });
            nodes.set(`n${each.node}`, node);
            lived.setNode(nodeViewOf(node));
          } else if (each.do === "remove") {
            nodes.delete(`n${each.node}`);
            lived.removeNode(`n${each.node}`);
          } else lived.snapshot();
        }
        const anew = new ClusterState();
        for (const node of nodes.values()) anew.setNode(nodeViewOf(node));
        for (const [key, [cpu, node]] of held) anew.holdPod(key, podInfo({ cpu }), node);

        expect(lived.snapshot().map(summary)).toEqual(anew.snapshot().map(summary));
      }),
    );
  });
});

function summary({ name, allocatable, requested, requestedNonZero, podCount }: NodeInfo) {
  const cpus = [allocatable, requested, requestedNonZero].map(({ cpuMilli }) => cpuMilli);
  return { name, cpus, podCount };
}
