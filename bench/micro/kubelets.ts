/**
 * A shard of kubelets by itself, driven window by window as the hub does, on this thread: what a
 * pod's way to Running costs, what a lease costs, and what nodes and pods keep of the heap.
 *
 * Run: npm run bench:kubelets -- --nodes 20000 --pods 200000 --rate 10000
 * Prints one JSON object. Times are processor time of the shard's calls alone.
 */
import { constants, type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Batch, noPod } from "../../src/data-plane/batch.ts";
import {
  type KubeletPodSpec,
  type KubeletShard,
  orders,
  podPhases,
  protocolVersion,
  reports,
} from "../../src/data-plane/protocol.ts";
import { combineHashes } from "../../src/kernel/trace.ts";
import { createKubeletHost } from "../../workers/kubelet/kubelet-host.ts";

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "10000" },
    pods: { type: "string", default: "100000" },
    rate: { type: "string", default: "10000" },
  },
});
const [nodes, pods, rate] = [values.nodes, values.pods, values.rate].map(Number) as [
  number,
  number,
  number,
];

const startUs = 1_767_225_600_000_000;
const windowUs = 10_000;
const latencyUs = 10_000;
const runningPhase = podPhases.indexOf("Running");

/** As in `bench/macro/cluster.ts`: what a kubelet sees of its 10 templates. */
const templates = Array.from({ length: 10 }, (): KubeletPodSpec => ({
  restartPolicy: "Always",
  terminationGracePeriodSeconds: 30,
  hostNetwork: false,
  initContainers: [],
  containers: [
    {
      name: "main",
      image: "nginx:1.29",
      imagePullPolicy: "IfNotPresent",
      command: [],
      args: [],
      ports: [],
      isSidecar: false,
    },
  ],
}));
const specTexts = templates.map((spec) => JSON.stringify(spec));

class Driver {
  readonly shard: KubeletShard = createKubeletHost();
  #inbox = new Batch();
  #dueUs = startUs;
  #firstOrderUs = Infinity;
  /** Processor time of the shard's calls, µs, the collector's threads included. */
  spentUs = 0;
  nowUs = startUs;
  windows = 0;
  records = 0;
  leases = 0;
  running = 0;

  order(kind: number, node: number, pod: number, texts: readonly string[]): void {
    const atUs = this.nowUs + latencyUs;
    this.#inbox.add(
      atUs,
      kind,
      node,
      pod,
      texts.map((text) => this.#inbox.addText(text)),
    );
    this.#firstOrderUs = Math.min(this.#firstOrderUs, atUs);
  }

  /** Runs windows until `untilUs`, or until `isEnough`. `tick` is called at the start of each. */
  run(untilUs: number, tick: () => void, isEnough: () => boolean): void {
    while (this.nowUs < untilUs && !isEnough()) {
      tick();
      const endUs = this.nowUs + windowUs;
      if (Math.min(this.#dueUs, this.#firstOrderUs) < endUs) this.#step(endUs);
      this.nowUs = endUs;
    }
  }

  #step(endUs: number): void {
    const inbox = this.#inbox;
    this.#firstOrderUs = Infinity;
    const before = process.cpuUsage();
    const { outbox, nextDueUs } = this.shard.step(endUs, inbox);
    const { user, system } = process.cpuUsage(before);
    this.spentUs += user + system;
    this.#dueUs = nextDueUs;
    this.windows++;
    this.records += outbox.length;
    const registered: number[] = [];
    for (let index = 0; index < outbox.length; index++) {
      const kind = outbox.kind(index);
      if (kind === reports.registerNode) registered.push(outbox.node(index));
      else if (kind === reports.renewLease) this.leases++;
      else if (kind === reports.podStatus && outbox.argument(index, 0) === runningPhase) {
        this.running++;
      }
    }
    this.#inbox = outbox.clear();
    this.nowUs = endUs;
    for (const node of registered) this.order(orders.nodeSeen, node, noPod, [podCidr(node)]);
  }
}

function podCidr(node: number): string {
  return `10.${(node >> 8) & 255}.${node & 255}.0/24`;
}

function heapBytes(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

interface GcDetail {
  readonly flags: number;
}

/** Of the collections that nobody asked for, ms. */
let longestPauseMs = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const { duration, detail } = entry as PerformanceEntry & { readonly detail: GcDetail };
    if ((detail.flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0) continue;
    longestPauseMs = Math.max(longestPauseMs, duration);
  }
}).observe({ entryTypes: ["gc"] });

const nothing = (): void => {};
const never = (): boolean => false;

const driver = new Driver();
const heapAtStart = heapBytes();
driver.shard.init({
  protocolVersion,
  seed: 1,
  startUs,
  sendsFacts: false,
  apiServer: { id: 2, name: "api-1" },
  nodes: Array.from({ length: nodes }, (_none, index) => ({
    index,
    actorId: 1_000 + index,
    name: `node-${index + 1}`,
    runtime: "containerd" as const,
    absentImages: [],
  })),
});
driver.run(startUs + 1_000_000, nothing, never);
const bootUs = driver.spentUs;
const heapWithNodes = heapBytes();

// A lease a node in ten seconds, and nothing else; not the first ones, whose times are to be sorted.
driver.run(driver.nowUs + 10_000_000, nothing, never);
const leasesBefore = driver.leases;
driver.spentUs = 0;
driver.run(driver.nowUs + 30_000_000, nothing, never);
const leaseUs = driver.spentUs / (driver.leases - leasesBefore);

driver.spentUs = 0;
const recordsBefore = driver.records;
const windowsBefore = driver.windows;
const leasesIdle = driver.leases;
const podsFromUs = driver.nowUs;
let created = 0;
function arrive(): void {
  const due = Math.min(pods, Math.ceil(((driver.nowUs - podsFromUs + windowUs) * rate) / 1e6));
  for (; created < due; created++) {
    const uid = `${(created * 2_654_435_761) % 4_294_967_296}`.padStart(36, "0");
    const texts = [
      "default",
      `pod-${created}`,
      uid,
      specTexts[created % templates.length] as string,
    ];
    driver.order(orders.podSeen, created % nodes, created + 1, texts);
  }
}
driver.run(Infinity, arrive, () => driver.running >= pods);
const podsUs = driver.spentUs;
const leases = driver.leases - leasesIdle;
const heapWithPods = heapBytes();
// What was observed is told in a turn of its own.
await setTimeout(10);
process.stdout.write(
  `${JSON.stringify({
    benchmark: "kubelets",
    node: process.version,
    nodes,
    pods,
    rate,
    virtualSeconds: round((driver.nowUs - podsFromUs) / 1e6),
    bootUsPerNode: round(bootUs / nodes),
    bytesPerNode: Math.round((heapWithNodes - heapAtStart) / nodes),
    usPerLease: round(leaseUs),
    usPerPod: round((podsUs - leases * leaseUs) / pods),
    bytesPerPod: Math.round((heapWithPods - heapWithNodes) / pods),
    recordsPerPod: round((driver.records - recordsBefore - leases) / pods),
    usPerWindow: round(podsUs / (driver.windows - windowsBefore)),
    longestGcPauseMs: Math.round(longestPauseMs),
    residentMbPeak: Math.round(process.resourceUsage().maxRSS / 1024),
    hash: combineHashes([driver.shard.hashes()]),
  })}\n`,
);

function round(value: number): number {
  return Number(value.toFixed(2));
}
