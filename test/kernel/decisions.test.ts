import { describe, expect, test } from "vitest";
import { Chance } from "../../src/kernel/chance.ts";
import { DecisionLog } from "../../src/kernel/decision-log.ts";
import {
  type DecisionMap,
  Decisions,
  type DecisionSite,
  type Exploration,
  mergeDecisions,
} from "../../src/kernel/decisions.ts";

const site = (count: number, change: Partial<DecisionSite> = {}): DecisionSite => ({
  family: "delay",
  name: `api-1→scheduler/pods/#${count}`,
  max: 1_000,
  actor: "api-1→scheduler",
  atUs: count,
  ...change,
});

const exploring = (change: Partial<Exploration> = {}): Exploration => ({
  seed: 7,
  odds: { delay: { perMillion: 250_000, max: 40 } },
  isSwarm: false,
  untilUs: Infinity,
  ...change,
});

function decisionsOf(options: {
  readonly explore?: Exploration;
  readonly overrides?: DecisionMap;
  readonly log?: DecisionLog;
}): Decisions {
  return new Decisions({ chance: new Chance(options.explore?.seed ?? 0), ...options });
}

const first = (decisions: Decisions, count: number): readonly number[] =>
  Array.from({ length: count }, (_none, index) => decisions.read(site(index + 1)));

describe("decisions", () => {
  test("are the default, and nobody has to ask, when nothing is explored or overridden", () => {
    const decisions = decisionsOf({});
    expect(decisions.isLive("delay", "api-1→scheduler")).toBe(false);
    expect(first(decisions, 3)).toEqual([0, 0, 0]);
    expect(decisions.taken).toEqual({});
  });

  test("that are explored depart from the default about as often as the odds say, within them", () => {
    const values = first(decisionsOf({ explore: exploring() }), 4_000);
    const departures = values.filter((value) => value !== 0);
    expect(departures.length).toBeGreaterThan(900);
    expect(departures.length).toBeLessThan(1_100);
    expect(Math.min(...departures)).toBe(1);
    expect(Math.max(...departures)).toBe(40);
  });

  test("depend on seed and key alone, never on what else was asked", () => {
    const inOrder = first(decisionsOf({ explore: exploring() }), 50);
    const decisions = decisionsOf({ explore: exploring() });
    const backwards = Array.from({ length: 50 }, (_none, index) =>
      decisions.read(site(50 - index)),
    );
    expect(backwards.toReversed()).toEqual(inOrder);
    expect(first(decisionsOf({ explore: exploring({ seed: 8 }) }), 50)).not.toEqual(inOrder);
  });

  test("come out as a sparse map, and the same come out of a run that it is fed to", () => {
    const explored = decisionsOf({ explore: exploring() });
    const values = first(explored, 100);
    const { taken } = explored;
    expect(Object.keys(taken)).toEqual(Object.keys(taken).toSorted());
    expect(Object.values(taken)).not.toContain(0);

    const fed = decisionsOf({ overrides: JSON.parse(JSON.stringify(taken)) as DecisionMap });
    expect(first(fed, 100)).toEqual(values);
    expect(fed.taken).toEqual(taken);
  });

  test("that are overridden are not explored, not even back to the default", () => {
    const explore = exploring({ odds: { delay: { perMillion: 1_000_000, max: 40 } } });
    const key = "delay/api-1→scheduler/pods/#2";
    const [one, two, three] = first(decisionsOf({ explore, overrides: { [key]: 0 } }), 3);
    expect([one === 0, two, three === 0]).toEqual([false, 0, false]);
  });

  test("stay within their domain, whatever the override", () => {
    const overrides = { "delay/api-1→scheduler/pods/#1": 5_000 };
    expect(decisionsOf({ overrides }).read(site(1))).toBe(1_000);
  });

  test("are live for those that an override names", () => {
    const decisions = decisionsOf({ overrides: { "loss/api-1→scheduler/pods/#4": 1 } });
    expect(decisions.isLive("loss", "api-1→scheduler")).toBe(true);
    expect(decisions.isLive("loss", "api-1→sched")).toBe(false);
    expect(decisions.isLive("delay", "api-1→scheduler")).toBe(false);
  });

  test("are over by the end of exploration", () => {
    const explore = exploring({
      odds: { delay: { perMillion: 1_000_000, max: 40 } },
      untilUs: 1_000,
    });
    const decisions = decisionsOf({ explore });
    expect(decisions.read(site(959))).not.toBe(0);
    expect(decisions.read(site(960))).toBe(0);
    expect(decisions.read(site(950, { beginsByUs: 990 }))).toBe(0);
  });

  test("in a swarm are on for about half of the seeds, a family at a time", () => {
    const odds = {
      delay: { perMillion: 1_000_000, max: 40 },
      loss: { perMillion: 1_000_000, max: 1 },
    };
    const profiles = Array.from({ length: 40 }, (_none, seed) => {
      const decisions = decisionsOf({ explore: exploring({ seed, odds, isSwarm: true }) });
      return ["delay", "loss"].map((family) => decisions.isLive(family, "any")).join();
    });
    expect(new Set(profiles)).toEqual(
      new Set(["true,true", "true,false", "false,true", "false,false"]),
    );
  });

  test("of several threads are one map in order", () => {
    const merged = mergeDecisions([{ "loss/b": 1, "loss/d": 1 }, { "loss/a": 1 }, {}]);
    expect(Object.keys(merged)).toEqual(["loss/a", "loss/b", "loss/d"]);
  });
});

describe("a record of decisions", () => {
  const recorded = (): DecisionLog => {
    const log = new DecisionLog();
    first(decisionsOf({ explore: exploring(), log }), 20);
    return log;
  };

  test("holds every decision, those by default too, with who decided and when", () => {
    const { reads } = recorded();
    expect(reads).toHaveLength(20);
    expect(reads[2]).toMatchObject({
      atUs: 3,
      actor: "api-1→scheduler",
      key: "delay/api-1→scheduler/pods/#3",
    });
  });

  test("is repeated by a run that decides the same", () => {
    const log = new DecisionLog({ untilUs: 20, reads: recorded().reads });
    first(decisionsOf({ explore: exploring(), log }), 20);
    expect(() => log.requireSame()).not.toThrow();
  });

  test("tells the first difference of a run, with time, actor and key", () => {
    const { reads } = recorded();
    const others = [4, 7];
    const other = reads.map((read, index) =>
      others.includes(index) ? { ...read, value: 99 } : read,
    );
    const log = new DecisionLog({ untilUs: 20, reads: other });
    first(decisionsOf({ explore: exploring(), log }), 20);
    const read = reads[4];
    expect(() => log.requireSame()).toThrow(
      `api-1→scheduler left the recorded run at 5 µs: it read delay/api-1→scheduler/pods/#5 = ${read?.value} at 5 µs; recorded was delay/api-1→scheduler/pods/#5 = 99 at 5 µs`,
    );
  });

  test("ends a run that decides more than was recorded, but not after the record's end", () => {
    const { reads } = recorded();
    const held = new DecisionLog({ untilUs: 30, reads });
    first(decisionsOf({ explore: exploring(), log: held }), 21);
    expect(() => held.requireSame()).toThrow("nothing more");
    const free = new DecisionLog({ untilUs: 20, reads });
    first(decisionsOf({ explore: exploring(), log: free }), 21);
    expect(() => free.requireSame()).not.toThrow();
  });

  test("is kept actor by actor: how their decisions interleave does not matter", () => {
    const [a, b] = [site(1, { actor: "a", name: "a/#1" }), site(2, { actor: "b", name: "b/#1" })];
    const log = new DecisionLog();
    const recording = decisionsOf({ log });
    for (const one of [a, b]) recording.read(one);
    const held = new DecisionLog({ untilUs: 9, reads: log.reads });
    const repeating = decisionsOf({ log: held });
    for (const one of [b, a]) repeating.read(one);
    expect(() => held.requireSame()).not.toThrow();
  });
});
