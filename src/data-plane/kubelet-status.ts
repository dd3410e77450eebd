import type {
  Container,
  ContainerState,
  ContainerStatus,
  Pod,
  PodCondition,
  PodStatus,
} from "../api/objects.ts";
import { rfc3339 } from "../api/time.ts";
import type { Chance } from "../kernel/chance.ts";
import { dottedIp } from "../api/ip.ts";
import { parseImageReference } from "../api/image-reference.ts";
import {
  conditionBits,
  type ContainerState as StateName,
  type PodPhase,
  unknownTime,
} from "./protocol.ts";
import type { RuntimeProfile } from "./runtime-profiles.ts";

/** A pod as its kubelet reported it. */
export interface PodReport {
  readonly phase: PodPhase;
  /** See `conditionBits`. */
  readonly conditions: number;
  readonly startedAtUs: number;
  /** 0 while it has no address of its own. */
  readonly ip: number;
  /** Init containers first, as in the spec. */
  readonly containers: readonly ContainerReport[];
}

export interface ContainerReport {
  readonly state: StateName;
  readonly reason: string;
  readonly message: string;
  readonly restarts: number;
  readonly startedAtUs: number;
  /** Tells the containers of one place in the pod apart. */
  readonly serial: number;
  readonly last: TerminationReport | undefined;
}

export interface TerminationReport {
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  /** `unknownTime` when nobody knows, as for `finishedAtUs`. */
  readonly startedAtUs: number;
  readonly finishedAtUs: number;
  /** -1 when there is no container to name. */
  readonly serial: number;
}

/** The node a pod runs on, as its status shows it. */
export interface StatusSurroundings {
  readonly nowUs: number;
  readonly hostIp: string;
  readonly runtime: RuntimeProfile;
  readonly chance: Chance;
}

/**
 * The status a kubelet writes, from what it reported and what was there before: conditions keep the
 * time of their last change.
 *
 * @see kubernetes `pkg/kubelet/kubelet_pods.go`, `generateAPIPodStatus`
 */
export function podStatus(
  stored: Pod,
  report: PodReport,
  surroundings: StatusSurroundings,
): PodStatus {
  const initCount = stored.spec.initContainers?.length ?? 0;
  const statuses = report.containers.map((container, index) =>
    containerStatus(stored, index, container, surroundings),
  );
  const { hostIp } = surroundings;
  const ownIp = report.ip === 0 ? "" : dottedIp(report.ip);
  const podIp = stored.spec.hostNetwork ? hostIp : ownIp;
  return {
    ...(stored.metadata.generation !== undefined && {
      observedGeneration: stored.metadata.generation,
    }),
    phase: report.phase,
    conditions: podConditions(stored, report, statuses, initCount, surroundings.nowUs),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    ...(podIp !== "" && { podIP: podIp, podIPs: [{ ip: podIp }] }),
    startTime: rfc3339(report.startedAtUs),
    ...(initCount > 0 && { initContainerStatuses: statuses.slice(0, initCount) }),
    containerStatuses: statuses.slice(initCount).toSorted(byName),
    ...(stored.status?.qosClass !== undefined && { qosClass: stored.status.qosClass }),
  };
}

/** @see kubernetes `pkg/kubelet/types/types.go`: `SortedContainerStatuses` */
function byName(a: ContainerStatus, b: ContainerStatus): number {
  return a.name < b.name ? -1 : 1;
}

function podConditions(
  { spec, status }: Pod,
  report: PodReport,
  statuses: readonly ContainerStatus[],
  initCount: number,
  nowUs: number,
): readonly PodCondition[] {
  const old = status?.conditions ?? [];
  const [isSandboxReady, isInitialized, isReady, areContainersReady] = conditionValues(report);
  const serving = statuses.filter(
    (_status, index) => index >= initCount || isSidecar(spec.initContainers?.[index]),
  );
  const unready = notReadyReason(serving, report.phase);
  const uninitialized = isInitialized
    ? report.phase === "Succeeded" && { reason: "PodCompleted" }
    : {
        reason: "ContainersNotInitialized",
        message: `containers with incomplete status: [${names(statuses.slice(0, initCount), ({ ready }) => !ready)}]`,
      };
  const make = (type: string, isTrue: boolean | undefined, why: object | false): PodCondition => {
    const value = isTrue ? "True" : "False";
    const before = old.find((condition) => condition.type === type);
    const since = before?.status === value ? before.lastTransitionTime : undefined;
    return {
      type,
      status: value,
      lastProbeTime: null,
      lastTransitionTime: since ?? rfc3339(nowUs),
      ...why,
    };
  };
  const kept = old.filter(({ type }) => !kubeletConditionSet.has(type));
  return [
    make("PodReadyToStartContainers", isSandboxReady, false),
    make("Initialized", isInitialized, uninitialized),
    make("Ready", isReady, !isReady && unready),
    make("ContainersReady", areContainersReady, !areContainersReady && unready),
    ...kept,
  ];
}

/** The conditions a kubelet keeps, in its order. */
export const kubeletConditions = [
  "PodReadyToStartContainers",
  "Initialized",
  "Ready",
  "ContainersReady",
] as const;
const kubeletConditionSet: ReadonlySet<string> = new Set(kubeletConditions);

/** Whether each of `kubeletConditions` holds. */
export function conditionValues({ conditions, phase }: PodReport): readonly boolean[] {
  const isOver = phase === "Succeeded" || phase === "Failed";
  return [
    (conditions & conditionBits.podReadyToStartContainers) !== 0 && !isOver,
    (conditions & conditionBits.initialized) !== 0,
    (conditions & conditionBits.ready) !== 0,
    (conditions & conditionBits.containersReady) !== 0,
  ];
}

/** @see kubernetes `pkg/kubelet/status/generate.go` */
function notReadyReason(containers: readonly ContainerStatus[], phase: PodPhase): object {
  if (phase === "Succeeded") return { reason: "PodCompleted" };
  if (phase === "Failed") return { reason: "PodFailed" };
  return {
    reason: "ContainersNotReady",
    message: `containers with unready status: [${names(containers, ({ ready }) => !ready)}]`,
  };
}

function names(
  statuses: readonly ContainerStatus[],
  matches: (status: ContainerStatus) => boolean,
): string {
  return statuses
    .filter(matches)
    .map(({ name }) => name)
    .join(" ");
}

function containerStatus(
  { spec, metadata }: Pod,
  index: number,
  report: ContainerReport,
  { chance, runtime }: StatusSurroundings,
): ContainerStatus {
  const initContainers = spec.initContainers ?? [];
  const isInit = index < initContainers.length;
  const container = isInit ? initContainers[index] : spec.containers[index - initContainers.length];
  const { name = "", image = "" } = container ?? {};
  const idOf = (serial: number): string =>
    `${runtime.scheme}://${chance.hex(`container/${metadata.uid}/${name}#${serial}`, 64)}`;
  const { state, restarts, serial, last } = report;
  const reference = parseImageReference(image);
  const isPulled = serial >= 0;
  const terminated = last && terminatedState(last, last.serial >= 0 ? idOf(last.serial) : "");
  const isRunning = state === "running";
  const isDone = state === "terminated" && last?.exitCode === 0;
  return {
    name,
    state: stateOf(report, terminated),
    lastState: state === "terminated" || terminated === undefined ? {} : terminated,
    ready: isInit && !isSidecar(container) ? isDone : isRunning,
    restartCount: restarts,
    image: isPulled && reference !== undefined ? imageName(reference, runtime) : image,
    imageID: isPulled && reference !== undefined ? imageId(reference, runtime, chance) : "",
    ...(isPulled && { containerID: idOf(serial) }),
    started: isRunning,
  };
}

function stateOf(report: ContainerReport, terminated: ContainerState | undefined): ContainerState {
  const { state, reason, message, startedAtUs } = report;
  if (state === "running") return { running: { startedAt: rfc3339(startedAtUs) } };
  if (state === "terminated" && terminated !== undefined) return terminated;
  return { waiting: { reason, ...(message !== "" && { message }) } };
}

function terminatedState(last: TerminationReport, containerID: string): ContainerState {
  return {
    terminated: {
      exitCode: last.exitCode,
      reason: last.reason,
      ...(last.message !== "" && { message: last.message }),
      startedAt: timeOrNull(last.startedAtUs),
      finishedAt: timeOrNull(last.finishedAtUs),
      ...(containerID !== "" && { containerID }),
    },
  };
}

function timeOrNull(us: number): string | null {
  return us === unknownTime ? null : rfc3339(us);
}

/** An init container that goes on running. */
function isSidecar(container: Container | undefined): boolean {
  return container?.restartPolicy === "Always";
}

/** Docker leaves out what it takes for granted: `nginx:latest`. */
function imageName({ full }: { readonly full: string }, { name }: RuntimeProfile): string {
  return name === "docker" ? full.replace(/^docker\.io\/(?:library\/)?/, "") : full;
}

function imageId(
  { repository, full }: { readonly repository: string; readonly full: string },
  runtime: RuntimeProfile,
  chance: Chance,
): string {
  const prefix = runtime.name === "docker" ? "docker-pullable://" : "";
  return `${prefix}${repository}@sha256:${chance.hex(`image/${full}`, 64)}`;
}
