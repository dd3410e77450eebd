/**
 * The whole pipeline in virtual time: objects, admission, watches, scheduler, kubelets, status
 * writes, leases and events. Pods of 10 templates arrive at a steady rate until all are there, and
 * the run ends when every one of them runs.
 *
 * Run: npm run bench:cluster -- --nodes 5000 --pods 150000 --rate 1000 [--threads 1]
 * Prints one JSON object. Speed is virtual seconds a wall second, boot excluded and given apart. With
 * --serve, all pods are then listed, read and watched over HTTP; with --check-store, the store is held
 * to its promises meanwhile.
 */
import { PerformanceObserver } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { parseDuration } from "../../src/api/duration.ts";
import { createCluster } from "../../src/cluster/cluster.ts";
import { componentUser, type RequestContext } from "../../src/control-plane/apiserver/request.ts";
import type { Resource } from "../../src/control-plane/apiserver/resource.ts";
import { readServedPods } from "./served-pods.ts";
import { hubCpuSeconds, round } from "./hub-cpu.ts";

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "1000" },
    pods: { type: "string", default: "10000" },
    rate: { type: "string", default: "1000" },
    threads: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    latency: { type: "string", default: "50ms" },
    serve: { type: "boolean", default: false },
    "check-store": { type: "boolean", default: false },
  },
});
const [nodes, pods, rate, threads, seed] = [
  values.nodes,
  values.pods,
  values.rate,
  values.threads,
  values.seed,
].map(Number) as [number, number, number, number, number];

/** Arrivals are entered this often, µs of virtual time. */
const tickUs = 100_000;
const limitUs = 3_600_000_000;

let longestPauseMs = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) longestPauseMs = Math.max(longestPauseMs, duration);
}).observe({ entryTypes: ["gc"] });

const bootAt = performance.now();
const kubeletLatencyUs = parseDuration(values.latency) ?? 50_000;
const cluster = await createCluster(
  { nodes, threads, seed, kubeletLatencyUs, factsMax: 0 },
  { checksStore: values["check-store"] },
);
if (!(await cluster.advanceUntil(() => cluster.isReady, limitUs))) throw new Error("not ready");
const bootSeconds = (performance.now() - bootAt) / 1_000;

const { server, simulation } = cluster;
const podKind = server.resources.find("", "v1", "pods") as Resource;
const context: RequestContext = {
  resource: podKind,
  namespace: "default",
  name: "",
  user: componentUser("bench"),
  client: "bench",
  subresource: "",
  dryRun: false,
};
const templates = Array.from({ length: 10 }, (_none, index) => ({
  containers: [
    {
      name: "main",
      image: "nginx:1.29",
      resources: { requests: { cpu: `${10 * (index + 1)}m`, memory: `${16 * (index + 1)}Mi` } },
    },
  ],
}));

const startUs = cluster.nowUs;
const startRevision = server.revision;
const startWindows = simulation.windows;
const startTraffic = cluster.threadTraffic;
const startFacts = cluster.factCount;
const startHubCpu = hubCpuSeconds();
const startCpu = process.cpuUsage();
const startAt = performance.now();
const running = runningPods();
let created = 0;
function arrive(): void {
  const due = Math.min(pods, Math.floor(((cluster.nowUs - startUs + tickUs) * rate) / 1_000_000));
  for (; created < due; created++) {
    const spec = templates[created % templates.length];
    const name = `pod-${created}`;
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, labels: { app: "bench" } },
      spec,
    };
    server.createVersion({ ...context, name }, pod, (error) => {
      if (error !== undefined) throw error;
    });
  }
  if (created < pods) simulation.timeline.input(cluster.nowUs + tickUs, server.actor, arrive);
}
simulation.timeline.input(simulation.openUs, server.actor, arrive);
const done = await cluster.advanceUntil(() => running.count >= pods, limitUs);
const wallSeconds = (performance.now() - startAt) / 1_000;
const virtualSeconds = (cluster.nowUs - startUs) / 1_000_000;
const windows = simulation.windows - startWindows;
const cpu = process.cpuUsage(startCpu);
const hubCpu = hubCpuSeconds() - startHubCpu;
const hash = await cluster.traceHash();
const memory = process.memoryUsage();
const residentMbPeak = Math.round(process.resourceUsage().maxRSS / 1024);
const longestGcPauseMs = Math.round(longestPauseMs);
const served = values.serve ? await readServedPods(cluster) : undefined;
process.stdout.write(
  `${JSON.stringify({
    benchmark: "cluster",
    node: process.version,
    nodes,
    pods,
    rate,
    threads,
    done,
    bootSeconds: round(bootSeconds),
    virtualSeconds: round(virtualSeconds),
    wallSeconds: round(wallSeconds),
    speed: round(virtualSeconds / wallSeconds),
    writes: server.revision - startRevision,
    writesPerSecond: Math.round((server.revision - startRevision) / wallSeconds),
    facts: cluster.factCount - startFacts,
    hubCpuUsPerPod: round((hubCpu * 1_000_000) / pods),
    cpuUsPerPod: round((cpu.user + cpu.system) / pods),
    windows,
    callsPerWindow: round((cluster.threadTraffic.calls - startTraffic.calls) / windows),
    messagesPerWindow: round((cluster.threadTraffic.messages - startTraffic.messages) / windows),
    residentMbPeak,
    bytesPerPod: Math.round((memory.heapUsed + memory.external) / pods),
    longestGcPauseMs,
    hash,
    ...(served !== undefined && { served }),
  })}\n`,
);
await cluster.close();

/** Counts pods that run, as a watcher would. */
function runningPods(): { readonly count: number } {
  const state = { count: 0 };
  server.watch(
    context,
    {
      labelSelector: "",
      fieldSelector: "",
      resourceVersion: "0",
      resourceVersionMatch: "",
      allowWatchBookmarks: false,
      sendInitialEvents: undefined,
    },
    {
      event: (type, stored) => {
        if (type === "MODIFIED" && stored.knownField("status.phase") === "Running") state.count++;
      },
      bookmark: () => {},
      error: () => {},
    },
  );
  return state;
}
