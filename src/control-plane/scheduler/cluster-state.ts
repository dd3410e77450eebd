import type { KubeObject, Node, Pod } from "../../api/objects.ts";
import { podRequests, podRequestsNonZero } from "../../api/pod-resources.ts";
import { cpuMilli, wholeUnits } from "../../api/quantity.ts";
import type { NodeInfo, PodInfo, Resources } from "./framework.ts";

const nothing: Resources = { cpuMilli: 0, memoryBytes: 0, ephemeralStorageBytes: 0, others: {} };

/**
 * What the scheduler believes: the nodes, and which pods hold what on them. Pods it has promised a
 * node count at once, before the API server confirms.
 *
 * @see kubernetes `pkg/scheduler/backend/cache/cache.go`
 */
export class ClusterState {
  readonly #nodes = new Map<string, KnownNode>();
  readonly #held = new Map<string, HeldPod>();
  readonly #heldByNode = new Map<string, Usage>();
  /** Built from the above when asked for; a node that changed is built again. */
  #infos: NodeInfo[] = [];
  #indexes = new Map<string, number>();
  #isStale = true;
  #epoch = 0;
  #touches: number[] = [];
  #discouragedNodes = 0;

  /** Changes when nodes come or go: then indexes mean other nodes than before. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Indexes of the nodes that changed, in order, since the epoch began. */
  get touches(): readonly number[] {
    return this.#touches;
  }

  /** Nodes with a taint that discourages without forbidding. */
  get discouragedNodes(): number {
    return this.#discouragedNodes;
  }

  /** The nodes in name order, with what their pods ask for. */
  snapshot(): readonly NodeInfo[] {
    if (this.#isStale || this.#touches.length > touchesMax) {
      const names = [...this.#nodes.keys()].toSorted();
      this.#infos = names.map((name) => this.#buildInfo(name, this.#nodes.get(name) as KnownNode));
      this.#indexes = new Map(names.map((name, index) => [name, index]));
      this.#isStale = false;
      this.#epoch++;
      this.#touches = [];
    }
    return this.#infos;
  }

  setNode(node: Node): void {
    const name = node.metadata.name ?? "";
    const before = this.#nodes.get(name);
    const known = knownNode(node);
    this.#nodes.set(name, known);
    this.#discouragedNodes += Number(known.isDiscouraged) - Number(before?.isDiscouraged ?? false);
    if (before === undefined) this.#isStale = true;
    else this.#rebuild(name);
  }

  removeNode(name: string): void {
    this.#discouragedNodes -= Number(this.#nodes.get(name)?.isDiscouraged ?? false);
    this.#nodes.delete(name);
    this.#isStale = true;
  }

  /** A pod that has a node, promised or confirmed. */
  holdPod(key: string, info: PodInfo, nodeName: string): void {
    this.releasePod(key);
    this.#held.set(key, { info, nodeName });
    this.#count(info, nodeName, 1);
  }

  releasePod(key: string): void {
    const held = this.#held.get(key);
    if (held === undefined) return;
    this.#held.delete(key);
    this.#count(held.info, held.nodeName, -1);
  }

  nodeOf(key: string): string | undefined {
    return this.#held.get(key)?.nodeName;
  }

  #count({ requests, requestsNonZero }: PodInfo, nodeName: string, sign: 1 | -1): void {
    const usage = this.#heldByNode.get(nodeName) ?? noUsage;
    this.#heldByNode.set(nodeName, {
      requested: added(usage.requested, requests, sign),
      nonZero: {
        cpuMilli: usage.nonZero.cpuMilli + sign * requestsNonZero.cpuMilli,
        memoryBytes: usage.nonZero.memoryBytes + sign * requestsNonZero.memoryBytes,
      },
      pods: usage.pods + sign,
    });
    this.#rebuild(nodeName);
  }

  #rebuild(name: string): void {
    const index = this.#indexes.get(name);
    const known = this.#nodes.get(name);
    if (this.#isStale || index === undefined || known === undefined) return;
    this.#infos[index] = this.#buildInfo(name, known);
    this.#touches.push(index);
  }

  #buildInfo(name: string, { node, allocatable, allocatablePods }: KnownNode): NodeInfo {
    const usage = this.#heldByNode.get(name) ?? noUsage;
    return {
      name,
      node,
      allocatable,
      allocatablePods,
      requested: usage.requested,
      requestedNonZero: usage.nonZero,
      podCount: usage.pods,
    };
  }
}

/** Touches kept before indexes are counted anew: nobody needs to catch up on more. */
const touchesMax = 1_000_000;

/** A node, and what its quantities come to. */
interface KnownNode {
  readonly node: Node;
  readonly allocatable: Resources;
  readonly allocatablePods: number;
  readonly isDiscouraged: boolean;
}

function knownNode(node: Node): KnownNode {
  const { pods = "0", ...resources } = node.status?.allocatable ?? {};
  return {
    node,
    allocatable: resourcesOf(resources),
    allocatablePods: wholeUnits(pods),
    isDiscouraged: (node.spec.taints ?? []).some(({ effect }) => effect === "PreferNoSchedule"),
  };
}

export function podInfoOf(object: KubeObject): PodInfo {
  const pod = object as unknown as Pod;
  return { pod, requests: podRequests(pod), requestsNonZero: podRequestsNonZero(pod) };
}

interface HeldPod {
  readonly info: PodInfo;
  readonly nodeName: string;
}

interface Usage {
  readonly requested: Resources;
  readonly nonZero: Pick<Resources, "cpuMilli" | "memoryBytes">;
  readonly pods: number;
}

const noUsage: Usage = { requested: nothing, nonZero: nothing, pods: 0 };

function added(total: Resources, more: Resources, sign: 1 | -1): Resources {
  const others = { ...total.others };
  for (const name in more.others) {
    others[name] = (others[name] ?? 0) + sign * (more.others[name] as number);
  }
  return {
    cpuMilli: total.cpuMilli + sign * more.cpuMilli,
    memoryBytes: total.memoryBytes + sign * more.memoryBytes,
    ephemeralStorageBytes: total.ephemeralStorageBytes + sign * more.ephemeralStorageBytes,
    others,
  };
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
