import { describe, expect, test } from "vitest";
import { fits, refuses } from "../../../../src/control-plane/scheduler/framework.ts";
import { nodeName } from "../../../../src/control-plane/scheduler/plugins/node-name.ts";
import { nodeUnschedulable } from "../../../../src/control-plane/scheduler/plugins/node-unschedulable.ts";
import { aNode, nodeInfo, podInfo } from "../node-and-pod.ts";

describe("NodeName", () => {
  test("lets a pod that names its node go there or nowhere", () => {
    const node = nodeInfo(aNode("n1"));

    expect(nodeName.filter(podInfo(), node)).toEqual(fits);
    expect(nodeName.filter(podInfo({}, { nodeName: "n1" }), node)).toEqual(fits);
    expect(nodeName.filter(podInfo({}, { nodeName: "n2" }), node)).toEqual(
      refuses("node(s) didn't match the requested node name"),
    );
  });
});

describe("NodeUnschedulable", () => {
  test("keeps pods off a cordoned node, unless they tolerate that", () => {
    const cordoned = nodeInfo(aNode("n1", { spec: { unschedulable: true } }));
    const key = "node.kubernetes.io/unschedulable";

    expect(nodeUnschedulable.filter(podInfo(), nodeInfo(aNode("n1")))).toEqual(fits);
    expect(nodeUnschedulable.filter(podInfo(), cordoned)).toEqual(
      refuses("node(s) were unschedulable"),
    );
    expect(
      nodeUnschedulable.filter(
        podInfo({}, { tolerations: [{ key, operator: "Exists" }] }),
        cordoned,
      ),
    ).toEqual(fits);
  });
});
