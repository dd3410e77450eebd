import { describe, expect, test } from "vitest";
import type { Taint, Toleration } from "../../../../src/api/objects.ts";
import { fits, refuses } from "../../../../src/control-plane/scheduler/framework.ts";
import { taintToleration } from "../../../../src/control-plane/scheduler/plugins/taint-toleration.ts";
import { tolerates } from "../../../../src/control-plane/scheduler/tolerates.ts";
import { aNode, nodeInfo, podInfo } from "../node-and-pod.ts";

const gpu: Taint = { key: "gpu", value: "yes", effect: "NoSchedule" };

describe("a taint", () => {
  test.each<[Partial<Toleration>, boolean]>([
    [{ key: "gpu", operator: "Equal", value: "yes", effect: "NoSchedule" }, true],
    [{ key: "gpu", value: "yes" }, true],
    [{ key: "gpu", value: "no" }, false],
    [{ key: "gpu" }, false],
    [{ key: "gpu", operator: "Exists" }, true],
    [{ key: "gpu", operator: "Exists", effect: "NoExecute" }, false],
    [{ key: "cpu", operator: "Exists" }, false],
    [{ operator: "Exists" }, true],
    [{ operator: "Exists", effect: "NoSchedule" }, true],
    [{ operator: "Exists", effect: "PreferNoSchedule" }, false],
  ])("is tolerated by %j: %s", (toleration, expected) => {
    expect(tolerates([toleration], gpu)).toBe(expected);
  });

  test("is tolerated when any toleration does", () => {
    expect(tolerates(undefined, gpu)).toBe(false);
    expect(tolerates([], gpu)).toBe(false);
    expect(tolerates([{ key: "other" }, { key: "gpu", operator: "Exists" }], gpu)).toBe(true);
  });

  test("without a value equals one that is empty", () => {
    expect(tolerates([{ key: "a", value: "" }], { key: "a", effect: "NoSchedule" })).toBe(true);
    expect(tolerates([{ key: "a" }], { key: "a", value: "", effect: "NoSchedule" })).toBe(true);
  });
});

describe("TaintToleration", () => {
  const refused = refuses("node(s) had untolerated taint(s)");

  test.each([
    ["NoSchedule", refused],
    ["NoExecute", refused],
    ["PreferNoSchedule", fits],
  ] as const)("lets a pod onto a node with a taint of %s: %j", (effect, verdict) => {
    expect(taintToleration.filter(podInfo(), tainted({ key: "a", effect }))).toEqual(verdict);
  });

  test("wants every hard taint tolerated", () => {
    const node = tainted(gpu, { key: "b", effect: "NoExecute" });
    const one = { key: "gpu", operator: "Exists" } as const;

    expect(taintToleration.filter(podInfo({}, { tolerations: [one] }), node)).toEqual(refused);
    expect(
      taintToleration.filter(podInfo({}, { tolerations: [{ operator: "Exists" }] }), node),
    ).toEqual(fits);
  });

  test("prefers nodes with fewer taints that merely discourage", () => {
    const soft = (key: string): Taint => ({ key, effect: "PreferNoSchedule" });
    const pod = podInfo({}, { tolerations: [{ key: "a", operator: "Exists" }] });
    const nodes = [
      tainted(),
      tainted(soft("a")),
      tainted(soft("b")),
      tainted(soft("b"), soft("c"), soft("d")),
    ];

    const raw = nodes.map((node) => taintToleration.score(pod, node));

    expect(raw).toEqual([0, 0, 1, 3]);
    expect(taintToleration.normalize?.(raw)).toEqual([100, 100, 67, 0]);
    expect(taintToleration.normalize?.([0, 0])).toEqual([100, 100]);
  });

  test("weighs three, as upstream's default profile has it", () => {
    expect(taintToleration.weight).toBe(3);
  });
});

function tainted(...taints: readonly Taint[]) {
  return nodeInfo(aNode("n1", { spec: { taints } }));
}
