import type { DueTimer } from "../../src/kernel/machine-view.ts";
import type { ActorRef, TimerHandle, Timeline } from "../../src/kernel/timeline.ts";

/** @see kubernetes `pkg/kubelet/apis/config/v1beta1/defaults.go`: lease duration 40 s, a quarter of it */
export const leaseIntervalUs = 10_000_000;
/** Every 300 s. @see the same: `NodeStatusReportFrequency` */
const leasesPerStatus = 30;

export interface HeartbeatDuties {
  renewLease(): void;
  reportStatus(): void;
}

/** A node's leases and statuses, for ever, by one timer and one closure: there are many nodes. */
export class Heartbeat {
  readonly #timeline: Timeline;
  readonly #actor: ActorRef;
  readonly #duties: HeartbeatDuties;
  #dueUs: number;
  #timer: TimerHandle;
  /** How many leases until a status comes along. */
  #untilStatus = leasesPerStatus;

  /** @param firstUs How long until the first of them, µs. */
  constructor(timeline: Timeline, actor: ActorRef, firstUs: number, duties: HeartbeatDuties) {
    this.#timeline = timeline;
    this.#actor = actor;
    this.#duties = duties;
    this.#dueUs = timeline.nowUs + firstUs;
    this.#timer = timeline.setBackgroundTimer(actor, firstUs, this.#beat);
  }

  get timers(): readonly DueTimer[] {
    return [
      { name: "leaseRenewal", dueUs: this.#dueUs },
      { name: "statusReport", dueUs: this.#dueUs + this.#untilStatus * leaseIntervalUs },
    ];
  }

  readonly #beat = (): void => {
    if (this.#untilStatus === 0) this.#duties.reportStatus();
    this.#untilStatus = this.#untilStatus === 0 ? leasesPerStatus - 1 : this.#untilStatus - 1;
    this.#duties.renewLease();
    this.#dueUs = this.#timeline.nowUs + leaseIntervalUs;
    this.#timer = this.#timeline.setTimerAgain(
      this.#timer,
      this.#actor,
      leaseIntervalUs,
      this.#beat,
    );
  };
}
