import { describe, expect, test } from "vitest";
import { fits, refuses } from "../../../../src/control-plane/scheduler/framework.ts";
import { nodeResourcesFit } from "../../../../src/control-plane/scheduler/plugins/node-resources-fit.ts";
import { aNode, nodeInfo, podInfo } from "../node-and-pod.ts";

describe("room on a node", () => {
  test("is what its pods leave of what it can give", () => {
    const node = nodeInfo(aNode("n1"), { cpu: "3", memory: "6Gi" });

    expect(nodeResourcesFit.filter(podInfo({ cpu: "1", memory: "2Gi" }), node)).toEqual(fits);
    expect(nodeResourcesFit.filter(podInfo({ cpu: "1001m" }), node)).toEqual(
      refuses("Insufficient cpu"),
    );
    expect(nodeResourcesFit.filter(podInfo({ memory: "2049Mi" }), node)).toEqual(
      refuses("Insufficient memory"),
    );
  });

  test("names every resource that is short, so that one event tells the whole story", () => {
    const allocatable = { pods: "1", "ephemeral-storage": "1Gi", "example.com/gpu": "1" };
    const node = nodeInfo(aNode("n1", { allocatable }), {});
    const pod = podInfo({
      cpu: "5",
      memory: "9Gi",
      "ephemeral-storage": "2Gi",
      "example.com/gpu": "2",
      "example.com/fpga": "1",
    });

    expect(nodeResourcesFit.filter(pod, node)).toEqual(
      refuses(
        "Too many pods",
        "Insufficient cpu",
        "Insufficient memory",
        "Insufficient ephemeral-storage",
        "Insufficient example.com/gpu",
        "Insufficient example.com/fpga",
      ),
    );
  });

  test("is no question for what a pod does not ask for, even on a node that is over-full", () => {
    const node = nodeInfo(aNode("n1", { allocatable: { cpu: "1" } }), { cpu: "2" });

    expect(nodeResourcesFit.filter(podInfo({ memory: "1Gi" }), node)).toEqual(fits);
    expect(nodeResourcesFit.filter(podInfo({ cpu: "1m" }), node)).toEqual(
      refuses("Insufficient cpu"),
    );
  });

  test("is there to the last bit", () => {
    expect(
      nodeResourcesFit.filter(podInfo({ cpu: "4", memory: "8Gi" }), nodeInfo(aNode("n1"))),
    ).toEqual(fits);
  });

  test("counts pods of the node, also those that ask for nothing", () => {
    const node = nodeInfo(aNode("n1", { allocatable: { pods: "2" } }), {}, {});

    expect(nodeResourcesFit.filter(podInfo(), node)).toEqual(refuses("Too many pods"));
  });
});

describe("the score of a node", () => {
  test("is the mean of what would be left of its CPUs and of its memory, in percent", () => {
    // 1 of 4 CPUs leaves 75, 4 of 8 GiB leave 50.
    expect(
      nodeResourcesFit.score(podInfo({ cpu: "1", memory: "4Gi" }), nodeInfo(aNode("n1"))),
    ).toBe(62);
    // With the pods that are there: 2 of 4 leave 50, 6 of 8 leave 25.
    expect(
      nodeResourcesFit.score(
        podInfo({ cpu: "1", memory: "4Gi" }),
        nodeInfo(aNode("n1"), { cpu: "1", memory: "2Gi" }),
      ),
    ).toBe(37);
  });

  test("takes a pod that asks for nothing for a small one", () => {
    // 100m of 4 CPUs leaves 97.5, 200 MB of 8 GiB leave 97.6.
    expect(nodeResourcesFit.score(podInfo(), nodeInfo(aNode("n1")))).toBe(97);
    expect(nodeResourcesFit.score(podInfo(), nodeInfo(aNode("n1"), {}, {}, {}, {}, {}))).toBe(85);
  });

  test("is nothing for what is over-full", () => {
    const node = nodeInfo(aNode("n1", { allocatable: { cpu: "1" } }), { cpu: "2" });

    expect(nodeResourcesFit.score(podInfo({ memory: "4Gi" }), node)).toBe(23);
  });

  test("leaves out a resource that the node does not have", () => {
    const node = nodeInfo(aNode("n1", { allocatable: { cpu: "0" } }));

    expect(nodeResourcesFit.score(podInfo({ memory: "4Gi" }), node)).toBe(50);
  });
});
