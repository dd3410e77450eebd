import { requestTimeoutUsDefault } from "../control-plane/store/simulated/simulated-client.ts";
import { type RuntimeName, runtimeNames } from "../data-plane/runtime-profiles.ts";
import { ClusterOptionsError } from "./cluster-options-error.ts";
import { type FaultOptions, requireFaultOptions } from "./fault-options.ts";
import { coreCount, threadRoom } from "./machine.ts";
import { threadCap, threadsMaxDefault } from "./thread-cap.ts";

export { ClusterOptionsError, runtimeNames };

/** What a cluster is made of. Everything has a default. */
export interface ClusterOptions extends FaultOptions {
  /** Nodes of the default pool. Default 3. */
  readonly nodes?: number;
  /**
   * Worker threads for the kubelets; 0 runs them on this thread, `per-node` gives each node one of
   * its own. Default: cores − 1, at least 1.
   */
  readonly threads?: number | "per-node";
  /** The most threads there may be, however many the machine has room for. Default 256. */
  readonly threadsMax?: number;
  /** How long a thread may take for one window before it counts as stuck, ms. Default 60,000. */
  readonly stepDeadlineMs?: number;
  /** Container runtime of the default pool. Default `containerd`. */
  readonly runtime?: RuntimeName;
  /** Further nodes, after those of the default pool. */
  readonly pools?: readonly NodePool[];
  /** API servers, each with a watch cache of its own: `api-1`, `api-2` … Default 1. */
  readonly apiServers?: number;
  /**
   * How far the watch cache of each API server is behind the store, µs, in their order. Default: 0
   * for the only one; of several, 1 to 5 ms each, by chance.
   */
  readonly apiServerLagsUs?: readonly number[];
  /**
   * Keeps the objects in an etcd that is an actor of the simulation, with ways to it, fsyncs and faults of
   * its own. Default: in the memory of the API servers, which takes no time and never fails.
   */
  readonly simulatedEtcd?: boolean | SimulatedEtcdOptions;
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

export interface SimulatedEtcdOptions {
  /** One way between an API server and etcd, µs. Default 0.5 ms. */
  readonly latencyUs?: number;
  /** What an fsync takes, give or take half of it, µs. Default 2 ms. */
  readonly fsyncUs?: number;
  /** How long an API server waits for an answer, µs. Default 34 s, as Kubernetes has it. */
  readonly requestTimeoutUs?: number;
  /** Answers before the fsync, so that a crash can lose what was acknowledged. Default false. */
  readonly unsafeNoFsync?: boolean;
}

export interface NodePool {
  readonly name: string;
  readonly nodes: number;
  readonly runtime?: RuntimeName;
}

export interface ResolvedOptions
  extends Required<Omit<ClusterOptions, keyof FaultOptions | "simulatedEtcd">>, FaultOptions {
  /** A number in any case. */
  readonly threads: number;
  /** Absent where there is none. */
  readonly simulatedEtcd?: Required<SimulatedEtcdOptions>;
}

const stepDeadlineMsDefault = 60_000;
const nodesMax = 200_000;
const apiServersMax = 16;
const defaultStartUs = 1_767_225_600_000_000;

/** @throws {ClusterOptionsError} Naming the option and what was expected. */
export function resolveOptions(options: ClusterOptions): ResolvedOptions {
  const nodes = options.nodes ?? 3;
  const pools = options.pools ?? [];
  requireInteger("nodes", nodes, 0, nodesMax);
  requireInteger("apiServers", options.apiServers ?? 1, 1, apiServersMax);
  const lagsUs = options.apiServerLagsUs ?? [];
  if (!Array.isArray(lagsUs) || lagsUs.length > (options.apiServers ?? 1)) {
    throw new ClusterOptionsError("apiServerLagsUs", "a time in µs for each API server", lagsUs);
  }
  for (const [index, lagUs] of lagsUs.entries()) {
    requireInteger(`apiServerLagsUs[${index}]`, lagUs, 0, 3_600_000_000);
  }
  requireInteger("seed", options.seed ?? 1, 0, Number.MAX_SAFE_INTEGER);
  requireInteger("kubeletLatencyUs", options.kubeletLatencyUs ?? 10_000, 1, 60_000_000);
  requireInteger("controlPlaneLatencyUs", options.controlPlaneLatencyUs ?? 500, 0, 60_000_000);
  requireRuntime("runtime", options.runtime ?? "containerd");
  for (const pool of pools) {
    requireInteger(`pools.${pool.name}.nodes`, pool.nodes, 0, nodesMax);
    requireRuntime(`pools.${pool.name}.runtime`, pool.runtime ?? "containerd");
  }
  const nodesInAll = pools.reduce((sum, pool) => sum + pool.nodes, nodes);
  const simulatedEtcd = resolveEtcd(options.simulatedEtcd);
  requireFaultOptions(options, simulatedEtcd !== undefined);
  const { faults, explore, decisions, recordDecisions, expectDecisions } = options;
  return {
    nodes,
    ...resolveThreads(options, nodesInAll),
    runtime: options.runtime ?? "containerd",
    pools,
    apiServers: options.apiServers ?? 1,
    apiServerLagsUs: lagsUs,
    seed: options.seed ?? 1,
    startUs: options.startUs ?? defaultStartUs,
    kubeletLatencyUs: options.kubeletLatencyUs ?? 10_000,
    controlPlaneLatencyUs: options.controlPlaneLatencyUs ?? 500,
    absentImages: options.absentImages ?? [],
    caPem: options.caPem ?? "",
    factsMax: options.factsMax ?? 100_000,
    ...(simulatedEtcd !== undefined && { simulatedEtcd }),
    ...(faults !== undefined && { faults }),
    ...(explore !== undefined && { explore }),
    ...(decisions !== undefined && { decisions }),
    ...(recordDecisions !== undefined && { recordDecisions }),
    ...(expectDecisions !== undefined && { expectDecisions }),
  };
}

function resolveEtcd(
  given: boolean | SimulatedEtcdOptions = false,
): Required<SimulatedEtcdOptions> | undefined {
  if (given === false) return undefined;
  const options = given === true ? {} : given;
  const isRecord = typeof options === "object" && options !== null && !Array.isArray(options);
  const expected = "true, or latencyUs, fsyncUs, requestTimeoutUs, unsafeNoFsync";
  if (!isRecord) throw new ClusterOptionsError("simulatedEtcd", expected, options);
  const { latencyUs = 500, fsyncUs = 2_000, requestTimeoutUs = requestTimeoutUsDefault } = options;
  const { unsafeNoFsync = false } = options;
  const resolved = { latencyUs, fsyncUs, requestTimeoutUs, unsafeNoFsync };
  for (const [name, value] of Object.entries(options)) {
    const option = `simulatedEtcd.${name}`;
    if (!(name in resolved)) throw new ClusterOptionsError(option, `absent: ${expected}`, value);
  }
  requireInteger("simulatedEtcd.latencyUs", latencyUs, 0, 60_000_000);
  requireInteger("simulatedEtcd.fsyncUs", fsyncUs, 0, 60_000_000);
  requireInteger("simulatedEtcd.requestTimeoutUs", requestTimeoutUs, 1, 3_600_000_000);
  if (typeof unsafeNoFsync !== "boolean") {
    throw new ClusterOptionsError("simulatedEtcd.unsafeNoFsync", "true or false", unsafeNoFsync);
  }
  return resolved;
}

function resolveThreads(
  options: ClusterOptions,
  nodes: number,
): Pick<ResolvedOptions, "threads" | "threadsMax" | "stepDeadlineMs"> {
  const { threadsMax = threadsMaxDefault, stepDeadlineMs = stepDeadlineMsDefault } = options;
  requireInteger("threadsMax", threadsMax, 1, nodesMax);
  requireInteger("stepDeadlineMs", stepDeadlineMs, 1, 0x7fff_ffff);
  const { threads: asked = Math.max(1, coreCount() - 1) } = options;
  const isPerNode = asked === "per-node";
  if (!isPerNode && !(Number.isSafeInteger(asked) && asked >= 0)) {
    throw new ClusterOptionsError("threads", "an integer from 0, or per-node", asked);
  }
  const threads = isPerNode ? nodes : asked;
  // What nobody asked for is the least there can be.
  if (options.threads !== undefined) requireRoomFor(threads, threadsMax, isPerNode);
  return { threads, threadsMax, stepDeadlineMs };
}

/** Says no before the machine does: it would abort the process. */
function requireRoomFor(threads: number, threadsMax: number, isPerNode: boolean): void {
  const cap = threadCap(threadRoom(), threadsMax);
  if (threads <= cap.threads) return;
  throw new ClusterOptionsError(
    "threads",
    `at most ${cap.threads}`,
    threads,
    `${isPerNode ? ", one for each node" : ""}: ${cap.reckoning}. For more: ${cap.remedy}`,
  );
}

function requireInteger(option: string, value: number, min: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  throw new ClusterOptionsError(option, `an integer from ${min} to ${max}`, value);
}

function requireRuntime(option: string, value: RuntimeName): void {
  if (runtimeNames.includes(value)) return;
  throw new ClusterOptionsError(option, `one of ${runtimeNames.join(", ")}`, value);
}
