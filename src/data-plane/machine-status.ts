import type { ConditionView } from "../api/node-view.ts";
import type { NodeStatus, ObjectMeta } from "../api/objects.ts";
import { rfc3339 } from "../api/time.ts";
import type { Chance } from "../kernel/chance.ts";
import type { NodeStatusChange, NodeStatusRow } from "./kubelet-door.ts";
import { type Machine, nodeMetadata, nodeStatus, type Readiness } from "./node-object.ts";

/** A node's status as its kubelet reported it, and since when it is ready, or is not. */
export class MachineStatus implements NodeStatusRow {
  readonly #machine: Machine;
  readonly #chance: Chance;
  readonly #ready: Readiness;
  /** Seconds since 1970. */
  readonly #firstAt: number;
  readonly #readySince: number;
  readonly #reportedAt: number;

  private constructor(
    machine: Machine,
    chance: Chance,
    ready: Readiness,
    firstAt: number,
    readySince: number,
    reportedAt: number,
  ) {
    this.#machine = machine;
    this.#chance = chance;
    this.#ready = ready;
    this.#firstAt = firstAt;
    this.#readySince = readySince;
    this.#reportedAt = reportedAt;
  }

  /** What a kubelet says first. */
  static first(machine: Machine, chance: Chance, nowUs: number, ready: Readiness): MachineStatus {
    const now = Math.floor(nowUs / 1_000_000);
    return new MachineStatus(machine, chance, ready, now, now, now);
  }

  /** The status after a report; the same row when it says nothing new. */
  next(nowUs: number, ready: Readiness): MachineStatus {
    const before = this.#ready;
    const now = Math.floor(nowUs / 1_000_000);
    const isSame = before.isReady === ready.isReady;
    const isSaidSo = before.reason === ready.reason && before.message === ready.message;
    if (isSame && isSaidSo && now === this.#reportedAt) return this;
    const since = isSame ? this.#readySince : now;
    return new MachineStatus(this.#machine, this.#chance, ready, this.#firstAt, since, now);
  }

  get allocatable(): Readonly<Record<string, string>> {
    return this.#machine.capacity;
  }

  get conditions(): readonly ConditionView[] {
    return this.#ready.isReady ? readyConditions : notReadyConditions;
  }

  ownMetadata(): Pick<ObjectMeta, "labels" | "annotations"> {
    return nodeMetadata(this.#machine);
  }

  toStatus(): NodeStatus {
    const [firstAt, readySince] = [this.#firstAt, this.#readySince].map((seconds) =>
      rfc3339(seconds * 1_000_000),
    );
    const conditions = this.conditions.map(({ type, status }) => ({
      type,
      status,
      lastTransitionTime: (type === "Ready" ? readySince : firstAt) as string,
    }));
    const reportedAtUs = this.#reportedAt * 1_000_000;
    return nodeStatus({ conditions }, this.#machine, this.#chance, reportedAtUs, this.#ready);
  }
}

/** What a kubelet's report makes of its node's status. */
export function nodeStatusChange(
  machine: Machine,
  chance: Chance,
  nowUs: number,
  ready: Readiness,
): NodeStatusChange {
  return {
    ofRow: (before) => (before instanceof MachineStatus ? before.next(nowUs, ready) : undefined),
    ofObject: (stored) => ({
      ...stored,
      status: nodeStatus(stored.status, machine, chance, nowUs, ready),
    }),
  };
}

const pressures: readonly ConditionView[] = [
  { type: "MemoryPressure", status: "False" },
  { type: "DiskPressure", status: "False" },
  { type: "PIDPressure", status: "False" },
];
const readyConditions = [...pressures, { type: "Ready", status: "True" }];
const notReadyConditions = [...pressures, { type: "Ready", status: "False" }];
