import type { ActorRef } from "../kernel/timeline.ts";
import type { Machine } from "./node-object.ts";

/** A kubelet as the hub knows it. */
export interface Member {
  readonly machine: Machine;
  readonly actor: ActorRef;
}
