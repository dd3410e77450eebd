import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { everything, storyUnderFaults, wanted, wantedSandboxes } from "./explored-stories.ts";

describe("a run that explores faults", { timeout: 60_000 }, () => {
  test("has the same history every time, and another one with another seed", async () => {
    const [one, other] = [
      await storyUnderFaults({ threads: 0, seed: 11, explore: everything }),
      await storyUnderFaults({ threads: 0, seed: 11, explore: everything }),
    ];
    expect(other).toEqual(one);
    const apart = await storyUnderFaults({
      threads: 0,
      seed: 11,
      explore: { ...everything, seed: 12 },
    });
    expect(apart.decisions).not.toEqual(one.decisions);
    expect(apart.outcome.traceHash).not.toBe(one.outcome.traceHash);
  });

  test("takes decisions of every kind, and its sparse map alone gives the same history", async () => {
    const families = new Set<string>();
    for (const seed of [1, 2, 3]) {
      const explored = await storyUnderFaults({ threads: 0, seed, explore: everything });
      for (const key of Object.keys(explored.decisions)) families.add(key.split("/")[0] ?? "");
      const decisions = JSON.parse(JSON.stringify(explored.decisions)) as Record<string, number>;
      const fed = await storyUnderFaults({ threads: 0, seed, decisions });
      expect(fed).toEqual(explored);
    }
    const { untilUs: _untilUs, ...odds } = everything;
    expect([...families].toSorted()).toEqual(Object.keys(odds).toSorted());
  });

  test("orders what is due at once otherwise, and can be told to do so again", async () => {
    const plain = await storyUnderFaults({ threads: 0 });
    const explore = { tie: { perMillion: 500_000 } };
    const explored = await storyUnderFaults({ threads: 0, explore });
    const { decisions } = explored;
    expect(explored.outcome.traceHash).not.toBe(plain.outcome.traceHash);
    expect(explored.pods).toEqual(plain.pods);
    expect(await storyUnderFaults({ threads: 0, decisions })).toEqual(explored);
    // A few of them alone make a difference.
    const few = Object.fromEntries(
      Object.entries(decisions).filter(([key]) => key.startsWith("tie/scheduler→api-1/")),
    );
    expect(Object.keys(few).length).toBeGreaterThan(3);
    expect((await storyUnderFaults({ threads: 0, decisions: few })).decisions).toEqual(few);
  });

  test("recovers once the faults are over, whatever the seed", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
        const explore = { ...everything, swarm: true };
        const { pods, sandboxes } = await storyUnderFaults({ threads: 0, seed, explore });
        expect({ pods, sandboxes }).toEqual({ pods: wanted, sandboxes: wantedSandboxes });
      }),
      { seed: 4, numRuns: 25 },
    );
  });

  test("is like one that explores nothing when the odds are nil", async () => {
    const nil = { perMillion: 0, maxUs: 1 };
    const explore = { loss: nil, delay: nil, crash: nil, partition: nil };
    const plain = await storyUnderFaults({ threads: 0 });
    expect(await storyUnderFaults({ threads: 0, explore })).toEqual(plain);
    expect(plain.decisions).toEqual({});
    expect(plain.pods).toEqual(wanted);
    expect(plain.sandboxes).toEqual(wantedSandboxes);
  });
});
