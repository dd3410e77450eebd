import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nodeViewOf } from "../../../src/api/node-view.ts";
import type { Node, Pod } from "../../../src/api/objects.ts";
import { ClassDecider } from "../../../src/control-plane/scheduler/class-decider.ts";
import { ClusterState } from "../../../src/control-plane/scheduler/cluster-state.ts";
import { podInfoOf } from "../../../src/control-plane/scheduler/pod-info.ts";
import { decide } from "../../../src/control-plane/scheduler/decide.ts";
import type { PodInfo } from "../../../src/control-plane/scheduler/framework.ts";
import { nodeResourcesFit } from "../../../src/control-plane/scheduler/plugins/node-resources-fit.ts";
import { nodeUnschedulable } from "../../../src/control-plane/scheduler/plugins/node-unschedulable.ts";
import { taintToleration } from "../../../src/control-plane/scheduler/plugins/taint-toleration.ts";
import { Chance } from "../../../src/kernel/chance.ts";

const filters = [nodeUnschedulable, taintToleration, nodeResourcesFit];
const scores = [taintToleration, nodeResourcesFit];

/** Fewer than the sampling starts at, so that `decide` looks at every node. */
const nodesMax = 90;

describe("decisions by class", () => {
  test("are as good as those of a scan, whatever happened to the nodes in between", () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ type: fc.constant("pod" as const), size: fc.nat(3) }) },
      fc.record({ type: fc.constant("cordon" as const), node: fc.nat(nodesMax), on: fc.boolean() }),
      fc.record({ type: fc.constant("add" as const), node: fc.nat(nodesMax) }),
      fc.record({ type: fc.constant("remove" as const), node: fc.nat(nodesMax) }),
      fc.record({ type: fc.constant("end" as const), pod: fc.nat(30) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const state = new ClusterState();
        const decider = new ClassDecider(state, filters, scores, new Chance(1));
        for (let node = 0; node < 5; node++) state.setNode(nodeViewOf(aNode(node)));
        for (const [number, each] of steps.entries()) {
          if (each.type === "pod") {
            const chosen = requireEquallyGood(state, decider, aPod(each.size));
            if (chosen !== undefined) state.holdPod(`pod-${number}`, aPod(each.size), chosen);
          } else if (each.type === "cordon") state.setNode(nodeViewOf(aNode(each.node, each.on)));
          else if (each.type === "add") state.setNode(nodeViewOf(aNode(each.node)));
          else if (each.type === "remove") state.removeNode(`node-${each.node}`);
          else state.releasePod(`pod-${each.pod}`);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("leave clusters with discouraging taints to a scan, which can compare them", () => {
    const state = new ClusterState();
    const decider = new ClassDecider(state, filters, scores, new Chance(1));
    const discouraged = aNode(1);
    state.setNode(
      nodeViewOf({
        ...discouraged,
        spec: { taints: [{ key: "slow", effect: "PreferNoSchedule" }] },
      }),
    );
    expect(decider.decide(aPod(0))).toBeUndefined();

    state.setNode(nodeViewOf(discouraged));
    expect(decider.decide(aPod(0))?.nodeName).toBe("node-1");
  });

  test("spread equal pods over equal nodes in an order that the seed decides", () => {
    const chosen = (seed: number): readonly (string | undefined)[] => {
      const state = new ClusterState();
      for (let node = 0; node < 20; node++) state.setNode(nodeViewOf(aNode(node)));
      const decider = new ClassDecider(state, filters, scores, new Chance(seed));
      return Array.from({ length: 20 }, (_none, pod) => {
        const nodeName = decider.decide(aPod(3))?.nodeName;
        state.holdPod(`pod-${pod}`, aPod(3), nodeName ?? "");
        return nodeName;
      });
    };
    expect(new Set(chosen(1)).size).toBe(20);
    expect(chosen(1)).toEqual(chosen(1));
    expect(chosen(1)).not.toEqual(chosen(2));
  });
});

function requireEquallyGood(
  state: ClusterState,
  decider: ClassDecider,
  pod: PodInfo,
): string | undefined {
  const byScan = decide(pod, state.snapshot(), { filters, scores }, 0, () => 0);
  const byClass = decider.decide(pod);
  const totals = new Map(byScan.feasible.map(({ name, total }) => [name, total]));
  expect(byClass?.feasibleCount).toBe(byScan.feasible.length);
  expect(byClass?.refusals).toEqual(byScan.nodeName === undefined ? byScan.refusals : new Map());
  expect(totals.get(byClass?.nodeName ?? "")).toBe(totals.get(byScan.nodeName ?? ""));
  expect(byClass?.feasible[0]?.total).toBe(totals.get(byClass?.nodeName ?? ""));
  return byClass?.nodeName;
}

function aNode(number: number, isCordoned = false): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: `node-${number}` },
    spec: isCordoned ? { unschedulable: true } : {},
    status: { allocatable: { cpu: "2", memory: "4Gi", pods: "3" } },
  };
}

function aPod(size: number): PodInfo {
  const requests = { cpu: `${size * 300}m`, memory: `${size}Gi` };
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "pod", namespace: "default" },
    spec: { containers: [{ name: "main", image: "nginx", resources: { requests } }] },
  };
  return podInfoOf(pod.spec);
}
