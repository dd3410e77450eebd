import type { Pod } from "../api/objects.ts";
import type { PodVersion } from "./kubelet-door.ts";

/** Of a pod that was over before this cluster began: nothing is left to do until it is deleted. */
export function wasOver(pod: PodVersion): boolean {
  return pod.storeKey === undefined && isOver((pod.toObject() as Pod).status?.phase);
}

/** Whether a pod in this phase has nothing left to do. */
export function isOver(phase: string | undefined): boolean {
  return phase === "Succeeded" || phase === "Failed";
}
