import type { KubeletContainer, PodIdentity } from "../../../src/data-plane/protocol.ts";

/** A pod's shell: its containers share one address and one port space. */
export interface Sandbox {
  readonly pod: PodIdentity;
  /** Address in the pod network as a number; 0 for a pod on its host's network. */
  readonly ip: number;
  /** Which container holds a port. */
  readonly ports: Map<number, RuntimeContainer>;
  readonly containers: Set<RuntimeContainer>;
}

/** A created container: what the process table knows of it. */
export interface RuntimeContainer {
  readonly sandbox: Sandbox;
  readonly spec: KubeletContainer;
  /** Counts the containers made for this place in the pod: part of the container id. */
  readonly serial: number;
  isRunning: boolean;
  /** Takes back what is due for its process. */
  cancel: () => void;
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
  runPodSandbox(
    pod: PodIdentity,
    hostNetwork: boolean,
    done: (result: SandboxResult) => void,
  ): void;
  stopPodSandbox(sandbox: Sandbox, done: () => void): void;
  hasImage(image: string): boolean;
  pullImage(pod: PodIdentity, image: string, done: (result: PullResult) => void): void;
  createContainer(
    sandbox: Sandbox,
    spec: KubeletContainer,
    serial: number,
    done: (container: RuntimeContainer) => void,
  ): void;
  /** `onExit` may be called at any time after `done`. */
  startContainer(
    container: RuntimeContainer,
    done: (error: Termination | undefined) => void,
    onExit: (termination: Termination) => void,
  ): void;
  /** Ends the process with SIGTERM, and with SIGKILL when the grace is over. Calls `onExit`. */
  stopContainer(container: RuntimeContainer, graceSeconds: number): void;
}
