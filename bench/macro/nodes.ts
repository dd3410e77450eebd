/**
 * Nodes without pods: how long until all are ready, then what their heartbeats cost, and what they
 * keep on the hub's heap.
 *
 * Run: npm run bench:nodes -- --nodes 20000 [--seconds 60] [--threads 1]
 * Prints one JSON object. With --threads 0 the kubelets' share is in the hub's figures, too.
 */
import { parseArgs } from "node:util";
import { parseDuration } from "../../src/api/duration.ts";
import { createCluster } from "../../src/cluster/cluster.ts";
import { hubCpuSeconds, round } from "./hub-cpu.ts";

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "20000" },
    seconds: { type: "string", default: "60" },
    threads: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    latency: { type: "string", default: "50ms" },
  },
});
const [nodes, seconds, threads, seed] = [
  values.nodes,
  values.seconds,
  values.threads,
  values.seed,
].map(Number) as [number, number, number, number];
const kubeletLatencyUs = parseDuration(values.latency) ?? 50_000;

const heapBefore = heapBytes();
const startAt = performance.now();
const startCpu = cpuSeconds();
const startHubCpu = hubCpuSeconds();
const cluster = await createCluster({ nodes, threads, seed, kubeletLatencyUs, factsMax: 0 });
const startUs = cluster.nowUs;
if (!(await cluster.advanceUntil(() => cluster.isReady, 3_600_000_000)))
  throw new Error("not ready");
const boot = {
  seconds: round((performance.now() - startAt) / 1_000),
  virtualSeconds: round((cluster.nowUs - startUs) / 1_000_000),
  hubCpuSeconds: round(hubCpuSeconds() - startHubCpu),
  cpuSeconds: round(cpuSeconds() - startCpu),
  windows: cluster.simulation.windows,
  writes: cluster.server.revision,
};

const idleRevision = cluster.server.revision;
const idleCpu = cpuSeconds();
const idleHubCpu = hubCpuSeconds();
const idleAt = performance.now();
await cluster.advance(seconds * 1_000_000);
const writes = cluster.server.revision - idleRevision;
const perWriteUs = (spent: number): number => round((spent * 1_000_000) / writes);
const idle = {
  virtualSeconds: seconds,
  seconds: round((performance.now() - idleAt) / 1_000),
  writes,
  hubCpuUsPerWrite: perWriteUs(hubCpuSeconds() - idleHubCpu),
  cpuUsPerWrite: perWriteUs(cpuSeconds() - idleCpu),
};
const hubBytesPerNode = Math.round((heapBytes() - heapBefore) / nodes);
const residentMbPeak = Math.round(process.resourceUsage().maxRSS / 1024);
const hash = await cluster.traceHash();
process.stdout.write(
  `${JSON.stringify({ benchmark: "nodes", node: process.version, nodes, threads, boot, idle, hubBytesPerNode, residentMbPeak, hash })}\n`,
);
await cluster.close();

/** What this thread's heap holds, and what is kept outside of it. */
function heapBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
}
