import {
  add,
  aggregateContainerResources,
  resourceAmounts,
  type ResourceAmounts,
} from "./container-resources.ts";
import type { Pod, PodSpec } from "./objects.ts";
import { isHugePages } from "./resource-names.ts";

/** What a pod asks of its node: milli-CPUs, bytes and counts. Integers. */
export interface PodResources {
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  readonly ephemeralStorageBytes: number;
  /** Everything else by its name: `hugepages-2Mi`, `example.com/gpu`. */
  readonly others: Readonly<Record<string, number>>;
}

/**
 * What a pod's place on a node must offer: its containers' requests or its own, and its overhead.
 *
 * @see kubernetes `component-helpers/resource/helpers.go`: `PodRequests`
 */
export function podRequests({ spec }: Pick<Pod, "spec">): PodResources {
  const amounts = requestedAmounts(spec);
  const others = [...amounts].filter(([name]) => !counted.has(name));
  return {
    cpuMilli: milli(amounts.get("cpu")),
    memoryBytes: units(amounts.get("memory")),
    ephemeralStorageBytes: units(amounts.get("ephemeral-storage")),
    others: Object.fromEntries(others.map(([name, amount]) => [name, units(amount)])),
  };
}

/**
 * As `podRequests`, but a container that asks for no cpu or no memory counts with a little of it, so
 * that scoring spreads such pods. One that asks for zero counts as zero.
 *
 * @see kubernetes `pkg/scheduler/util/pod_resources.go`
 */
export function podRequestsNonZero({
  spec,
}: Pick<Pod, "spec">): Pick<PodResources, "cpuMilli" | "memoryBytes"> {
  const isPodLevel = podLevelRequests(spec).size > 0;
  const requested = isPodLevel ? requestedAmounts(spec) : new Map<string, bigint>();
  const missing = new Map([...defaultRequests].filter(([name]) => !requested.has(name)));
  const amounts = requestedAmounts(spec, missing);
  return { cpuMilli: milli(amounts.get("cpu")), memoryBytes: units(amounts.get("memory")) };
}

/** The resources that can be given to a pod as a whole. */
export function isPodLevelResource(name: string): boolean {
  return name === "cpu" || name === "memory" || isHugePages(name);
}

const nanoPerUnit = 1_000_000_000n;
const nanoPerMilli = 1_000_000n;

const defaultRequests: ResourceAmounts = new Map([
  ["cpu", 100n * nanoPerMilli],
  ["memory", 200n * 1024n * 1024n * nanoPerUnit],
]);

const counted = new Set(["cpu", "memory", "ephemeral-storage"]);

function requestedAmounts(spec: PodSpec, missing?: ResourceAmounts): ResourceAmounts {
  const total = new Map(aggregateContainerResources(spec, "requests", missing));
  for (const [name, amount] of podLevelRequests(spec)) total.set(name, amount);
  add(total, resourceAmounts(spec.overhead));
  return total;
}

/** Requests of the pod as a whole take the place of its containers'. */
function podLevelRequests({ resources }: PodSpec): ResourceAmounts {
  const amounts = resourceAmounts(resources?.requests);
  return new Map([...amounts].filter(([name]) => isPodLevelResource(name)));
}

function milli(nano = 0n): number {
  return Number((nano + nanoPerMilli - 1n) / nanoPerMilli);
}

function units(nano = 0n): number {
  return Number((nano + nanoPerUnit - 1n) / nanoPerUnit);
}
