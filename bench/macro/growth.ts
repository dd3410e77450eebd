/**
 * How cost grows with the cluster: `bench:cluster` with 1,000, 10,000 and 100,000 nodes, the same pods
 * at the same rate on each, one process after the other.
 *
 * Run: npm run bench:growth -- [--pods 100000] [--rate 10000] [--nodes 1000,10000,100000]
 * Prints one JSON object: a row a size, and the cost of a pod as a ratio to the first row's, with the
 * nodes' own heartbeats in it and without them.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "1000,10000,100000" },
    pods: { type: "string", default: "100000" },
    rate: { type: "string", default: "10000" },
    threads: { type: "string", default: "1" },
  },
});
const script = fileURLToPath(new URL("cluster.js", import.meta.url));

interface Row {
  readonly nodes: number;
  readonly speed: number;
  readonly writes: number;
  readonly hubCpuUsPerPod: number;
  readonly cpuUsPerPod: number;
  readonly residentMbPeak: number;
  readonly longestGcPauseMs: number;
}

const rows = values.nodes.split(",").map((nodes): Row => {
  const sizes = ["--nodes", nodes, "--pods", values.pods, "--rate", values.rate];
  const args = [...process.execArgv, script, ...sizes, "--threads", values.threads];
  const text = execFileSync(process.execPath, args, { encoding: "utf8" });
  return JSON.parse(text) as Row;
});
const [first] = rows;
process.stdout.write(
  `${JSON.stringify({
    benchmark: "growth",
    node: process.version,
    pods: Number(values.pods),
    rate: Number(values.rate),
    threads: Number(values.threads),
    rows: rows.map((row) => ({
      nodes: row.nodes,
      speed: row.speed,
      writes: row.writes,
      hubCpuUsPerPod: row.hubCpuUsPerPod,
      cpuUsPerPod: row.cpuUsPerPod,
      cpuUsPerWrite: Number(((row.cpuUsPerPod * Number(values.pods)) / row.writes).toFixed(2)),
      residentMbPeak: row.residentMbPeak,
      longestGcPauseMs: row.longestGcPauseMs,
      ratio: Number((row.cpuUsPerPod / (first?.cpuUsPerPod ?? 1)).toFixed(2)),
    })),
  })}\n`,
);
