import type { NodeView } from "../../api/node-view.ts";
import type { Taint } from "../../api/objects.ts";
import { cpuMilli, wholeUnits } from "../../api/quantity.ts";
import type { NodeInfo, PodInfo, Resources } from "./framework.ts";

const nothing: Resources = { cpuMilli: 0, memoryBytes: 0, ephemeralStorageBytes: 0, others: {} };
const noTaints: readonly Taint[] = [];

/**
 * A node and what its pods ask for. Counted in place: a cluster binds thousands of pods a second, and a
 * new object for each would be most of the scheduler's garbage.
 */
export class NodeUsage implements NodeInfo {
  readonly name: string;
  #view: NodeView | undefined;
  allocatable: Resources = nothing;
  allocatablePods = 0;
  readonly requested = { ...nothing };
  readonly requestedNonZero = { cpuMilli: 0, memoryBytes: 0 };
  podCount = 0;
  isDiscouraged = false;
  /** Whether the cluster has this node; pods may be bound to one before it is seen. */
  isKnown = false;

  constructor(name: string) {
    this.name = name;
  }

  get labels(): Readonly<Record<string, string>> | undefined {
    return this.#view?.labels;
  }

  get taints(): readonly Taint[] {
    return this.#view?.taints ?? noTaints;
  }

  get isUnschedulable(): boolean {
    return this.#view?.isUnschedulable ?? false;
  }

  setNode(view: NodeView): void {
    const { allocatable } = view;
    const isSame = allocatable === this.#view?.allocatable;
    this.#view = view;
    this.isKnown = true;
    this.isDiscouraged = view.taints.some(({ effect }) => effect === "PreferNoSchedule");
    if (isSame) return;
    const parsed = resourcesOf(allocatable);
    this.allocatable = parsed.resources;
    this.allocatablePods = parsed.pods;
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

interface Allocatable {
  readonly resources: Resources;
  readonly pods: number;
}

/** Nodes of one kind of machine share what they have. */
const known = new WeakMap<Readonly<Record<string, string>>, Allocatable>();

function resourcesOf(allocatable: Readonly<Record<string, string>>): Allocatable {
  let parsed = known.get(allocatable);
  if (parsed === undefined) {
    const { pods = "0", ...quantities } = allocatable;
    const { cpu = "0", memory = "0", "ephemeral-storage": storage = "0", ...others } = quantities;
    const resources = {
      cpuMilli: cpuMilli(cpu),
      memoryBytes: wholeUnits(memory),
      ephemeralStorageBytes: wholeUnits(storage),
      others: Object.fromEntries(
        Object.entries(others).map(([name, quantity]) => [name, wholeUnits(quantity)]),
      ),
    };
    parsed = { resources, pods: wholeUnits(pods) };
    known.set(allocatable, parsed);
  }
  return parsed;
}
