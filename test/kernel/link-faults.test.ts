import { describe, expect, test } from "vitest";
import { Chance } from "../../src/kernel/chance.ts";
import { type DecisionMap, Decisions, type Exploration } from "../../src/kernel/decisions.ts";
import { isNamed, type LinkFault } from "../../src/kernel/faults.ts";
import { Link } from "../../src/kernel/link.ts";
import { Network } from "../../src/kernel/network.ts";
import { Timeline } from "../../src/kernel/timeline.ts";

const api = { id: 2, name: "api-1" };
const kubelet = { id: 1_000, name: "kubelet:node-3" };
const latencyUs = 10;

/** A link from the API server to a kubelet, and what arrives when. */
function aLink(
  environment: {
    readonly faults?: readonly LinkFault[];
    readonly overrides?: DecisionMap;
    readonly explore?: Exploration;
  } = {},
) {
  const { faults = [], ...rest } = environment;
  const timeline = new Timeline(1_000);
  const decisions = new Decisions({ chance: new Chance(5), ...rest });
  const network = new Network(decisions, faults, 1_000);
  const arrived: string[] = [];
  const open = (from: typeof api, to: typeof api): Link =>
    new Link(timeline, from, to, latencyUs, network.between(from.name, to.name));
  const down = open(api, kubelet);
  const up = open(kubelet, api);
  /** Sends a message `atUs` after the start. */
  const send = (
    link: Link,
    atUs: number,
    text: string,
    stream = "pods",
    isOrdered = true,
  ): void => {
    timeline.setTimer(link.from, atUs, () => {
      link.send(() => arrived.push(`${timeline.nowUs - 1_000} ${text}`), stream, isOrdered);
    });
  };
  const run = (): readonly string[] => {
    timeline.runBefore(Infinity);
    return arrived;
  };
  return { down, up, send, run, decisions };
}

const between = ["api-1", "kubelet:node-3"] as const;

describe("messages of several senders that are due at the same time", () => {
  /** Sends one of each of these at once, to the API server. */
  function tied(overrides: DecisionMap, isOrdered = true): readonly string[] {
    const timeline = new Timeline(1_000);
    const decisions = new Decisions({ chance: new Chance(5), overrides });
    const network = new Network(decisions, [], 1_000);
    const arrived: string[] = [];
    for (const [index, name] of ["scheduler", "kcm:a", "kcm:b"].entries()) {
      const from = { id: 10 + index, name };
      const link = new Link(timeline, from, api, latencyUs, network.between(name, api.name));
      for (const number of [1, 2]) {
        link.send(() => arrived.push(`${name} ${number}`), "pods", isOrdered);
      }
    }
    timeline.runBefore(Infinity);
    return arrived;
  }

  test("come in the order of their senders when nothing is decided", () => {
    const all = ["scheduler 1", "scheduler 2", "kcm:a 1", "kcm:a 2", "kcm:b 1", "kcm:b 2"];
    expect(tied({})).toEqual(all);
  });

  test("come otherwise when that is decided, and what is in order stays so", () => {
    expect(tied({ "tie/scheduler→api-1/pods/#1": 2, "tie/kcm:a→api-1/pods/#1": 1 })).toEqual([
      "kcm:b 1",
      "kcm:b 2",
      "kcm:a 1",
      "kcm:a 2",
      "scheduler 1",
      "scheduler 2",
    ]);
    // It goes with the one before it.
    expect(tied({ "tie/scheduler→api-1/pods/#2": 2 })).toEqual(tied({}));
  });

  test("overtake each other where there is no order", () => {
    const overtaken = tied({ "tie/scheduler→api-1/pods/#1": 2 }, false);
    expect([overtaken[0], overtaken.at(-1)]).toEqual(["scheduler 2", "scheduler 1"]);
  });
});

describe("a link whose faults are decided", () => {
  test("delivers as one that never fails when nothing is decided", () => {
    const { down, send, run } = aLink();
    send(down, 0, "a");
    send(down, 5, "b");
    expect(run()).toEqual(["10 a", "15 b"]);
  });

  test("loses the message that a decision names, and no other", () => {
    const { down, send, run } = aLink({ overrides: { "loss/api-1→kubelet:node-3/pods/#2": 1 } });
    for (const [at, text] of ["a", "b", "c"].entries()) send(down, at, text);
    expect(run()).toEqual(["10 a", "12 c"]);
  });

  test("keeps the order of a stream in which one is late, and lets other streams overtake", () => {
    const { down, send, run } = aLink({ overrides: { "delay/api-1→kubelet:node-3/pods/#1": 90 } });
    send(down, 0, "pod");
    send(down, 1, "next pod");
    send(down, 2, "node", "nodes");
    expect(run()).toEqual(["12 node", "100 pod", "100 next pod"]);
  });

  test("lets messages of a stream without an order overtake each other", () => {
    const { down, send, run } = aLink({ overrides: { "delay/api-1→kubelet:node-3/pods/#1": 90 } });
    send(down, 0, "one", "pods", false);
    send(down, 1, "other", "pods", false);
    expect(run()).toEqual(["11 other", "100 one"]);
  });

  test("lets messages of an ordered stream overtake only when asked", () => {
    const overrides = { "reorder/api-1→kubelet:node-3/pods/#1": 90 };
    const { down, send, run } = aLink({ overrides });
    send(down, 0, "pod");
    send(down, 1, "next pod");
    expect(run()).toEqual(["11 next pod", "100 pod"]);
  });

  test("delivers twice: at once in an ordered stream, later otherwise", () => {
    const overrides = {
      "duplicate/api-1→kubelet:node-3/pods/#1": 50,
      "duplicate/api-1→kubelet:node-3/leases/#1": 50,
    };
    const { down, send, run } = aLink({ overrides });
    send(down, 0, "pod");
    send(down, 1, "next pod");
    send(down, 2, "lease", "leases", false);
    expect(run()).toEqual(["10 pod", "10 pod", "11 next pod", "12 lease", "62 lease"]);
  });

  test("never delivers early, and comes to the same with the sparse map of what was explored", () => {
    const odds = Object.fromEntries(
      ["loss", "delay", "duplicate", "reorder"].map((family) => [
        family,
        { perMillion: 300_000, max: 40 },
      ]),
    );
    const explore = { seed: 5, odds, isSwarm: false, untilUs: Infinity };
    const play = (environment: Parameters<typeof aLink>[0]) => {
      const { down, up, send, run, decisions } = aLink(environment);
      for (let at = 0; at < 60; at++) send(at % 3 === 0 ? up : down, at, `${at}`);
      return { arrived: run(), taken: decisions.taken };
    };
    const explored = play({ explore });
    expect(explored.arrived.length).not.toBe(60);
    for (const line of explored.arrived) {
      const [atUs = 0, sentUs = 0] = line.split(" ").map(Number);
      expect(atUs).toBeGreaterThanOrEqual(sentUs + latencyUs);
    }
    expect(play({ overrides: explored.taken })).toEqual(explored);
  });
});

describe("a link with scheduled faults", () => {
  test("carries nothing either way while it is partitioned, and everything after", () => {
    const { down, up, send, run } = aLink({
      faults: [{ atUs: 10, kind: "partition", between, forUs: 20 }],
    });
    for (const at of [9, 10, 29, 30]) {
      send(down, at, `down ${at}`);
      send(up, at, `up ${at}`);
    }
    expect(run().toSorted()).toEqual(["19 down 9", "19 up 9", "40 down 30", "40 up 30"]);
  });

  test("is partitioned one way only when asked, until it is repaired", () => {
    const { down, up, send, run } = aLink({
      faults: [
        { atUs: 10, kind: "partition", between, oneWay: true },
        { atUs: 30, kind: "repair", between: ["*", "*"] },
      ],
    });
    for (const at of [20, 40]) {
      send(down, at, `down ${at}`);
      send(up, at, `up ${at}`);
    }
    expect(run()).toEqual(["30 up 20", "50 up 40", "50 down 40"]);
  });

  test("holds messages until they are released, in order", () => {
    const { down, send, run } = aLink({
      faults: [
        { atUs: 10, kind: "hold", between: ["kubelet:*", "api-1"] },
        { atUs: 100, kind: "release", between: ["kubelet:*", "api-1"] },
      ],
    });
    for (const at of [9, 20, 50, 100]) send(down, at, `${at}`);
    expect(run()).toEqual(["19 9", "110 20", "110 50", "110 100"]);
  });

  test("is slower for a while", () => {
    const { down, send, run } = aLink({
      faults: [{ atUs: 10, kind: "delay", between, extraUs: 25, forUs: 10 }],
    });
    for (const at of [9, 15, 50]) send(down, at, `${at}`);
    expect(run()).toEqual(["19 9", "50 15", "60 50"]);
  });

  test.each([
    ["delay", { kind: "delay", extraUs: 25, forUs: 10 }, ["25 nodes", "50 pods"]],
    ["hold", { kind: "hold", forUs: 90 }, ["25 nodes", "110 pods"]],
    ["partition", { kind: "partition", forUs: 90 }, ["25 nodes"]],
  ] as const)("can have a %s of one stream alone", (_kind, fault, expected) => {
    const { down, send, run } = aLink({
      faults: [{ atUs: 10, between, stream: "pods", ...fault }],
    });
    for (const stream of ["pods", "nodes"]) send(down, 15, stream, stream);
    expect(run()).toEqual(expected);
  });

  test("is left alone by the faults of others", () => {
    const { down, send, run } = aLink({
      faults: [{ atUs: 0, kind: "partition", between: ["api-1", "kubelet:node-30"] }],
    });
    send(down, 1, "a");
    expect(run()).toEqual(["11 a"]);
  });
});

describe("explored partitions", () => {
  test("cut both directions at once, for as long as the decision says", () => {
    const second = 1_000_000;
    const key = "partition/api-1↔kubelet:node-3/#1";
    const { down, up, send, run } = aLink({
      overrides: { [key]: 30 * second, [`${key}/at`]: 5 * second },
    });
    for (const at of [14, 15, 44, 45]) {
      send(down, at * second, `down ${at}`);
      send(up, at * second, `up ${at}`);
    }
    expect(run().map((line) => line.slice(line.indexOf(" ") + 1))).toEqual([
      "up 14",
      "down 14",
      "up 45",
      "down 45",
    ]);
  });
});

test.each([
  ["scheduler", "scheduler", true],
  ["scheduler", "scheduler-2", false],
  ["kubelet:*", "kubelet:node-3", true],
  ["kubelet:*-3", "kubelet:node-3", true],
  ["k*:*-3", "kubelet:node-3", true],
  ["kcm:*", "kubelet:node-3", false],
  ["*", "api-1", true],
  ["ab*ba", "aba", false],
])("the pattern %s and the name %s", (pattern, name, expected) => {
  expect(isNamed(pattern, name)).toBe(expected);
});
