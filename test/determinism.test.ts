import { describe, expect, test } from "vitest";
import { crowdedStory, seedStory } from "./cluster/stories.ts";

describe("a run of a seed", () => {
  test("has the same history every time", async () => {
    const [one, other] = [await seedStory({ threads: 0 }), await seedStory({ threads: 0 })];
    expect(other).toEqual(one);
    expect(one.refusals).toEqual([]);
  });

  test("has another history with another seed, and the same end", async () => {
    const one = await seedStory({ threads: 0, seed: 1 });
    const other = await seedStory({ threads: 0, seed: 2 });
    expect(other.traceHash).not.toBe(one.traceHash);
    expect(other.facts.map(({ kind }) => kind)).toEqual(one.facts.map(({ kind }) => kind));
  });

  test("has the same history however closely it is watched", async () => {
    const watched = await seedStory({ threads: 0 });
    const unwatched = await seedStory({ threads: 0, factsMax: 0 });
    expect(unwatched.facts).toEqual([]);
    expect(unwatched.traceHash).toBe(watched.traceHash);
    expect(unwatched.objects).toEqual(watched.objects);
  });

  test("has the same history while its store is held to its promises", async () => {
    const options = { threads: 0 };
    const [checked, unchecked] = [
      await crowdedStory(options, { checksStore: true }),
      await crowdedStory(options, { checksStore: false }),
    ];
    expect(checked).toEqual(unchecked);
  });

  test("has the same history every time, with many pods of all sorts", async () => {
    const [one, other] = [await crowdedStory({ threads: 0 }), await crowdedStory({ threads: 0 })];
    expect(other).toEqual(one);
  });
});
