import type { Node } from "../../api/objects.ts";
import { cpuMilli, wholeUnits } from "../../api/quantity.ts";
import type { NodeInfo, PodInfo, Resources } from "./framework.ts";

const nothing: Resources = { cpuMilli: 0, memoryBytes: 0, ephemeralStorageBytes: 0, others: {} };

/**
 * A node and what its pods ask for. Counted in place: a cluster binds thousands of pods a second, and a
 * new object for each would be most of the scheduler's garbage.
 */
export class NodeUsage implements NodeInfo {
  readonly name: string;
  node: Node;
  allocatable: Resources;
  allocatablePods: number;
  readonly requested = { ...nothing };
  readonly requestedNonZero = { cpuMilli: 0, memoryBytes: 0 };
  podCount = 0;
  isDiscouraged = false;
  /** Whether the cluster has this node; pods may be bound to one before it is seen. */
  isKnown = false;

  constructor(name: string) {
    this.name = name;
    this.node = { apiVersion: "v1", kind: "Node", metadata: { name }, spec: {} };
    this.allocatable = nothing;
    this.allocatablePods = 0;
  }

  setNode(node: Node): void {
    const { pods = "0", ...resources } = node.status?.allocatable ?? {};
    const isSame = node.status?.allocatable === this.node.status?.allocatable;
    this.node = node;
    this.isKnown = true;
    this.isDiscouraged = (node.spec.taints ?? []).some(
      ({ effect }) => effect === "PreferNoSchedule",
    );
    if (isSame && this.allocatable !== nothing) return;
    this.allocatable = resourcesOf(resources);
    this.allocatablePods = wholeUnits(pods);
  }

  /** Adds a pod with `1`, takes it away with `-1`. */
  count({ requests, requestsNonZero }: PodInfo, sign: 1 | -1): void {
    const { requested, requestedNonZero } = this;
    requested.cpuMilli += sign * requests.cpuMilli;
    requested.memoryBytes += sign * requests.memoryBytes;
    requested.ephemeralStorageBytes += sign * requests.ephemeralStorageBytes;
    requestedNonZero.cpuMilli += sign * requestsNonZero.cpuMilli;
    requestedNonZero.memoryBytes += sign * requestsNonZero.memoryBytes;
    this.podCount += sign;
    for (const name in requests.others) {
      const others: Record<string, number> = { ...requested.others };
      others[name] = (others[name] ?? 0) + sign * (requests.others[name] as number);
      requested.others = others;
    }
  }
}

function resourcesOf(quantities: Readonly<Record<string, string>>): Resources {
  const { cpu = "0", memory = "0", "ephemeral-storage": storage = "0", ...others } = quantities;
  return {
    cpuMilli: cpuMilli(cpu),
    memoryBytes: wholeUnits(memory),
    ephemeralStorageBytes: wholeUnits(storage),
    others: Object.fromEntries(
      Object.entries(others).map(([name, quantity]) => [name, wholeUnits(quantity)]),
    ),
  };
}
