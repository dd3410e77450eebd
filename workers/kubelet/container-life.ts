import type { KubeletContainer } from "../../src/data-plane/protocol.ts";
import type { RuntimeContainer } from "./runtime/container-runtime.ts";
import { compileMachine } from "./machines/compile-machine.ts";
import { type ContainerEvent, containerMachine } from "./machines/container-machine.ts";

export type ContainerStateName = keyof (typeof containerMachine)["states"];

export const containerTable = compileMachine<ContainerStateName, ContainerEvent["type"]>(
  containerMachine,
);

/** One place in a pod, and the containers that fill it one after another. */
export interface ContainerLife {
  /** Over init containers first, then containers. */
  readonly index: number;
  readonly isInit: boolean;
  spec: KubeletContainer;
  state: ContainerStateName;
  /** What the API server was told last; a restart in progress is not told. */
  shown: ShownState;
  runtime: RuntimeContainer | undefined;
  /** Whether the runtime was asked to start it and has not answered yet. */
  isStarting: boolean;
  serial: number;
  restarts: number;
  startedAtUs: number;
  last: LastTermination | undefined;
  pullFailures: number;
}

export type ShownState =
  | { readonly name: "waiting"; readonly reason: string; readonly message: string }
  | { readonly name: "running" }
  | { readonly name: "terminated" };

export interface LastTermination {
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  readonly startedAtUs: number;
  readonly finishedAtUs: number;
  readonly serial: number;
}

export function newContainerLife(
  spec: KubeletContainer,
  index: number,
  isInit: boolean,
  waitingReason: string,
): ContainerLife {
  return {
    index,
    isInit,
    spec,
    state: containerTable.initial,
    shown: { name: "waiting", reason: waitingReason, message: "" },
    runtime: undefined,
    isStarting: false,
    serial: 0,
    restarts: 0,
    startedAtUs: 0,
    last: undefined,
    pullFailures: 0,
  };
}
