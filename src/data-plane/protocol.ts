import type { Hash64 } from "../kernel/hash.ts";
import type { MachineView } from "../kernel/machine-view.ts";
import type { EnvironmentConfig, EnvironmentOutcome } from "../kernel/environment.ts";
import type { ActorRef } from "../kernel/timeline.ts";
import type { ActorHash } from "../kernel/trace.ts";
import type { Batch } from "./batch.ts";
import type { RuntimeName } from "./runtime-profiles.ts";

/** Bumped whenever a record changes its meaning: both sides must be of one build. */
export const protocolVersion = 3;

/** Which argument of an order is the number of the watch it is of; 0 while watches cannot fail. */
export const watchArgument = 7;

/** What the API server tells a kubelet over its watches. Arguments in order. */
export const orders = {
  /** The kubelet's own node changed. [text: pod CIDR] */
  nodeSeen: 1,
  /** A pod of this node, new to the kubelet. [text: namespace, text: name, text: uid, text: spec as JSON] */
  podSeen: 2,
  /** Its spec changed. [text: spec as JSON] */
  podSpecSeen: 3,
  /** It is being deleted. [seconds of grace] */
  podDeletionSeen: 4,
  /** It is gone from the API server, whatever still runs. */
  podGone: 5,
  /** Only when something can fail: all pods of this node were told. */
  podsListed: 6,
  /** The kubelet finds out that its watch is broken. */
  watchLost: 7,
  /** It finds out that a request had no answer; about the pod, or the watch of that number. [kind] */
  requestFailed: 8,
  /** As `podSeen`, of one that had containers before this machine went down. [… text: its past as JSON] */
  podRecalled: 9,
} as const;

/** What a kubelet asks of the API server, and what it tells the trace. Arguments in order. */
export const reports = {
  /** [number of the watch that begins with it] */
  registerNode: 1,
  /** [1 ready or 0, text: reason, text: message, µs its clock is ahead] */
  nodeStatus: 2,
  /** [µs its clock is ahead] */
  renewLease: 3,
  /** [phase, condition bits, started at µs or 0, IP as a number or 0, containers that follow] */
  podStatus: 4,
  /** [container index, state, text: reason, text: message, restarts, started at µs, serial, exit code] */
  containerStatus: 5,
  /** [container index, exit code, text: reason, started at µs, finished at µs, serial] */
  containerLastState: 6,
  /** The containers are stopped: the object can go. */
  removePod: 7,
  /** [event code, container index or -1, text: message argument, duration µs, waiting µs, bytes] */
  event: 8,
  /** [text: kind, text: subject, text: data as JSON] */
  fact: 9,
  /** Only when watches can fail: begins them again. [number of the watch] */
  watch: 10,
} as const;

export const podPhases = ["Pending", "Running", "Succeeded", "Failed", "Unknown"] as const;
export type PodPhase = (typeof podPhases)[number];

export const containerStates = ["waiting", "running", "terminated"] as const;
export type ContainerState = (typeof containerStates)[number];

/** Bits of a pod's conditions. */
export const conditionBits = {
  podReadyToStartContainers: 1,
  initialized: 2,
  containersReady: 4,
  ready: 8,
  podCompleted: 16,
} as const;

/** Events a kubelet writes. The words are in `kubelet-events.ts`. */
export const eventCodes = [
  "nodeStarting",
  "nodeReady",
  "pulling",
  "pulled",
  "alreadyPresent",
  "created",
  "started",
  "killing",
  "failedPull",
  "failed",
  "backOffPull",
  "backOffRestart",
  "neverPull",
  "inspectFailed",
  "networkNotReady",
  "failedSandbox",
  "sandboxChanged",
] as const;
export type EventCode = (typeof eventCodes)[number];

/** What a shard needs to know of its nodes, once. Plain: it is cloned. */
export interface ShardConfig {
  readonly protocolVersion: number;
  readonly seed: number;
  /** Virtual time when the shard starts, µs. */
  readonly startUs: number;
  /** Whether facts are sent to the hub to be read; they are hashed in any case. */
  readonly sendsFacts: boolean;
  /** The API server these kubelets talk to: where their orders come from. */
  readonly apiServer: ActorRef;
  /** Memory of the hub's where it notes which kubelet runs; a link adds it. @see `RunningMark` */
  readonly markBuffer?: SharedArrayBuffer;
  readonly nodes: readonly NodeConfig[];
  /** What can go wrong; absent when nothing can. */
  readonly environment?: EnvironmentConfig;
}

export interface NodeConfig {
  /** Index over all nodes of the cluster; the kubelet's place in the total order. */
  readonly index: number;
  /** Actor id of its kubelet. */
  readonly actorId: number;
  readonly name: string;
  readonly runtime: RuntimeName;
  /** Names of images that no registry has. */
  readonly absentImages: readonly string[];
}

export interface StepResult {
  readonly outbox: Batch;
  /** When the shard has something to do next, µs; `Infinity` for never. */
  readonly nextDueUs: number;
  /** Whether that is background work only. */
  readonly isSettled: boolean;
  /** Facts its kubelets have recorded since they began. */
  readonly factCount: number;
  /** Their hashes, summed as `Trace.sum` does. */
  readonly factSum: Hash64;
}

/** In place of a time that nobody knows: `null` in the API. */
export const unknownTime = -1;

/** How the last container of one place in a pod ended, before its kubelet's machine went down. */
export interface PastTermination {
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  /** µs; `unknownTime` when nobody knows, as for `finishedAtUs`. */
  readonly startedAtUs: number;
  readonly finishedAtUs: number;
  /** Counts the containers of that place. */
  readonly serial: number;
}

/** What a pod went through before its kubelet's machine went down. */
export interface PodPast {
  /** When a kubelet first saw it, µs. */
  readonly acceptedAtUs: number;
  /** By place, init containers first; `null` where there never was one. */
  readonly containers: readonly (PastTermination | null)[];
}

/** A node as its kubelet sees it, for people. */
export interface NodeInspection {
  readonly node: MachineView;
  readonly pods: readonly InspectedPod[];
}

/** A pod among others: its states alone. */
export interface InspectedPod extends PodIdentity {
  readonly state: string;
  readonly containers: readonly { readonly name: string; readonly state: string }[];
}

/** A pod as its kubelet leads it, for people. */
export interface PodInspection {
  readonly identity: PodIdentity;
  readonly pod: MachineView;
  /** Init containers first. */
  readonly containers: readonly InspectedContainer[];
}

export interface InspectedContainer {
  readonly name: string;
  readonly image: string;
  readonly isInit: boolean;
  readonly container: MachineView;
}

/**
 * Thousands of kubelets, wherever they run. `step` is the only hot call: one a window.
 *
 * Directly callable inline; behind Comlink every method answers with a promise.
 */
export interface KubeletShard {
  init(config: ShardConfig): void;
  /** Runs what is due before `endUs`, with the inbox's messages. */
  step(endUs: number, inbox: Batch): StepResult;
  /** The rolling hash of each kubelet's history. */
  hashes(): readonly ActorHash[];
  /** @returns `undefined` for a node of another shard. */
  inspectNode(node: number): NodeInspection | undefined;
  /** @returns `undefined` for a pod its kubelet does not know, or no longer. */
  inspectPod(node: number, uid: string): PodInspection | undefined;
  /** What was decided for its kubelets. */
  decisions(): EnvironmentOutcome;
}

/** A pod as a kubelet needs to know it; what does not vary between pods of one kind. */
export interface KubeletPodSpec {
  readonly restartPolicy: "Always" | "OnFailure" | "Never";
  readonly terminationGracePeriodSeconds: number;
  readonly hostNetwork: boolean;
  readonly initContainers: readonly KubeletContainer[];
  readonly containers: readonly KubeletContainer[];
}

export interface KubeletContainer {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy: "Always" | "IfNotPresent" | "Never";
  readonly command: readonly string[];
  readonly args: readonly string[];
  /** Ports it declares; what it really listens on is the image's business. */
  readonly ports: readonly number[];
  /** An init container that keeps running (`restartPolicy: Always`). */
  readonly isSidecar: boolean;
}

export interface PodIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}
