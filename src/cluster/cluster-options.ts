import { type RuntimeName, runtimeNames } from "../data-plane/runtime-profiles.ts";
import { coreCount } from "./machine.ts";

export { runtimeNames };

/** What a cluster is made of. Everything has a default. */
export interface ClusterOptions {
  /** Nodes of the default pool. Default 3. */
  readonly nodes?: number;
  /** Worker threads for the kubelets; 0 runs them on this thread. Default: cores − 1, at least 1. */
  readonly threads?: number;
  /** Container runtime of the default pool. Default `containerd`. */
  readonly runtime?: RuntimeName;
  /** Further nodes, after those of the default pool. */
  readonly pools?: readonly NodePool[];
  /** Decides all chance. Default 1. */
  readonly seed?: number;
  /** Virtual time at the start, µs since the Unix epoch. Default 2026-01-01T00:00:00Z. */
  readonly startUs?: number;
  /** One way between a kubelet and its API server, µs; also the window of the threads. Default 10 ms. */
  readonly kubeletLatencyUs?: number;
  /** One way between a control plane component and the API server, µs. Default 0.5 ms. */
  readonly controlPlaneLatencyUs?: number;
  /** Images that no registry has: pulling them fails. */
  readonly absentImages?: readonly string[];
  /** PEM of the CA that pods are given. */
  readonly caPem?: string;
  /** Facts kept to be read; hashes cover all of them. Default 100,000. */
  readonly factsMax?: number;
}

export interface NodePool {
  readonly name: string;
  readonly nodes: number;
  readonly runtime?: RuntimeName;
}

export type ResolvedOptions = Required<ClusterOptions>;

/** @see `thread-link.ts`: a thread costs 8 to 13 MB and 30 to 45 ms */
const threadsMax = 64;
const nodesMax = 200_000;
const defaultStartUs = 1_767_225_600_000_000;

/** An option with a value it cannot have. */
export class ClusterOptionsError extends Error {
  override readonly name = "ClusterOptionsError";
  /** The option's name, e.g. `nodes`. */
  readonly option: string;

  constructor(option: string, expected: string, actual: unknown) {
    super(`${option} must be ${expected}, not ${JSON.stringify(actual)}`);
    this.option = option;
  }
}

/** @throws {ClusterOptionsError} Naming the option and what was expected. */
export function resolveOptions(options: ClusterOptions): ResolvedOptions {
  const nodes = options.nodes ?? 3;
  const threads = options.threads ?? Math.max(1, coreCount() - 1);
  const pools = options.pools ?? [];
  requireInteger("nodes", nodes, 0, nodesMax);
  requireInteger("threads", threads, 0, threadsMax);
  requireInteger("seed", options.seed ?? 1, 0, Number.MAX_SAFE_INTEGER);
  requireInteger("kubeletLatencyUs", options.kubeletLatencyUs ?? 10_000, 1, 60_000_000);
  requireInteger("controlPlaneLatencyUs", options.controlPlaneLatencyUs ?? 500, 0, 60_000_000);
  requireRuntime("runtime", options.runtime ?? "containerd");
  for (const pool of pools) {
    requireInteger(`pools.${pool.name}.nodes`, pool.nodes, 0, nodesMax);
    requireRuntime(`pools.${pool.name}.runtime`, pool.runtime ?? "containerd");
  }
  return {
    nodes,
    threads,
    runtime: options.runtime ?? "containerd",
    pools,
    seed: options.seed ?? 1,
    startUs: options.startUs ?? defaultStartUs,
    kubeletLatencyUs: options.kubeletLatencyUs ?? 10_000,
    controlPlaneLatencyUs: options.controlPlaneLatencyUs ?? 500,
    absentImages: options.absentImages ?? [],
    caPem: options.caPem ?? "",
    factsMax: options.factsMax ?? 100_000,
  };
}

function requireInteger(option: string, value: number, min: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  throw new ClusterOptionsError(option, `an integer from ${min} to ${max}`, value);
}

function requireRuntime(option: string, value: RuntimeName): void {
  if (runtimeNames.includes(value)) return;
  throw new ClusterOptionsError(option, `one of ${runtimeNames.join(", ")}`, value);
}
