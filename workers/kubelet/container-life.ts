import type { KubeletContainer } from "../../src/data-plane/protocol.ts";

/** One place in a pod as its kubelet reports it: the containers that fill it one after another. */
export interface ContainerLife {
  /** Over init containers first, then containers. */
  readonly index: number;
  readonly isInit: boolean;
  /** What the container is made from. */
  readonly spec: KubeletContainer;
  /** What the API server is told; a restart in progress is not told. */
  readonly shown: ShownState;
  /** Counts the containers made for this place; -1 before the first. */
  readonly serial: number;
  readonly restarts: number;
  /** µs; 0 before the first start. */
  readonly startedAtUs: number;
  readonly last: LastTermination | undefined;
}

export type ShownState =
  | { readonly name: "waiting"; readonly reason: string; readonly message: string }
  | { readonly name: "running" }
  | { readonly name: "terminated" };

export interface LastTermination {
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  /** µs; `unknownTime` when nobody knows, as for `finishedAtUs`. */
  readonly startedAtUs: number;
  readonly finishedAtUs: number;
  /** -1 when there is no container to name. */
  readonly serial: number;
}
