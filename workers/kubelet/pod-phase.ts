import { conditionBits, type PodPhase } from "../../src/data-plane/protocol.ts";
import type { ContainerLife } from "./container-life.ts";

/**
 * A pod's phase from its containers.
 *
 * @see kubernetes `pkg/kubelet/kubelet_pods.go`, `getPhase`
 */
export function podPhase(
  containers: readonly ContainerLife[],
  restartPolicy: "Always" | "OnFailure" | "Never",
  isBeingDeleted: boolean,
): PodPhase {
  const init = containers.filter(({ isInit }) => isInit);
  if (init.some((life) => hasFailedForGood(life, restartPolicy))) return "Failed";
  if (init.some((life) => !hasInitialized(life))) return "Pending";
  const main = containers.filter(({ isInit }) => !isInit);
  if (main.some(({ shown }) => shown.name === "running")) return "Running";
  if (main.some(({ shown, last }) => shown.name === "waiting" && last === undefined))
    return "Pending";
  const failed = main.some(({ last }) => last?.exitCode !== 0);
  if (isBeingDeleted) return failed ? "Failed" : "Succeeded";
  if (restartPolicy === "Always") return "Running";
  if (!failed) return "Succeeded";
  return restartPolicy === "Never" ? "Failed" : "Running";
}

export function podConditionBits(
  containers: readonly ContainerLife[],
  hasSandbox: boolean,
  phase: PodPhase,
): number {
  const main = containers.filter(({ isInit }) => !isInit);
  const isInitialized = containers.every((life) => !life.isInit || hasInitialized(life));
  const isOver = phase === "Succeeded" || phase === "Failed";
  const isReady = isInitialized && !isOver && main.every(({ shown }) => shown.name === "running");
  return (
    (hasSandbox ? conditionBits.podReadyToStartContainers : 0) |
    (isInitialized ? conditionBits.initialized : 0) |
    (isReady ? conditionBits.containersReady | conditionBits.ready : 0) |
    (phase === "Succeeded" ? conditionBits.podCompleted : 0)
  );
}

/** An init container is done when it ended well; a sidecar when it runs. */
export function hasInitialized({ spec, shown, last }: ContainerLife): boolean {
  if (spec.isSidecar) return shown.name === "running";
  return shown.name === "terminated" && last?.exitCode === 0;
}

function hasFailedForGood(life: ContainerLife, restartPolicy: string): boolean {
  const isFailed = life.shown.name === "terminated" && life.last?.exitCode !== 0;
  return isFailed && restartPolicy === "Never" && !life.spec.isSidecar;
}
