import { describe, expect, test } from "vitest";
import { crowdedStory } from "../cluster/stories.ts";
import { everything, everythingOfEtcd, storyUnderFaults } from "../cluster/explored-stories.ts";

describe("a run under faults", () => {
  test("has the same history on this thread and on one, two and four worker threads", async () => {
    const options = { seed: 3, explore: everything };
    const inline = await storyUnderFaults({ ...options, threads: 0 });
    expect(Object.keys(inline.decisions).length).toBeGreaterThan(50);
    for (const threads of [1, 2, 4]) {
      expect(await storyUnderFaults({ ...options, threads })).toEqual(inline);
    }
  });

  test("has the same history wherever it runs when its etcd fails, too", async () => {
    const simulatedEtcd = { fsyncUs: 300_000 };
    const options = { seed: 4, apiServers: 2, explore: everythingOfEtcd, simulatedEtcd };
    const inline = await storyUnderFaults({ ...options, threads: 0 });
    const families = Object.keys(inline.decisions).map((key) => key.split("/")[0]);
    expect(families).toEqual(expect.arrayContaining(["fsync", "leader", "compaction", "crash"]));
    for (const threads of [1, 2, 4]) {
      expect(await storyUnderFaults({ ...options, threads })).toEqual(inline);
    }
    const { explore: _explore, ...fed } = { ...options, decisions: inline.decisions };
    expect(await storyUnderFaults({ ...fed, threads: 2 })).toEqual(inline);
  });

  test("has the same history wherever it runs while kubelets change servers, whatever the seed", async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const etcd = { simulatedEtcd: { fsyncUs: 300_000 }, explore: everythingOfEtcd };
      const more = seed % 2 === 0 ? etcd : { explore: everything };
      const options = { seed, apiServers: 2 + (seed % 2), ...more };
      const inline = await storyUnderFaults({ ...options, threads: 0 });
      expect(await storyUnderFaults({ ...options, threads: 2 }), `seed ${seed}`).toEqual(inline);
    }
  });

  test.each([1, 250_000])(
    "has the same history wherever it runs when kubelets are %d µs away",
    async (kubeletLatencyUs) => {
      const options = { seed: 8, explore: everything, kubeletLatencyUs };
      const inline = await storyUnderFaults({ ...options, threads: 0 });
      expect(await storyUnderFaults({ ...options, threads: 3 })).toEqual(inline);
    },
  );

  test("has the same history wherever it runs with many pods on forty nodes", async () => {
    const odds = { perMillion: 30_000, maxUs: 5_000_000 };
    const explore = {
      loss: { perMillion: 2_000 },
      delay: odds,
      duplicate: odds,
      reorder: { perMillion: 1_000, maxUs: 100_000 },
      partition: odds,
      crash: odds,
      pause: odds,
      slow: odds,
      clock: odds,
    };
    const inline = await crowdedStory({ threads: 0, seed: 2, explore });
    expect(await crowdedStory({ threads: 4, seed: 2, explore })).toEqual(inline);
  });

  test("is repeated on worker threads by its sparse map", async () => {
    const explored = await storyUnderFaults({ seed: 5, explore: everything, threads: 0 });
    const { decisions } = explored;
    expect(await storyUnderFaults({ seed: 5, decisions, threads: 2 })).toEqual(explored);
  });
});
