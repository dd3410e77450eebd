/**
 * Whole simulations a second: a cluster of 3 nodes, one nginx pod from its creation to its end, each
 * with a seed of its own; on one thread, and on one thread a core with Piscina.
 *
 * Run: npm run bench:seeds [-- SEEDS]. Prints one JSON object.
 */
import { availableParallelism } from "node:os";
import { simulatePodLife } from "../../src/cluster/pod-life.ts";
import { sweepPodLives } from "../../src/cluster/sweep.ts";

const count = Number(process.argv[2] ?? 400);
const seeds = Array.from({ length: count }, (_none, index) => index + 1);

await simulatePodLife("nginx", { seed: 0 });
const inlineAt = performance.now();
const inline = [];
for (const seed of seeds) inline.push(await simulatePodLife("nginx", { seed }));
const inlineSeconds = (performance.now() - inlineAt) / 1_000;

const pooledAt = performance.now();
const pooled = await sweepPodLives({ seeds });
const pooledSeconds = (performance.now() - pooledAt) / 1_000;

process.stdout.write(
  `${JSON.stringify({
    benchmark: "seeds",
    node: process.version,
    seeds: count,
    threads: availableParallelism(),
    inlinePerSecond: Math.round(count / inlineSeconds),
    pooledPerSecond: Math.round(count / pooledSeconds),
    speedup: Number((inlineSeconds / pooledSeconds).toFixed(2)),
    sameHashes: inline.every(({ traceHash }, index) => traceHash === pooled[index]?.traceHash),
  })}\n`,
);
