import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { createCluster } from "../../src/cluster/cluster.ts";
import type { ClusterOptions } from "../../src/cluster/cluster-options.ts";
import { startLiveCluster } from "../../src/cluster/live-cluster.ts";
import { RunError } from "../../src/cluster/run-error.ts";
import { type Sabotage, withSabotage } from "./sabotage.ts";

const startUs = 1_767_225_600_000_000;
const firstWindow = { startUs, endUs: startUs + 10_000 };

/** Runs a cluster of four nodes with these saboteurs until it breaks. */
async function breakdownOf(
  plans: readonly Sabotage[],
  options: ClusterOptions = {},
): Promise<RunError> {
  return withSabotage(plans, async () => {
    const cluster = await createCluster({ nodes: 4, threads: 2, seed: 7, ...options });
    try {
      const error = await rejectionOf(cluster.advance(1_000_000));
      expect(error).toBeInstanceOf(RunError);
      // The run is over, and stays so.
      expect(await rejectionOf(cluster.advance(1_000_000))).toEqual(error);
      return error as RunError;
    } finally {
      await cluster.close();
    }
  });
}

/** What a promise is rejected with. */
async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const actor = { name: "kubelet:node-2", thread: "kubelet-thread-2", atUs: startUs };
const place = { seed: 7, window: firstWindow, actor };
const placeText =
  "(seed 7; window 2026-01-01T00:00:00.000000Z to 2026-01-01T00:00:00.010000Z; actor kubelet:node-2 on kubelet-thread-2 at 2026-01-01T00:00:00.000000Z)";

describe("a run ends, naming the seed, the window and the actor, when a kubelet", () => {
  test.each([
    ["exit", "kubelet-thread-2 exited with code 7"],
    ["throw", "sabotage"],
    [
      "memory",
      "kubelet-thread-2 crashed: Error [ERR_WORKER_OUT_OF_MEMORY]: Worker terminated due to reaching memory limit: JS heap out of memory",
    ],
  ] as const)("has its thread %s", async (deed, problem) => {
    const error = await breakdownOf([{ node: "node-2", when: "start", deed }]);

    expect(error.place).toEqual(place);
    expect(error.message).toBe(`${problem} ${placeText}`);
  });

  test("never comes to an end", async () => {
    const error = await breakdownOf([{ node: "node-2", when: "start", deed: "loop" }], {
      stepDeadlineMs: 1_500,
    });

    expect(error.place).toEqual(place);
    expect(error.message).toBe(`kubelet-thread-2 did not answer step within 1500 ms ${placeText}`);
    expect(error.cause).toMatchObject({ name: "ShardThreadError" });
  });

  test("leaves behind what throws where nobody catches it, when no actor runs any more", async () => {
    const error = await breakdownOf([{ node: "node-2", when: "start", deed: "crash" }]);

    expect(error.place).toEqual({ seed: 7, window: firstWindow });
    expect(error.message).toBe(
      "kubelet-thread-2 crashed: RangeError: sabotage (seed 7; window 2026-01-01T00:00:00.000000Z to 2026-01-01T00:00:00.010000Z; no actor was running)",
    );
  });

  test("is on a thread that dies while it has nothing to do", async () => {
    const started = once(process, "worker");
    const cluster = await createCluster({ nodes: 1, threads: 1, seed: 7 });
    const [worker] = (await started) as [Worker];
    await cluster.advance(40_000_000);
    await worker.terminate();

    const error = await rejectionOf(cluster.advance(1));
    expect(error).toMatchObject({ name: "RunError", place: { seed: 7 } });
    expect((error as RunError).message).toMatch(
      /^kubelet-thread-1 exited with code 1 \(seed 7; window 2026-01-01T00:00:.*; no actor was running\)$/,
    );
    await cluster.close();
  });

  test("is on a thread that is ended from outside", async () => {
    const started = once(process, "worker");
    const cluster = await createCluster({ nodes: 1, threads: 1 });
    const [worker] = (await started) as [Worker];
    const breaking = rejectionOf(cluster.advance(1e15));
    await worker.terminate();

    expect(await breaking).toMatchObject({
      name: "RunError",
      message: expect.stringMatching(/^kubelet-thread-1 exited with code 1 \(seed 1; window /),
    });
    await cluster.close();
  });
});

describe("of several kubelets that break in one window", () => {
  test.each([
    ["the one with the lowest id is told, whichever thread answers first", 2],
    ["it is the same one on more threads", 4],
  ])("%s", async (_what, threads) => {
    const plans = (["node-4", "node-3", "node-2"] as const).map((node): Sabotage => ({
      node,
      when: "start",
      deed: "throw",
    }));
    const { place: found } = await breakdownOf(plans, { threads });

    expect(found.actor?.name).toBe("kubelet:node-2");
  });

  test("one that is stuck is waited for, and told if it is the first", async () => {
    const { place: found, message } = await breakdownOf(
      [
        { node: "node-3", when: "start", deed: "exit" },
        { node: "node-2", when: "start", deed: "loop" },
      ],
      { stepDeadlineMs: 1_500 },
    );

    expect(found.actor?.name).toBe("kubelet:node-2");
    expect(message).toMatch(/^kubelet-thread-2 did not answer step/);
  });
});

describe("a live cluster whose thread dies", () => {
  test("says so, cuts its clients off, and can be stopped", async () => {
    const started = once(process, "worker");
    const cluster = await startLiveCluster({ nodes: 1, threads: 1, plainHttp: true, speed: 100 });
    const [worker] = (await started) as [Worker];
    const url = `${cluster.address.server}/api/v1/pods?watch=true`;
    const watch = await fetch(url);
    await worker.terminate();

    expect(await cluster.failed).toMatchObject({ name: "RunError", place: { seed: 1 } });
    await expect(watch.text()).rejects.toThrow();
    await expect(fetch(url)).rejects.toThrow();
    await cluster.stop();
  });

  test.each([
    ["stands still", 0],
    ["passes by the clock, with nothing due", 0.001],
  ])("ends while time %s", async (_what, speed) => {
    const started = once(process, "worker");
    const cluster = await startLiveCluster({ nodes: 1, threads: 1, plainHttp: true, speed });
    const [worker] = (await started) as [Worker];
    const watch = await fetch(`${cluster.address.server}/api/v1/pods?watch=true`);
    await worker.terminate();

    const error = await cluster.failed;
    expect(error).toMatchObject({ name: "RunError", place: { seed: 1 } });
    expect(error.message).toMatch(
      /^kubelet-thread-1 exited with code 1 \(seed 1; window .*; no actor/,
    );
    await expect(watch.text()).rejects.toThrow();
    await cluster.stop();
  });
});
