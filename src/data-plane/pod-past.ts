import type { ContainerStatus, Pod } from "../api/objects.ts";
import { parseRfc3339 } from "../api/time.ts";
import { type PastTermination, type PodPast, unknownTime } from "./protocol.ts";

/**
 * What a pod's status says of its containers, to a kubelet whose machine was down since: how the last
 * container of each place ended, init containers first. Those that ran went down with the machine.
 *
 * @returns `undefined` for a pod none of whose containers ever was there.
 * @see containerd `internal/cri/server/restart.go`: what cannot be recovered is `Unknown`, exit code 255
 */
export function podPast({ spec, status }: Pod, nowUs: number): PodPast | undefined {
  const pastOf = (statuses: readonly ContainerStatus[] = []) => {
    return ({ name }: { readonly name: string }): PastTermination | null => {
      const found = statuses.find((each) => each.name === name);
      return found?.containerID === undefined ? null : pastTermination(found, nowUs);
    };
  };
  const containers = [
    ...(spec.initContainers ?? []).map(pastOf(status?.initContainerStatuses)),
    ...spec.containers.map(pastOf(status?.containerStatuses)),
  ];
  if (containers.every((each) => each === null)) return undefined;
  return { acceptedAtUs: parseRfc3339(status?.startTime ?? "") ?? nowUs, containers };
}

function pastTermination(status: ContainerStatus, nowUs: number): PastTermination {
  const { state, lastState, restartCount: serial } = status;
  const terminated = state?.terminated ?? lastState?.terminated;
  if (state?.running === undefined && terminated !== undefined) {
    return {
      exitCode: terminated.exitCode,
      reason: terminated.reason ?? "",
      message: terminated.message ?? "",
      startedAtUs: timeUs(terminated.startedAt),
      finishedAtUs: timeUs(terminated.finishedAt),
      serial,
    };
  }
  return {
    exitCode: 255,
    reason: "Unknown",
    message: "",
    startedAtUs: timeUs(state?.running?.startedAt),
    finishedAtUs: nowUs,
    serial,
  };
}

function timeUs(text: string | null | undefined): number {
  return parseRfc3339(text ?? "") ?? unknownTime;
}
