import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { everythingOfEtcd, storyUnderFaults, wanted, wantedSandboxes } from "./explored-stories.ts";

const checked = { checksStore: true };

describe("a run that explores the faults of a simulated etcd, too,", { timeout: 60_000 }, () => {
  test("breaks none of etcd's promises, and recovers once they are over, whatever the seed", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.constantFrom(2_000, 500_000),
        async (seed, fsyncUs) => {
          const explore = { ...everythingOfEtcd, swarm: true };
          const options = { threads: 0, seed, explore, simulatedEtcd: { fsyncUs } };
          const { pods, sandboxes } = await storyUnderFaults(options, checked);
          expect({ pods, sandboxes }).toEqual({ pods: wanted, sandboxes: wantedSandboxes });
        },
      ),
      { seed: 5, numRuns: 24 },
    );
  });

  test("breaks none of them on several API servers either, and no kubelet forgets a pod over a stale list", async () => {
    for (const [seed, apiServers] of [
      [1, 3],
      [2, 3],
      [3, 3],
      [5, 3],
      [16, 2],
    ] as const) {
      const options = { threads: 0, seed, apiServers, explore: everythingOfEtcd };
      const story = await storyUnderFaults({ ...options, simulatedEtcd: true }, checked);
      const { pods, sandboxes } = story;
      expect({ pods, sandboxes }).toEqual({ pods: wanted, sandboxes: wantedSandboxes });
    }
  });

  test("takes decisions of every kind, and its sparse map alone gives the same history", async () => {
    const families = new Set<string>();
    for (const seed of [1, 2, 4, 5, 8, 17]) {
      const etcd = { fsyncUs: 700_000, unsafeNoFsync: seed % 2 === 0 };
      const options = { threads: 0, seed, simulatedEtcd: etcd };
      const explored = await storyUnderFaults({ ...options, explore: everythingOfEtcd });
      for (const key of Object.keys(explored.decisions)) families.add(key.split("/")[0] ?? "");
      const decisions = JSON.parse(JSON.stringify(explored.decisions)) as Record<string, number>;
      expect(await storyUnderFaults({ ...options, decisions })).toEqual(explored);
    }
    const { untilUs: _untilUs, ...odds } = everythingOfEtcd;
    expect([...families].toSorted()).toEqual(Object.keys(odds).toSorted());
  });

  test("is like one that explores nothing when the odds are nil", async () => {
    const nil = { perMillion: 0, maxUs: 1 };
    const explore = { fsync: nil, leader: nil, unsynced: nil, compaction: nil };
    const plain = await storyUnderFaults({ threads: 0, simulatedEtcd: true });
    expect(await storyUnderFaults({ threads: 0, simulatedEtcd: true, explore })).toEqual(plain);
    expect(plain.decisions).toEqual({});
    expect(plain.pods).toEqual(wanted);
    expect(plain.sandboxes).toEqual(wantedSandboxes);
  });
});
