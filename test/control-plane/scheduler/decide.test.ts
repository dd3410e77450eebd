import { describe, expect, test } from "vitest";
import { decide, feasibleNodesToFind } from "../../../src/control-plane/scheduler/decide.ts";
import {
  type FilterPlugin,
  fits,
  type NodeInfo,
  refuses,
  type ScorePlugin,
} from "../../../src/control-plane/scheduler/framework.ts";
import { aNode, nodeInfo, podInfo } from "./node-and-pod.ts";

const first = (): number => 0;

describe("a decision", () => {
  test("asks the filters in order, and none after the first that refuses", () => {
    const asked: string[] = [];
    const filters = [
      filter("a", (name) => (asked.push(`a ${name}`), name === "n1" ? ["no n1"] : [])),
      filter("b", (name) => (asked.push(`b ${name}`), name === "n2" ? ["no n2", "really"] : [])),
      filter("c", (name) => (asked.push(`c ${name}`), [])),
    ];

    const { nodeName, refusals, evaluated, feasibleCount } = decided(3, { filters });

    expect(asked).toEqual(["a n1", "a n2", "b n2", "a n3", "b n3", "c n3"]);
    expect([...refusals]).toEqual([
      ["no n1", 1],
      ["no n2", 1],
      ["really", 1],
    ]);
    expect([nodeName, evaluated, feasibleCount]).toEqual(["n3", 3, 1]);
  });

  test("counts how many nodes each reason keeps out", () => {
    const filters = [filter("a", (name) => (name === "n2" ? ["other"] : ["full"]))];

    const { nodeName, refusals, best } = decided(4, { filters });

    expect(nodeName).toBeUndefined();
    expect(best).toBe(0);
    expect(Object.fromEntries(refusals)).toEqual({ full: 3, other: 1 });
  });

  test("adds up the scores of the plugins, each with its weight", () => {
    const scores = [
      score("size", 1, { n1: 10, n2: 50, n3: 90 }),
      score("taste", 3, { n1: 40, n2: 30, n3: 5 }),
    ];

    const { nodeName, feasible } = decided(3, { scores });

    expect(feasible).toEqual([
      { name: "n1", total: 130, byPlugin: { size: 10, taste: 120 } },
      { name: "n2", total: 140, byPlugin: { size: 50, taste: 90 } },
      { name: "n3", total: 105, byPlugin: { size: 90, taste: 15 } },
    ]);
    expect(nodeName).toBe("n2");
  });

  test("lets a plugin compare the nodes that are left before it weighs them", () => {
    const filters = [filter("a", (name) => (name === "n3" ? ["no"] : []))];
    const compared: (readonly number[])[] = [];
    const plugin: ScorePlugin = {
      ...score("rank", 2, { n1: 4, n2: 8, n3: 100 }),
      normalize: (raw) => (
        compared.push(raw),
        raw.map((value) => (value * 100) / Math.max(...raw))
      ),
    };

    const { feasible } = decided(3, { filters, scores: [plugin] });

    expect(compared).toEqual([[4, 8]]);
    expect(feasible.map(({ total }) => total)).toEqual([100, 200]);
  });

  test("lets chance choose among the best alone, and only when there are several", () => {
    const scores = [score("size", 1, { n1: 5, n2: 9, n3: 9, n4: 9 })];
    const asked: number[] = [];
    const choose = (count: number): number => {
      asked.push(count);
      return 2;
    };

    expect(decided(4, { scores }, choose)).toMatchObject({ nodeName: "n4", best: 3 });
    expect(decided(2, { scores }, choose)).toMatchObject({ nodeName: "n2", best: 1 });
    expect(asked).toEqual([3]);
  });

  test("of no nodes is none", () => {
    expect(decided(0, {})).toMatchObject({ nodeName: undefined, evaluated: 0, nextStart: 0 });
  });

  test("starts where the one before ended, and goes round", () => {
    const asked: string[] = [];
    const filters = [filter("a", (name) => (asked.push(name), []))];

    const { nextStart } = decide(podInfo(), nodes(4), { filters, scores: [] }, 3, first);

    expect(asked).toEqual(["n4", "n1", "n2", "n3"]);
    expect(nextStart).toBe(3);
  });

  test("in a big cluster stops when enough nodes fit, and the next goes on from there", () => {
    const { evaluated, feasibleCount, nextStart } = decided(300, {});

    expect([evaluated, feasibleCount, nextStart]).toEqual([144, 144, 144]);

    const filters = [filter("odd", (name) => (Number(name.slice(1)) % 2 === 1 ? ["odd"] : []))];
    const rarer = decide(podInfo(), nodes(300), { filters, scores: [] }, 200, first);
    expect([rarer.evaluated, rarer.feasibleCount, rarer.nextStart]).toEqual([288, 144, 188]);
  });
});

describe("the number of nodes that are enough", () => {
  test.each([
    [0, 0],
    [10, 10],
    [99, 99],
    [100, 100],
    [200, 100],
    [250, 120],
    [1_000, 420],
    [5_000, 500],
    [5_625, 281],
    [6_000, 300],
    [15_000, 750],
  ])("of %d is %d, as upstream computes it", (all, enough) => {
    expect(feasibleNodesToFind(all)).toBe(enough);
  });
});

function decided(
  count: number,
  plugins: { readonly filters?: readonly FilterPlugin[]; readonly scores?: readonly ScorePlugin[] },
  choose: (count: number) => number = first,
) {
  const { filters = [], scores = [] } = plugins;
  return decide(podInfo(), nodes(count), { filters, scores }, 0, choose);
}

function nodes(count: number): NodeInfo[] {
  return Array.from({ length: count }, (_none, index) => nodeInfo(aNode(`n${index + 1}`)));
}

function filter(name: string, reasonsOf: (node: string) => readonly string[]): FilterPlugin {
  return {
    name,
    filter: (_pod, node) => {
      const reasons = reasonsOf(node.name);
      return reasons.length === 0 ? fits : refuses(...reasons);
    },
  };
}

function score(
  name: string,
  weight: number,
  byNode: Readonly<Record<string, number>>,
): ScorePlugin {
  return { name, weight, score: (_pod, node) => byNode[node.name] ?? 0 };
}
