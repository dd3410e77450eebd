import { describe, expect, test } from "vitest";
import { createCluster } from "../../src/cluster/cluster.ts";
import { crowdedStory, seedStory } from "../cluster/stories.ts";

describe("the seed's story", () => {
  test("has the same history on this thread, on one worker thread and on two", async () => {
    const inline = await seedStory({ threads: 0 });
    for (const threads of [1, 2]) expect(await seedStory({ threads })).toEqual(inline);
  });

  test("has the same history on two worker threads every time", async () => {
    const [one, other] = [await seedStory({ threads: 2 }), await seedStory({ threads: 2 })];
    expect(other).toEqual(one);
  });

  test("has another history with another seed, on worker threads too", async () => {
    const one = await seedStory({ threads: 2, seed: 1 });
    const other = await seedStory({ threads: 2, seed: 2 });
    expect(other.traceHash).not.toBe(one.traceHash);
  });

  test.each(["docker", "cri-o"] as const)(
    "is the same with %s, wherever it runs",
    async (runtime) => {
      const inline = await seedStory({ threads: 0, runtime });
      expect(await seedStory({ threads: 2, runtime })).toEqual(inline);
    },
  );

  test.each([1, 997, 250_000])(
    "is the same when kubelets are %d µs away, however long the windows then are",
    async (kubeletLatencyUs) => {
      const inline = await seedStory({ threads: 0, kubeletLatencyUs });
      expect(await seedStory({ threads: 2, kubeletLatencyUs })).toEqual(inline);
    },
  );
});

describe("many pods of all sorts on forty nodes", () => {
  test("have the same history on this thread and on one, two and four worker threads", async () => {
    const inline = await crowdedStory({ threads: 0 });
    for (const threads of [1, 2, 4]) expect(await crowdedStory({ threads })).toEqual(inline);
  });

  test("have the same history when each node has a thread of its own", async () => {
    const inline = await crowdedStory({ threads: 0 });
    expect(await crowdedStory({ threads: "per-node" })).toEqual(inline);
  });

  test("have the same history on four worker threads every time", async () => {
    const [one, other] = [await crowdedStory({ threads: 4 }), await crowdedStory({ threads: 4 })];
    expect(other).toEqual(one);
  });

  test("have the same history with another seed as well, which is another one", async () => {
    const inline = await crowdedStory({ threads: 0, seed: 99 });
    expect(await crowdedStory({ threads: 3, seed: 99 })).toEqual(inline);
    expect(inline.traceHash).not.toBe((await crowdedStory({ threads: 0 })).traceHash);
  });
});

describe("a cluster on worker threads", () => {
  test("says which thread an actor runs on", async () => {
    const cluster = await createCluster({ nodes: 4, threads: 2 });
    const threads = [1, 2, 3, 4].map((node) => cluster.threadOf(`kubelet:node-${node}`));
    await cluster.close();

    expect(threads).toEqual([
      "kubelet-thread-1",
      "kubelet-thread-2",
      "kubelet-thread-1",
      "kubelet-thread-2",
    ]);
    expect(cluster.threadOf("scheduler")).toBe("main");
  });

  test("gives each node a thread of its own when asked to", async () => {
    const cluster = await createCluster({
      nodes: 2,
      pools: [{ name: "old", nodes: 1 }],
      threads: "per-node",
    });
    const threads = [1, 2, 3].map((node) => cluster.threadOf(`kubelet:node-${node}`));
    await cluster.close();

    expect(threads).toEqual(["kubelet-thread-1", "kubelet-thread-2", "kubelet-thread-3"]);
  });

  test("may have more threads than nodes", async () => {
    const inline = await seedStory({ threads: 0, nodes: 1 });
    expect(await seedStory({ threads: 3, nodes: 1 })).toEqual(inline);
  });
});
