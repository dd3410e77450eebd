import { describe, expect, test } from "vitest";
import { type ClusterOptions } from "../../src/cluster/cluster-options.ts";
import type { DecisionRecord } from "../../src/kernel/decision-log.ts";
import { aPod, DrivenCluster, second } from "./driven-cluster.ts";

interface Recorded {
  readonly record: DecisionRecord;
  readonly traceHash: string;
}

async function run(options: ClusterOptions, podName = "web"): Promise<Recorded> {
  await using driven = await DrivenCluster.started({ nodes: 2, threads: 0, ...options });
  driven.create(aPod(podName), 20 * second);
  await driven.run(60 * second);
  return {
    record: await driven.cluster.decisionRecord(),
    traceHash: await driven.cluster.traceHash(),
  };
}

const explore = { delay: { perMillion: 50_000, maxUs: 400_000 } };

describe("a cluster that records its decisions", { timeout: 30_000 }, () => {
  test("has the same history as one that does not", async () => {
    const plain = await run({});
    const recorded = await run({ recordDecisions: true });
    expect(recorded.traceHash).toBe(plain.traceHash);
    expect(plain.record.reads).toEqual([]);
  });

  test("writes down what was explored, what was not and what simulated code drew", async () => {
    const { reads } = (await run({ recordDecisions: true, explore })).record;
    const explored = reads.filter(({ key }) => key.startsWith("delay/"));
    expect(explored.some(({ value }) => value > 0)).toBe(true);
    expect(explored.some(({ value }) => value === 0)).toBe(true);
    expect(reads.some(({ key }) => key.startsWith("uid/"))).toBe(true);
    const actors = new Set(reads.map(({ actor }) => actor));
    for (const actor of ["api-1", "kubelet:node-2", "api-1→scheduler", "kubelet:node-1→api-1"]) {
      expect(actors).toContain(actor);
    }
  });

  test("can be held to its record, over any number of threads", async () => {
    const recorded = await run({ recordDecisions: true, explore });
    const expectDecisions = JSON.parse(JSON.stringify(recorded.record)) as DecisionRecord;
    const repeated = await run({ explore, expectDecisions });
    expect(repeated.traceHash).toBe(recorded.traceHash);
    const threaded = await run({ explore, expectDecisions, threads: 2 });
    expect(threaded.traceHash).toBe(recorded.traceHash);
  });

  test("ends at the first difference from its record, naming time, actor and key", async () => {
    const { record } = await run({ recordDecisions: true, explore });
    const held = run({ explore, expectDecisions: record }, "another");
    await expect(held).rejects.toThrow(/api-1 left the recorded run at \d+ µs: it read .*another/);
  });

  test("ends at a difference on a worker thread, too", async () => {
    const { record } = await run({ recordDecisions: true });
    const reads = record.reads.map((read) =>
      read.actor === "kubelet:node-2" && read.key.startsWith("lease/")
        ? { ...read, value: 1 }
        : read,
    );
    const held = run({ expectDecisions: { ...record, reads }, threads: 2 });
    await expect(held).rejects.toThrow("kubelet:node-2 left the recorded run");
  });
});
