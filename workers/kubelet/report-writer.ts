import { Batch, noPod } from "../../src/data-plane/batch.ts";
import {
  containerStates,
  type EventCode,
  eventCodes,
  podPhases,
  reports,
} from "../../src/data-plane/protocol.ts";
import type { HashedText } from "../../src/kernel/hash.ts";
import type { Timeline } from "../../src/kernel/timeline.ts";
import type { FactData } from "../../src/kernel/trace.ts";
import type { ContainerLife, LastTermination } from "./container-life.ts";
import type { EventDetail } from "./container-surroundings.ts";
import { podConditionBits } from "./pod-phase.ts";
import type { PodWorker } from "./pod-worker.ts";

export const networkNotReady =
  "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized";

/** What the kubelets of a shard tell the hub: records in the batch of the current window. */
export class ReportWriter {
  readonly #timeline: Timeline;
  #outbox = new Batch();

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** The batch that reports go into from now on. */
  begin(outbox: Batch): void {
    this.#outbox = outbox;
  }

  /** @param watch Number of the watch that begins with it. */
  registerNode(node: number, watch: number): void {
    this.#outbox.set(this.#begin(reports.registerNode, node, noPod), 0, watch);
  }

  /** @param watch Its number. */
  watch(node: number, watch: number): void {
    this.#outbox.set(this.#begin(reports.watch, node, noPod), 0, watch);
  }

  /** @param aheadUs How far the node's clock is ahead, µs. */
  renewLease(node: number, aheadUs: number): void {
    this.#outbox.set(this.#begin(reports.renewLease, node, noPod), 0, aheadUs);
  }

  /** @param aheadUs How far the node's clock is ahead, µs. */
  nodeStatus(node: number, isReady: boolean, aheadUs: number): void {
    const index = this.#begin(reports.nodeStatus, node, noPod);
    this.#outbox.set(index, 0, isReady ? 1 : 0);
    this.#setText(index, 1, isReady ? "KubeletReady" : "KubeletNotReady");
    this.#setText(index, 2, isReady ? "kubelet is posting ready status" : networkNotReady);
    this.#outbox.set(index, 3, aheadUs);
  }

  podStatus(node: number, worker: PodWorker): void {
    const { containers, phase, hasSandbox, handle } = worker;
    const index = this.#begin(reports.podStatus, node, handle);
    const outbox = this.#outbox;
    outbox.set(index, 0, podPhases.indexOf(phase));
    outbox.set(index, 1, podConditionBits(containers, hasSandbox, phase));
    outbox.set(index, 2, worker.acceptedAtUs);
    outbox.set(index, 3, worker.ip);
    outbox.set(index, 4, containers.length);
    for (const container of containers) {
      this.#containerStatus(node, handle, container);
      if (container.last !== undefined) this.#lastState(node, handle, container, container.last);
    }
  }

  removePod(node: number, pod: number): void {
    this.#begin(reports.removePod, node, pod);
  }

  /** @param container Index of the container it is about; -1 for none. */
  event(node: number, pod: number, code: EventCode, container: number, detail: EventDetail): void {
    const index = this.#begin(reports.event, node, pod);
    const outbox = this.#outbox;
    outbox.set(index, 0, eventCodes.indexOf(code));
    outbox.set(index, 1, container);
    this.#setText(index, 2, detail.text ?? "");
    outbox.set(index, 3, detail.tookUs ?? 0);
    outbox.set(index, 4, detail.waitedUs ?? 0);
    outbox.set(index, 5, detail.bytes ?? 0);
  }

  fact(node: number, kind: string, subject: string | HashedText, data: FactData): void {
    const index = this.#begin(reports.fact, node, noPod);
    this.#setText(index, 0, kind);
    this.#setText(index, 1, typeof subject === "string" ? subject : subject.text);
    this.#setText(index, 2, JSON.stringify(data));
  }

  #containerStatus(node: number, pod: number, container: ContainerLife): void {
    const { shown } = container;
    const isWaiting = shown.name === "waiting";
    const index = this.#begin(reports.containerStatus, node, pod);
    const outbox = this.#outbox;
    outbox.set(index, 0, container.index);
    outbox.set(index, 1, containerStates.indexOf(shown.name));
    this.#setText(index, 2, isWaiting ? shown.reason : "");
    this.#setText(index, 3, isWaiting ? shown.message : "");
    outbox.set(index, 4, container.restarts);
    outbox.set(index, 5, container.startedAtUs);
    outbox.set(index, 6, container.serial);
    outbox.set(index, 7, container.last === undefined ? 0 : 1);
  }

  #lastState(node: number, pod: number, container: ContainerLife, last: LastTermination): void {
    const index = this.#begin(reports.containerLastState, node, pod);
    const outbox = this.#outbox;
    outbox.set(index, 0, container.index);
    outbox.set(index, 1, last.exitCode);
    this.#setText(index, 2, last.reason);
    this.#setText(index, 3, last.message);
    outbox.set(index, 4, last.startedAtUs);
    outbox.set(index, 5, last.finishedAtUs);
    outbox.set(index, 6, last.serial);
  }

  #begin(kind: number, node: number, pod: number): number {
    const { nowUs, isBackground } = this.#timeline;
    return this.#outbox.begin(nowUs, kind, node, pod, isBackground);
  }

  #setText(index: number, position: number, text: string): void {
    this.#outbox.set(index, position, this.#outbox.addText(text));
  }
}
