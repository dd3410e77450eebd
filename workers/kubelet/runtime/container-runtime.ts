import type { KubeletContainer } from "../../../src/data-plane/protocol.ts";
import type { TimerHandle } from "../../../src/kernel/timeline.ts";
import type { ProcessPlan } from "../images/process-plan.ts";
import type { PodSubject } from "../pod-subject.ts";

/** A pod's shell: its containers share one address and one port space. */
export interface Sandbox {
  readonly pod: PodSubject;
  /** Address in the pod network as a number; 0 for a pod on its host's network. */
  readonly ip: number;
  containers: readonly RuntimeContainer[];
}

/** A created container: what the process table knows of it. */
export interface RuntimeContainer {
  readonly sandbox: Sandbox;
  readonly spec: KubeletContainer;
  /** Counts the containers made for this place in the pod: part of the container id. */
  readonly serial: number;
  /** Absent until it is started. */
  watcher: ContainerWatcher | undefined;
  /** What its process does; absent when it has none. */
  process: ProcessPlan | undefined;
  /** When its process ends, as far as that is known, µs. */
  endsAtUs: number | undefined;
  /** Ends its process then. */
  end: TimerHandle | undefined;
}

/** Who started a container, and is told how it goes on. */
export interface ContainerWatcher {
  started(error: Termination | undefined): void;
  /** At any time after it started. */
  exited(termination: Termination): void;
}

export interface Termination {
  readonly exitCode: number;
  readonly reason: "Completed" | "Error" | "StartError";
  readonly message: string;
}

export type SandboxResult =
  | { readonly ok: true; readonly sandbox: Sandbox }
  | { readonly ok: false; readonly message: string };

export type PullResult =
  | {
      readonly ok: true;
      readonly tookUs: number;
      readonly waitedUs: number;
      readonly sizeBytes: number;
    }
  | { readonly ok: false; readonly message: string };

/**
 * The container runtime, as the CRI shapes it: the calls a kubelet makes, with its words. Each
 * answers by callback after the time it takes.
 *
 * @see kubernetes `staging/src/k8s.io/cri-api/pkg/apis/runtime/v1/api.proto`: `RuntimeService`,
 *   `ImageService`
 */
export interface ContainerRuntime {
  runPodSandbox(pod: PodSubject, hostNetwork: boolean, done: (result: SandboxResult) => void): void;
  stopPodSandbox(sandbox: Sandbox, done: () => void): void;
  hasImage(image: string): boolean;
  pullImage(pod: PodSubject, image: string, done: (result: PullResult) => void): void;
  createContainer(
    sandbox: Sandbox,
    spec: KubeletContainer,
    serial: number,
    done: (container: RuntimeContainer) => void,
  ): void;
  startContainer(container: RuntimeContainer, watcher: ContainerWatcher): void;
  /** Ends the process with SIGTERM, and with SIGKILL when the grace is over. Its watcher is told. */
  stopContainer(container: RuntimeContainer, graceSeconds: number): void;
}

export function isRunning({ process }: RuntimeContainer): boolean {
  return process !== undefined;
}

/** The container of a pod that listens on `port`. */
export function portHolder({ containers }: Sandbox, port: number): RuntimeContainer | undefined {
  return containers.find(({ process }) => process?.listensOn.includes(port) === true);
}
