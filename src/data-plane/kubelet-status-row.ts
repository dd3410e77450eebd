import type { Pod, PodStatus } from "../api/objects.ts";
import { equalJson } from "../api/equal-json.ts";
import { rfc3339 } from "../api/time.ts";
import type { PodStatusRow } from "./kubelet-door.ts";
import {
  conditionValues,
  kubeletConditions,
  podStatus,
  type PodReport,
  type StatusSurroundings,
} from "./kubelet-status.ts";

/** Where a pod runs, as its status shows it: the same object for all pods of a node. */
export type PodHost = Omit<StatusSurroundings, "nowUs">;

/** A pod's status as its kubelet reported it, and since when each of its conditions is as it is. */
export class KubeletStatusRow implements PodStatusRow {
  readonly report: PodReport;
  readonly #host: PodHost;
  /** Seconds since 1970, in the order of `kubeletConditions`; the same array while none changes. */
  readonly #since: readonly number[];

  private constructor(report: PodReport, host: PodHost, since: readonly number[]) {
    this.report = report;
    this.#host = host;
    this.#since = since;
  }

  /** The status after a report; the same row when it says nothing new. */
  static next(
    before: PodStatusRow | undefined,
    report: PodReport,
    host: PodHost,
    nowUs: number,
  ): KubeletStatusRow {
    const nowSeconds = Math.floor(nowUs / 1_000_000);
    if (!(before instanceof KubeletStatusRow)) {
      return new KubeletStatusRow(report, host, sinceOf([], [], [], nowSeconds));
    }
    if (isSameReport(before.report, report)) return before;
    const old = conditionValues(before.report);
    const now = conditionValues(report);
    const since = sinceOf(before.#since, old, now, nowSeconds);
    return new KubeletStatusRow(report, host, since);
  }

  get phase(): string {
    return this.report.phase;
  }

  toStatus(pod: Pod): PodStatus {
    const values = conditionValues(this.report);
    const own = kubeletConditions.map((type, index) => ({
      type,
      status: values[index] ? "True" : "False",
      lastTransitionTime: rfc3339((this.#since[index] as number) * 1_000_000),
    }));
    const conditions = [...own, ...(pod.status?.conditions ?? [])];
    const before = { ...pod, status: { ...pod.status, conditions } };
    return podStatus(before, this.report, { ...this.#host, nowUs: 0 });
  }
}

/**
 * Since when each condition is as it is now. Pods that go through the same in the same second, as most
 * of a busy cluster's do, share the array.
 */
function sinceOf(
  before: readonly number[],
  old: readonly boolean[],
  now: readonly boolean[],
  nowSeconds: number,
): readonly number[] {
  const at = (index: number): number =>
    old[index] === now[index] ? (before[index] ?? nowSeconds) : nowSeconds;
  const [first, second, third, fourth] = [at(0), at(1), at(2), at(3)];
  for (const known of recent) {
    const isSame = known[0] === first && known[1] === second;
    if (isSame && known[2] === third && known[3] === fourth) return known;
  }
  const made = [first, second, third, fourth];
  recent[next] = made;
  next = (next + 1) % recentMax;
  return made;
}

/** What was made last. */
const recent: (readonly number[])[] = [];
const recentMax = 8;
let next = 0;

function isSameReport(left: PodReport, right: PodReport): boolean {
  return (
    left.phase === right.phase &&
    left.conditions === right.conditions &&
    left.startedAtUs === right.startedAtUs &&
    left.ip === right.ip &&
    left.containers.length === right.containers.length &&
    left.containers.every((container, index) => {
      const other = right.containers[index];
      return (
        other !== undefined &&
        container.state === other.state &&
        container.reason === other.reason &&
        container.message === other.message &&
        container.restarts === other.restarts &&
        container.startedAtUs === other.startedAtUs &&
        container.serial === other.serial &&
        equalJson(container.last, other.last)
      );
    })
  );
}
