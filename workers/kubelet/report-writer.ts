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
import type { EventDetail } from "./container-worker.ts";
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

  registerNode(node: number): void {
    this.#add(reports.registerNode, node, noPod, nothing);
  }

  renewLease(node: number): void {
    this.#add(reports.renewLease, node, noPod, nothing);
  }

  nodeStatus(node: number, isReady: boolean): void {
    const reason = this.#outbox.addText(isReady ? "KubeletReady" : "KubeletNotReady");
    const message = isReady ? "kubelet is posting ready status" : networkNotReady;
    const args = [isReady ? 1 : 0, reason, this.#outbox.addText(message)];
    this.#add(reports.nodeStatus, node, noPod, args);
  }

  podStatus(node: number, worker: PodWorker): void {
    const { containers, phase, hasSandbox, ip, handle } = worker;
    this.#add(reports.podStatus, node, handle, [
      podPhases.indexOf(phase),
      podConditionBits(containers, hasSandbox, phase),
      worker.acceptedAtUs,
      ip,
      containers.length,
    ]);
    for (const container of containers) {
      this.#containerStatus(node, handle, container);
      if (container.last !== undefined) this.#lastState(node, handle, container, container.last);
    }
  }

  removePod(node: number, pod: number): void {
    this.#add(reports.removePod, node, pod, nothing);
  }

  /** @param container Index of the container it is about; -1 for none. */
  event(node: number, pod: number, code: EventCode, container: number, detail: EventDetail): void {
    const { text = "", tookUs = 0, waitedUs = 0, bytes = 0 } = detail;
    this.#add(reports.event, node, pod, [
      eventCodes.indexOf(code),
      container,
      this.#outbox.addText(text),
      tookUs,
      waitedUs,
      bytes,
    ]);
  }

  fact(node: number, kind: string, subject: string | HashedText, data: FactData): void {
    const text = typeof subject === "string" ? subject : subject.text;
    this.#add(reports.fact, node, noPod, [
      this.#outbox.addText(kind),
      this.#outbox.addText(text),
      this.#outbox.addText(JSON.stringify(data)),
    ]);
  }

  #containerStatus(node: number, pod: number, container: ContainerLife): void {
    const { index, shown, restarts, startedAtUs, serial, last } = container;
    const isWaiting = shown.name === "waiting";
    this.#add(reports.containerStatus, node, pod, [
      index,
      containerStates.indexOf(shown.name),
      this.#outbox.addText(isWaiting ? shown.reason : ""),
      this.#outbox.addText(isWaiting ? shown.message : ""),
      restarts,
      startedAtUs,
      serial,
      last === undefined ? 0 : 1,
    ]);
  }

  #lastState(node: number, pod: number, { index }: ContainerLife, last: LastTermination): void {
    this.#add(reports.containerLastState, node, pod, [
      index,
      last.exitCode,
      this.#outbox.addText(last.reason),
      this.#outbox.addText(last.message),
      last.startedAtUs,
      last.finishedAtUs,
      last.serial,
    ]);
  }

  #add(kind: number, node: number, pod: number, args: readonly number[]): void {
    const { nowUs, isBackground } = this.#timeline;
    this.#outbox.add(nowUs, kind, node, pod, args, isBackground);
  }
}

const nothing: readonly number[] = [];
