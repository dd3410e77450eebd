import type { PodSpec, Taint } from "../../api/objects.ts";
import type { StoredObject } from "../client/informer.ts";

/** Resource amounts: milli-CPUs, bytes and counts, by resource name. Integers. */
export interface Resources {
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  readonly ephemeralStorageBytes: number;
  /** Extended resources, e.g. `example.com/gpu`. */
  readonly others: Readonly<Record<string, number>>;
}

/** A node as the scheduler sees it: what it says of itself, and what its pods ask for. */
export interface NodeInfo {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly taints: readonly Taint[];
  readonly isUnschedulable: boolean;
  readonly allocatable: Resources;
  readonly allocatablePods: number;
  readonly requested: Resources;
  /** As `requested`, with the defaults scoring uses for containers that ask for nothing. */
  readonly requestedNonZero: Pick<Resources, "cpuMilli" | "memoryBytes">;
  readonly podCount: number;
}

/** What a plugin may need of a pod, computed once for all nodes. */
export interface PodInfo {
  readonly spec: PodSpec;
  readonly requests: Resources;
  readonly requestsNonZero: Pick<Resources, "cpuMilli" | "memoryBytes">;
  /** Everything of a pod that a filter or a score may read: equal pods have equal keys. */
  readonly classKey: string;
}

/** A refusal is data: the reasons are what people read in `FailedScheduling`. */
export type Verdict =
  | { readonly fits: true }
  | { readonly fits: false; readonly reasons: readonly string[] };

export const fits: Verdict = { fits: true };

export function refuses(...reasons: string[]): Verdict {
  return { fits: false, reasons };
}

export interface Plugin {
  /** Upstream's name, e.g. `NodeResourcesFit`. */
  readonly name: string;
}

export interface FilterPlugin extends Plugin {
  /** Whether it reads what the node's pods ask for; what others say changes with the node alone. */
  readonly followsUsage?: true;
  filter(pod: PodInfo, node: NodeInfo): Verdict;
}

export interface ScorePlugin extends Plugin {
  readonly weight: number;
  /** As a filter's. */
  readonly followsUsage?: true;
  /** Raw score of one node that passed every filter. */
  score(pod: PodInfo, node: NodeInfo): number;
  /** Raw scores to 0–100, the best 100. Absent when raw scores are that already. */
  normalize?(scores: readonly number[]): readonly number[];
}

/** A pod on its way to a node. */
export interface PodToPlace {
  readonly stored: StoredObject;
  readonly info: PodInfo;
}

/** Told when a pod is promised a node and when that promise is taken back. */
export interface ReservePlugin extends Plugin {
  reserve(pod: PodToPlace, nodeName: string): void;
  unreserve(pod: PodToPlace, nodeName: string): void;
}

/** Makes the promise public; says when that is done. */
export interface BindPlugin extends Plugin {
  bind(pod: PodToPlace, nodeName: string, done: (error?: Error) => void): void;
}

/** @see kubernetes `pkg/scheduler/framework/interface.go`: `MaxNodeScore` */
export const nodeScoreMax = 100;

/** The extension points of one scheduling cycle, in upstream's order. */
export interface Profile {
  readonly schedulerName: string;
  readonly filters: readonly FilterPlugin[];
  readonly scores: readonly ScorePlugin[];
  readonly reserves: readonly ReservePlugin[];
  readonly bind: BindPlugin;
}
