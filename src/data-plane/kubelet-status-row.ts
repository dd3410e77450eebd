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
      return new KubeletStatusRow(report, host, [nowSeconds, nowSeconds, nowSeconds, nowSeconds]);
    }
    if (isSameReport(before.report, report)) return before;
    const old = conditionValues(before.report);
    const now = conditionValues(report);
    const since = before.#since.map((at, index) => (old[index] === now[index] ? at : nowSeconds));
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
