import { describe, expect, test } from "vitest";
import { simulatePodLife } from "../../src/cluster/pod-life.ts";
import { RunError } from "../../src/cluster/run-error.ts";
import { sweepPodLives } from "../../src/cluster/sweep.ts";
import { withPreloaded } from "./preloaded.ts";
import { type Sabotage, withSabotage } from "./sabotage.ts";

/** What a sweep over seeds 5, 6 and 7 comes to when the kubelet of node-2 does this. */
function sweep(deed: Sabotage["deed"], deadlineMs = 60_000): Promise<unknown> {
  return withSabotage([{ node: "node-2", when: "start", deed }], () =>
    sweepPodLives({ seeds: [5, 6, 7], threads: 2, deadlineMs }).catch((error: unknown) => error),
  );
}

describe("a sweep over seeds", () => {
  test("comes to what each simulation comes to alone, in the order of the seeds", async () => {
    const seeds = [3, 1, 2, 9, 8];
    const alone = [];
    for (const seed of seeds) alone.push(await simulatePodLife("nginx", { seed, nodes: 3 }));

    expect(await sweepPodLives({ seeds, threads: 2 })).toEqual(alone);
    expect(await sweepPodLives({ seeds: [], threads: 2 })).toEqual([]);
  });

  test("ends with the first seed that broke, its window and its actor", async () => {
    const error = await sweep("throw");

    expect(error).toBeInstanceOf(RunError);
    expect((error as RunError).message).toBe(
      "sabotage (seed 5; window 2026-01-01T00:00:00.000000Z to 2026-01-01T00:00:00.010000Z; actor kubelet:node-2 on main at 2026-01-01T00:00:00.000000Z)",
    );
  });

  test("holds the stores on its threads to their promises where those of its own are", async () => {
    const error = await withPreloaded("../cli/lossy-store.mjs", {}, () =>
      sweepPodLives({ seeds: [5], threads: 1 }).catch((broken: unknown) => broken),
    );

    expect(error).toMatchObject({ name: "RunError", place: { seed: 5 } });
    expect((error as RunError).message).toMatch(
      /^broken invariant: WatchReliable at revision \d+, key \/registry\/pods\/default\/pod: the delete was not told \(seed 5;/,
    );
  });

  test("ends when a thread exits", async () => {
    const error = await sweep("exit");

    expect(error).toMatchObject({ name: "RunError", place: { seed: 5 } });
    expect((error as RunError).message).toMatch(/exited.*7.* \(seed 5\)$/);
  });

  test("ends when a thread has no memory left", async () => {
    const error = await sweep("memory");

    expect(error).toMatchObject({ name: "RunError", place: { seed: 5 } });
    expect((error as RunError).message).toMatch(/memory.* \(seed 5\)$/);
  });

  test("ends when a simulation takes longer than its deadline", async () => {
    const error = await sweep("loop", 1_500);

    expect(error).toMatchObject({ name: "RunError", place: { seed: 5 } });
    expect((error as RunError).message).toBe("a simulation did not end within 1500 ms (seed 5)");
  });
});
