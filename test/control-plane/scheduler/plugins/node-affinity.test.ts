import { describe, expect, test } from "vitest";
import type { NodeSelectorTerm } from "../../../../src/api/objects.ts";
import { fits, refuses } from "../../../../src/control-plane/scheduler/framework.ts";
import { nodeAffinity } from "../../../../src/control-plane/scheduler/plugins/node-affinity.ts";
import { aNode, nodeInfo, podInfo } from "../node-and-pod.ts";

const labels = { zone: "b", disk: "ssd", cores: "16", odd: "x16" };
const node = nodeInfo(aNode("n1", { labels }));
const refused = refuses("node(s) didn't match Pod's node affinity/selector");
const elsewhere = refuses("node(s) didn't satisfy plugin(s) [NodeAffinity]");

describe("a node selector", () => {
  test.each([
    [{}, fits],
    [{ zone: "b" }, fits],
    [{ zone: "b", disk: "ssd" }, fits],
    [{ zone: "a" }, refused],
    [{ zone: "b", disk: "hdd" }, refused],
    [{ nosuch: "" }, refused],
    [{ constructor: "" }, refused],
  ])("of %j: %j", (nodeSelector, verdict) => {
    expect(nodeAffinity.filter(podInfo({}, { nodeSelector }), node)).toEqual(verdict);
  });

  test("that is not there lets a pod go anywhere", () => {
    expect(nodeAffinity.filter(podInfo(), node)).toEqual(fits);
    expect(nodeAffinity.filter(podInfo({}, { affinity: {} }), node)).toEqual(fits);
    expect(nodeAffinity.filter(podInfo({}, { affinity: { nodeAffinity: {} } }), node)).toEqual(
      fits,
    );
  });
});

describe("a required term", () => {
  test.each([
    ["zone", "In", ["a", "b"], fits],
    ["zone", "In", ["a", "c"], refused],
    ["nosuch", "In", ["a"], refused],
    ["zone", "NotIn", ["a"], fits],
    ["zone", "NotIn", ["a", "b"], refused],
    ["nosuch", "NotIn", ["a"], fits],
    ["disk", "Exists", [], fits],
    ["nosuch", "Exists", [], refused],
    ["nosuch", "DoesNotExist", [], fits],
    ["disk", "DoesNotExist", [], refused],
    ["cores", "Gt", ["15"], fits],
    ["cores", "Gt", ["16"], refused],
    ["cores", "Lt", ["17"], fits],
    ["cores", "Lt", ["16"], refused],
    ["odd", "Gt", ["1"], refused],
    ["odd", "Lt", ["99"], refused],
    ["nosuch", "Gt", ["1"], refused],
  ] as const)("that %s %s %j: %j", (key, operator, values, verdict) => {
    expect(required([{ matchExpressions: [{ key, operator, values }] }])).toEqual(verdict);
  });

  test.each([
    ["zone", "In", []],
    ["nosuch", "NotIn", []],
    ["zone", "Exists", ["b"]],
    ["nosuch", "DoesNotExist", ["b"]],
    ["cores", "Gt", []],
    ["cores", "Gt", ["1", "2"]],
    ["cores", "Gt", ["x"]],
    ["zone", "Near" as "In", ["b"]],
  ] as const)("that makes no sense matches nothing: %s %s %j", (key, operator, values) => {
    expect(required([{ matchExpressions: [{ key, operator, values }] }])).toEqual(refused);
  });

  test("holds when all of its conditions hold", () => {
    const inZoneB = { key: "zone", operator: "In", values: ["b"] } as const;
    const onHdd = { key: "disk", operator: "In", values: ["hdd"] } as const;

    expect(required([{ matchExpressions: [inZoneB] }])).toEqual(fits);
    expect(required([{ matchExpressions: [inZoneB, onHdd] }])).toEqual(refused);
  });

  test("is one of several ways to match", () => {
    const nowhere = { matchExpressions: [{ key: "nosuch", operator: "Exists" }] } as const;
    const somewhere = { matchExpressions: [{ key: "zone", operator: "Exists" }] } as const;

    expect(required([nowhere, somewhere])).toEqual(fits);
    expect(required([nowhere])).toEqual(refused);
    expect(required([])).toEqual(refused);
  });

  test("without conditions matches nothing", () => {
    expect(required([{}])).toEqual(refused);
    expect(required([{ matchExpressions: [], matchFields: [] }])).toEqual(refused);
  });

  test("and a node selector must both hold", () => {
    const affinity = { matchExpressions: [{ key: "zone", operator: "Exists" }] } as const;

    expect(required([affinity], { zone: "b" })).toEqual(fits);
    expect(required([affinity], { zone: "a" })).toEqual(refused);
  });
});

describe("a term that names nodes", () => {
  const named = (operator: "In" | "NotIn", ...values: readonly string[]) => ({
    key: "metadata.name",
    operator,
    values,
  });

  test("keeps the pod off all others, as a node that never came into question", () => {
    expect(required([{ matchFields: [named("In", "n1")] }])).toEqual(fits);
    expect(required([{ matchFields: [named("In", "n2")] }])).toEqual(elsewhere);
    expect(
      required([{ matchFields: [named("In", "n2")] }, { matchFields: [named("In", "n1")] }]),
    ).toEqual(fits);
  });

  test("may still be refused for the labels it asks for besides", () => {
    const matchExpressions = [{ key: "zone", operator: "In", values: ["a"] }] as const;

    expect(required([{ matchFields: [named("In", "n1")], matchExpressions }])).toEqual(refused);
  });

  test("is one way among others that name none", () => {
    const inZoneA = { matchExpressions: [{ key: "zone", operator: "In", values: ["a"] }] } as const;

    expect(required([{ matchFields: [named("In", "n2")] }, inZoneA])).toEqual(refused);
  });

  test("may name those it does not want", () => {
    expect(required([{ matchFields: [named("NotIn", "n2")] }])).toEqual(fits);
    expect(required([{ matchFields: [named("NotIn", "n1")] }])).toEqual(refused);
  });

  test("that contradicts itself matches nothing", () => {
    const both = [named("In", "n1"), named("In", "n2")];

    expect(required([{ matchFields: both }])).toEqual(refused);
    expect(required([{ matchFields: [named("In", "n1", "n2")] }])).toEqual(refused);
  });
});

function required(
  nodeSelectorTerms: readonly NodeSelectorTerm[],
  nodeSelector: Readonly<Record<string, string>> = {},
) {
  const requiredDuringSchedulingIgnoredDuringExecution = { nodeSelectorTerms };
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution } };
  return nodeAffinity.filter(podInfo({}, { affinity, nodeSelector }), node);
}
