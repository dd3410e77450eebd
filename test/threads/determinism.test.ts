import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { Chance } from "../../src/kernel/chance.ts";
import { crowdedStory, seedStory } from "../cluster/stories.ts";
import { digest } from "../determinism/digest.ts";
import type { Histories } from "../determinism/histories.ts";
import { withPreloaded } from "./preloaded.ts";

describe("a run is the same on any number of threads", () => {
  test("when its nodes are divided among them at random", async () => {
    const inline = await crowdedStory({ threads: 0 });
    for (const [threads, seed] of [
      [2, 1],
      [3, 2],
      [4, 3],
    ] as const) {
      const chance = new Chance(seed);
      const shardOf = (node: number): number => chance.integer(`node/${node}`, 0, threads - 1);

      expect(await crowdedStory({ threads }, { shardOf })).toEqual(inline);
    }
  });

  test("when all its nodes are on one of them, and the others have nothing to do", async () => {
    const inline = await seedStory({ threads: 0 });

    expect(await seedStory({ threads: 3 }, { shardOf: () => 1 })).toEqual(inline);
  });

  test.each([1, 2, 4])("%d, when they answer late, each time another one", async (threads) => {
    const inline = await crowdedStory({ threads: 0 });
    const late = await withPreloaded("jitter.mjs", {}, () => crowdedStory({ threads }));

    expect(late).toEqual(inline);
  });
});

describe("a process of its own comes to the same", { timeout: 120_000 }, () => {
  /** The stories inline and on two threads, in a Node.js with these options. */
  async function histories(...nodeOptions: readonly string[]): Promise<Histories> {
    const program = resolve("dist/test/determinism/histories.js");
    const args = [...nodeOptions, program, "0", "2"];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout) as Histories;
  }

  async function expected(): Promise<Histories> {
    const seed = digest(await seedStory({ threads: 0 }));
    const crowded = digest(await crowdedStory({ threads: 0 }));
    return {
      seedStory: { 0: seed, 2: seed },
      crowdedStory: { 0: crowded, 2: crowded },
    };
  }

  test("with a heap that barely holds it, of which garbage is collected all the time", async () => {
    const collecting = join(import.meta.dirname, "collecting.mjs");
    const options = ["--max-old-space-size=32", "--expose-gc", "--import", collecting];

    expect(await histories(...options)).toEqual(await expected());
  });

  test("when its main thread is late as well", async () => {
    const jitter = join(import.meta.dirname, "jitter.mjs");

    expect(await histories("--import", jitter)).toEqual(await expected());
  });

  test("without an optimizing compiler, and with one that is in a hurry", async () => {
    const [slow, hasty] = [await histories("--no-opt"), await histories("--always-sparkplug")];

    expect(slow).toEqual(await expected());
    expect(hasty).toEqual(slow);
  });
});
