import type { ContainerStatus, Pod, PodStatus } from "../../../api/objects.ts";

/** What a pod's statuses come to in one line. */
export interface PodState {
  /** One word for people: `Running`, `Init:1/3`, `CrashLoopBackOff`, `Terminating`. */
  readonly reason: string;
  readonly ready: number;
  readonly total: number;
  readonly restarts: number;
  /** When a container last ended to be restarted; RFC 3339. */
  readonly lastRestartAt: string | undefined;
}

/**
 * Sums a pod up. While its init containers are at work they have the say, and after that its
 * containers, the first of which is heard last; being deleted outweighs everything.
 *
 * @see kubernetes `pkg/printers/internalversion/printers.go`: `printPod`
 */
export function podState(pod: Pod): PodState {
  const { spec, metadata, status = {} } = pod;
  const sidecars = new Set(
    (spec.initContainers ?? [])
      .filter(({ restartPolicy }) => restartPolicy === "Always")
      .map(({ name }) => name),
  );
  const total = spec.containers.length + sidecars.size;
  const before = { reason: initialReason(status), ready: 0 };
  const init = initState(status, sidecars, spec.initContainers?.length ?? 0, before);
  const isInitialized = hasCondition(status, "Initialized");
  const isDone = !init.isInitializing || isInitialized;
  const state = isDone ? mainState(status, sidecars, init) : init;
  return {
    total,
    ready: state.ready,
    restarts: state.restarts,
    lastRestartAt: state.lastRestartAt,
    reason: metadata.deletionTimestamp === undefined ? state.reason : deletedReason(status, state),
  };
}

type Summary = Omit<PodState, "total">;

function initialReason({ phase, reason, conditions = [] }: PodStatus): string {
  const isGated = conditions.some(
    (condition) => condition.type === "PodScheduled" && condition.reason === "SchedulingGated",
  );
  if (isGated) return "SchedulingGated";
  return reason || (phase ?? "");
}

/** Init containers run one by one: the first that has not ended well is where the pod stands. */
function initState(
  status: PodStatus,
  sidecars: ReadonlySet<string>,
  count: number,
  before: Pick<PodState, "reason" | "ready">,
): Summary & { readonly isInitializing: boolean } {
  const statuses = status.initContainerStatuses ?? [];
  let { ready } = before;
  for (const [index, container] of statuses.entries()) {
    const { terminated, waiting } = container.state ?? {};
    const seen = statuses.slice(0, index + 1);
    if (terminated?.exitCode === 0) continue;
    if (sidecars.has(container.name) && container.started === true) {
      if (container.ready) ready++;
      continue;
    }
    const isWaiting = (waiting?.reason ?? "") !== "" && waiting?.reason !== "PodInitializing";
    const reason =
      terminated !== undefined
        ? endReason(container)
        : isWaiting
          ? waiting?.reason
          : `${index}/${count}`;
    return { reason: `Init:${reason}`, ready, ...restartsOf(seen), isInitializing: true };
  }
  return { reason: before.reason, ready, ...restartsOf(statuses), isInitializing: false };
}

/** Sidecars live as long as the containers, so their restarts count on; others' are history. */
function mainState(
  status: PodStatus,
  sidecars: ReadonlySet<string>,
  before: Pick<PodState, "reason" | "ready">,
): Summary {
  const statuses = status.containerStatuses ?? [];
  let { reason, ready } = before;
  let hasRunning = false;
  let errorReason = "";
  for (const container of statuses.toReversed()) {
    const { waiting, terminated, running } = container.state ?? {};
    if (waiting?.reason) {
      reason = waiting.reason;
    } else if (terminated !== undefined) {
      reason = endReason(container);
      if (terminated.exitCode !== 0) errorReason = reason;
    } else if (container.ready && running !== undefined) {
      hasRunning = true;
      ready++;
    }
  }
  if (reason === "Completed") {
    reason = reasonOfPartlyCompleted(status, hasRunning, errorReason);
  }
  const initStatuses = status.initContainerStatuses ?? [];
  const lasting = initStatuses.filter(({ name }) => sidecars.has(name));
  return { reason, ready, ...restartsOf([...lasting, ...statuses]) };
}

function reasonOfPartlyCompleted(
  status: PodStatus,
  hasRunning: boolean,
  errorReason: string,
): string {
  if (hasRunning && hasCondition(status, "Ready")) return "Running";
  if (errorReason !== "") return errorReason;
  return hasRunning ? "NotReady" : "Completed";
}

function deletedReason({ phase, reason }: PodStatus, state: Summary): string {
  if (reason === "NodeLost") return "Unknown";
  const isOver = phase === "Succeeded" || phase === "Failed";
  return isOver ? state.reason : "Terminating";
}

function endReason({ state }: ContainerStatus): string {
  const { reason = "", signal = 0, exitCode = 0 } = state?.terminated ?? {};
  if (reason !== "") return reason;
  return signal === 0 ? `ExitCode:${exitCode}` : `Signal:${signal}`;
}

function restartsOf(
  statuses: readonly ContainerStatus[],
): Pick<PodState, "restarts" | "lastRestartAt"> {
  const ends = statuses.flatMap(({ lastState }) => lastState?.terminated?.finishedAt ?? []);
  return {
    restarts: statuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
    // Times of one format and zone sort as text.
    lastRestartAt: ends.toSorted().at(-1),
  };
}

function hasCondition({ conditions = [] }: PodStatus, type: string): boolean {
  return conditions.find((condition) => condition.type === type)?.status === "True";
}
