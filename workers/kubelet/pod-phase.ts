import { conditionBits, type PodPhase } from "../../src/data-plane/protocol.ts";
import type { ContainerLife } from "./container-life.ts";

export type RestartPolicy = "Always" | "OnFailure" | "Never";

/**
 * A pod's phase from its containers.
 *
 * @param isEnding Whether no container is started again, whatever the restart policy.
 * @see kubernetes `pkg/kubelet/kubelet_pods.go`, `getPhase`
 */
export function podPhase(
  containers: readonly ContainerLife[],
  restartPolicy: RestartPolicy,
  isEnding: boolean,
): PodPhase {
  // Asked for each status of each pod: in one pass, and without arrays.
  let isPending = false;
  let isRunning = false;
  let isContinued = false;
  let hasAllSucceeded = true;
  for (const life of containers) {
    if (isServing(life)) {
      if (isAtFirst(life)) isPending = true;
      if (life.shown.name === "running") isRunning = true;
    } else {
      if (hasFailedForGood(life, restartPolicy)) return "Failed";
      if (isAtFirst(life) || life.shown.name === "running") isPending = true;
    }
    if (life.isInit) continue;
    if (isRestarted(life, restartPolicy)) isContinued = true;
    if (!hasSucceeded(life)) hasAllSucceeded = false;
  }
  if (isPending) return "Pending";
  if (isRunning || (!isEnding && isContinued)) return "Running";
  return hasAllSucceeded ? "Succeeded" : "Failed";
}

/** Whether a container of a pod is started again after it ended. */
export function isRestarted(
  { isInit, spec, last }: Pick<ContainerLife, "isInit" | "spec" | "last">,
  restartPolicy: RestartPolicy,
): boolean {
  if (spec.isSidecar) return true;
  const hasFailed = last?.exitCode !== 0;
  if (isInit) return hasFailed && restartPolicy !== "Never";
  return restartPolicy === "Always" || (restartPolicy === "OnFailure" && hasFailed);
}

export function podConditionBits(
  containers: readonly ContainerLife[],
  hasSandbox: boolean,
  phase: PodPhase,
): number {
  const isInitialized = isPodInitialized(containers);
  const isOver = phase === "Succeeded" || phase === "Failed";
  const isServed = containers.every((life) => !isServing(life) || life.shown.name === "running");
  const isReady = isInitialized && !isOver && isServed;
  return (
    (hasSandbox ? conditionBits.podReadyToStartContainers : 0) |
    (isInitialized ? conditionBits.initialized : 0) |
    (isReady ? conditionBits.containersReady | conditionBits.ready : 0) |
    (phase === "Succeeded" ? conditionBits.podCompleted : 0)
  );
}

/** @see kubernetes `pkg/kubelet/status/generate.go`, `GeneratePodInitializedCondition` */
export function isPodInitialized(containers: readonly ContainerLife[]): boolean {
  return hasStarted(containers) || containers.every((life) => !life.isInit || hasInitialized(life));
}

/** An init container is done when it ended well; a sidecar when it runs. */
export function hasInitialized(life: ContainerLife): boolean {
  return life.spec.isSidecar ? life.shown.name === "running" : hasSucceeded(life);
}

/** A container or a sidecar: what makes up a pod that runs. */
function isServing({ isInit, spec }: ContainerLife): boolean {
  return !isInit || spec.isSidecar;
}

function hasSucceeded({ shown, last }: ContainerLife): boolean {
  return shown.name === "terminated" && last?.exitCode === 0;
}

/** Whether a container that is no init container ever started. */
function hasStarted(containers: readonly ContainerLife[]): boolean {
  return containers.some((life) => !life.isInit && !isAtFirst(life));
}

/** Waits for its first start. */
function isAtFirst({ shown, last }: ContainerLife): boolean {
  return shown.name === "waiting" && last === undefined;
}

function hasFailedForGood(life: ContainerLife, restartPolicy: RestartPolicy): boolean {
  return life.last !== undefined && life.last.exitCode !== 0 && !isRestarted(life, restartPolicy);
}
