import type { ApiServer } from "../control-plane/apiserver/api-server.ts";
import type { StoredObject } from "../control-plane/apiserver/stored/stored-object.ts";
import type { Store, StoreClock } from "../control-plane/store/store.ts";
import { Fleet } from "../data-plane/fleet.ts";
import { KubeletServers } from "../data-plane/kubelet-servers.ts";
import type { Member } from "../data-plane/member.ts";
import {
  type NodeConfig,
  type NodeInspection,
  type PodInspection,
  protocolVersion,
} from "../data-plane/protocol.ts";
import type { ShardLink } from "../data-plane/shard-link.ts";
import { ShardPart } from "../data-plane/shard-part.ts";
import { Chance } from "../kernel/chance.ts";
import type { DecisionRecord } from "../kernel/decision-log.ts";
import { type DecisionMap, mergeDecisions } from "../kernel/decisions.ts";
import { Environment, type EnvironmentOutcome } from "../kernel/environment.ts";
import { unguarded } from "../kernel/handling.ts";
import { HashSum, hashText } from "../kernel/hash.ts";
import { type Breakdown, Simulation } from "../kernel/simulation.ts";
import { Timeline } from "../kernel/timeline.ts";
import { combineHashes, type Fact, Trace } from "../kernel/trace.ts";
import {
  type ApiServerParts,
  createApiServers,
  etcd,
  hasLateCaches,
  serversFor,
} from "./api-servers.ts";
import {
  type ClusterOptions,
  ClusterOptionsError,
  resolveOptions,
  type ResolvedOptions,
} from "./cluster-options.ts";
import { clusterStore, storeClock } from "./cluster-store.ts";
import { componentsOf, startComponents } from "./components.ts";
import { environmentOf, requireActors } from "./fault-options.ts";
import type { KeptState } from "./kept-state.ts";
import { createKubeletDoor } from "./kubelet-door.ts";
import { machinesOf } from "./machines-of.ts";
import { ReadyNodes } from "./ready-nodes.ts";
import { RunError } from "./run-error.ts";
import { openShardLinks } from "./shard-links.ts";
import { storesAreChecked } from "./store-checks.ts";

/** Kubelets come last in the total order, by node. */
const firstKubeletId = 1_000;

/**
 * A whole cluster in one simulation. Time stands still until somebody advances it: a test step by
 * step, or a pacer by the wall clock.
 */
export class Cluster {
  readonly options: ResolvedOptions;
  /** `api-1` first. */
  readonly servers: readonly [ApiServer, ...ApiServer[]];
  /** What the API server keeps its objects in; whoever else writes to it does so as an input. */
  readonly store: Store<StoredObject>;
  /** The cluster's time, as its store has it. */
  readonly storeClock: StoreClock;
  /** Where its state is kept; absent when only in memory. */
  readonly data: KeptState | undefined;
  /** Whether its nodes and controllers are another process's. */
  readonly servesOnly: boolean;
  readonly simulation: Simulation;
  readonly trace: Trace;
  readonly #links: readonly ShardLink[];
  readonly #readyNodes: ReadyNodes;
  readonly #parts: readonly ShardPart[];
  readonly #threads: ReadonlyMap<string, string>;
  readonly #members: readonly Member[];
  readonly #linkTo: (node: number) => ShardLink;
  readonly #environment: Environment | undefined;

  /** Use `createCluster`. */
  constructor(parts: {
    readonly options: ResolvedOptions;
    readonly servers: readonly [ApiServer, ...ApiServer[]];
    readonly store: Store<StoredObject>;
    readonly storeClock: StoreClock;
    readonly data: KeptState | undefined;
    readonly servesOnly: boolean;
    readonly simulation: Simulation;
    readonly trace: Trace;
    readonly links: readonly ShardLink[];
    readonly parts: readonly ShardPart[];
    readonly threads: ReadonlyMap<string, string>;
    readonly members: readonly Member[];
    readonly linkTo: (node: number) => ShardLink;
    readonly environment: Environment | undefined;
  }) {
    this.options = parts.options;
    this.servers = parts.servers;
    this.store = parts.store;
    this.storeClock = parts.storeClock;
    this.data = parts.data;
    this.servesOnly = parts.servesOnly;
    this.simulation = parts.simulation;
    this.trace = parts.trace;
    this.#links = parts.links;
    this.#readyNodes = new ReadyNodes(parts.servers[0], parts.data?.revision);
    this.#parts = parts.parts;
    this.#threads = parts.threads;
    this.#members = parts.members;
    this.#linkTo = parts.linkTo;
    this.#environment = parts.environment;
  }

  /** The first of the API servers. */
  get server(): ApiServer {
    return this.servers[0];
  }

  /** Virtual time, µs since the Unix epoch. */
  get nowUs(): number {
    return this.simulation.timeline.nowUs;
  }

  /** Lets `us` µs of virtual time pass. */
  async advance(us: number): Promise<void> {
    await this.simulation.advanceTo(this.nowUs + us);
  }

  /**
   * Lets time pass until `condition` holds.
   *
   * @returns Whether it came to hold within `limitUs`.
   */
  async advanceUntil(condition: () => boolean, limitUs: number): Promise<boolean> {
    await this.simulation.advanceTo(this.nowUs + limitUs, condition);
    return condition();
  }

  /** Whether all nodes of the options are registered, ready and open for pods. */
  get isReady(): boolean {
    const { nodes, pools } = this.options;
    return this.#readyNodes.count >= pools.reduce((sum, pool) => sum + pool.nodes, nodes);
  }

  /** Calls to the shards so far, and messages both ways in them. */
  get threadTraffic(): { readonly calls: number; readonly messages: number } {
    return {
      calls: this.#parts.reduce((sum, part) => sum + part.calls, 0),
      messages: this.#parts.reduce((sum, part) => sum + part.messages, 0),
    };
  }

  /** Facts recorded so far, on all threads. */
  get factCount(): number {
    return this.#parts.reduce((sum, part) => sum + part.factCount, this.trace.count);
  }

  /** How far its history is, for comparing it with another at the same time. */
  get progress(): Progress {
    const sum = new HashSum().add(this.trace.sum);
    for (const part of this.#parts) sum.add(part.factSum);
    return { facts: this.factCount, revision: this.server.revision, hash: hashText(sum.value) };
  }

  /** The facts kept of one subject, e.g. `pods/default/my-nginx`, by time. */
  facts(subject: string): readonly Fact[] {
    return this.trace.facts(subject);
  }

  /** The thread an actor runs on: `main`, `kubelet-thread-1`. */
  threadOf(actor: string): string {
    return this.#threads.get(actor) ?? "main";
  }

  /** A node as its kubelet sees it; `undefined` where no kubelet of this cluster has that name. */
  async inspectNode(name: string): Promise<NodeInspection | undefined> {
    const index = this.#indexOf(name);
    if (index === undefined) return undefined;
    // A request's handler asks, and the answer decides nothing.
    return unguarded(() => this.#linkTo(index).inspectNode(index));
  }

  /** A pod as the kubelet of `node` leads it; `undefined` for one that it does not know. */
  async inspectPod(node: string, uid: string): Promise<PodInspection | undefined> {
    const index = this.#indexOf(node);
    if (index === undefined) return undefined;
    return unguarded(() => this.#linkTo(index).inspectPod(index, uid));
  }

  /** One hash for all that happened so far, the same for any number of threads. */
  async traceHash(): Promise<string> {
    const remote = await Promise.all(this.#links.map(async (link) => link.hashes()));
    return combineHashes([this.trace.hashes(), ...remote]);
  }

  /**
   * What was not decided by default so far, by site key. A cluster with the same options that gets
   * these as its `decisions`, and explores nothing, has the same history.
   */
  async decisions(): Promise<DecisionMap> {
    return mergeDecisions((await this.#outcomes()).map(({ taken }) => taken));
  }

  /** All choices up to now, of a cluster that records them. */
  async decisionRecord(): Promise<DecisionRecord> {
    const reads = (await this.#outcomes()).flatMap((outcome) => outcome.reads);
    return { untilUs: this.nowUs, reads };
  }

  async #outcomes(): Promise<readonly EnvironmentOutcome[]> {
    if (this.#environment === undefined) return [];
    const remote = await Promise.all(this.#links.map(async (link) => link.decisions()));
    return [this.#environment.outcome, ...remote];
  }

  async close(): Promise<void> {
    await Promise.all(this.#links.map(async (link) => link.close()));
    await this.data?.close();
  }

  #indexOf(node: string): number | undefined {
    return this.#members.find(({ machine }) => machine.name === node)?.machine.index;
  }
}

/** What a run has come to at a moment. */
export interface Progress {
  /** Facts recorded so far. */
  readonly facts: number;
  /** Of the store: writes so far. */
  readonly revision: number;
  /** Of all facts so far, the same for any number of threads; not the trace hash, but as telling. */
  readonly hash: string;
}

/** How a cluster is put together: nothing that happens in a new one depends on that. */
export interface Layout {
  /** Which shard runs a node, both by index. Default: in turn. */
  readonly shardOf?: (node: number, shards: number) => number;
  /**
   * Holds the store to etcd's promises at every commit, read and delivery, and ends the run where one
   * is broken; not one outside of this process. Default: whether `checkStores` was called.
   */
  readonly checksStore?: boolean;
  /**
   * Where its state is kept. It goes on from what is there, later than that; the cluster closes it.
   * Default: in memory.
   */
  readonly data?: KeptState;
  /**
   * API servers only: the nodes, the scheduler and the controllers of this cluster run in another
   * process, with the same store. Default false.
   */
  readonly servesOnly?: boolean;
}

/**
 * Builds a cluster and starts its threads. Nothing has happened in it yet.
 *
 * @throws {ClusterOptionsError} For an option with a value it cannot have.
 * @throws {RunError} When a thread does not start.
 */
export async function createCluster(
  given: ClusterOptions = {},
  layout: Layout = {},
): Promise<Cluster> {
  const options = resolvedLaterThan(layout.data, given);
  const timeline = new Timeline(options.startUs);
  const trace = new Trace(options.factsMax);
  const { data, servesOnly = false } = layout;
  const mayFail = data?.mayFail === true;
  const environmentConfig = environmentOf(options, options.seed, options.startUs, mayFail);
  const environment =
    environmentConfig && new Environment(environmentConfig, options.seed, timeline);
  const chance = environment?.chance ?? new Chance(options.seed);
  const clock = storeClock(timeline);
  data?.start(clock);
  const { checksStore = storesAreChecked() } = layout;
  const { store, etcd: simulated } = clusterStore({
    options,
    timeline,
    trace,
    chance,
    clock,
    environment,
    data,
    // Others write to one that is elsewhere.
    isChecked: checksStore && !mayFail,
  });
  const serverParts: ApiServerParts = {
    options,
    timeline,
    trace,
    chance,
    store,
    environment,
    etcd: simulated,
    keepsHouse: !servesOnly,
  };
  const servers = createApiServers(serverParts);
  const machines = machinesOf(options);
  const members = machines.map((machine): Member => ({
    machine,
    actor: { id: firstKubeletId + machine.index, name: `kubelet:${machine.name}` },
  }));
  const components = servesOnly ? [] : componentsOf(options.caPem, machines.length, trace, chance);
  requireActors(options.faults ?? [], [
    ...[...servers, ...components, ...members].map(({ actor }) => actor.name),
    ...(hasLateCaches(options) ? [etcd.name] : []),
  ]);
  startComponents(components, servers, serverParts);
  const shards = Math.max(options.threads, 1);
  const { shardOf: placed = (node, count) => node % count } = layout;
  const shardOf = (node: number): number => placed(node, shards);
  const links = await openShardLinks(options, (shard) => ({
    protocolVersion,
    seed: options.seed,
    startUs: options.startUs,
    sendsFacts: options.factsMax > 0,
    apiServer: servers[0].actor,
    ...(environmentConfig !== undefined && { environment: environmentConfig }),
    nodes: members
      .filter(({ machine }) => shardOf(machine.index) === shard)
      .map((member) => nodeConfig(member, options)),
  }));
  const parts = links.map(
    (link): ShardPart => new ShardPart(link, options.startUs, (outbox) => fleet.take(outbox)),
  );
  const kubeletServers = new KubeletServers(
    servers.map((server) => ({
      actor: server.actor,
      door: createKubeletDoor(server),
      liveness: server,
    })),
    (node, life, atUs) => {
      const { actor } = members[node] as Member;
      return servers.indexOf(serversFor(servers, actor, life, serverParts, atUs)[0]);
    },
  );
  const fleet = new Fleet({
    timeline,
    trace,
    chance,
    servers: kubeletServers,
    latencyUs: options.kubeletLatencyUs,
    members,
    network: environment?.network,
    partOf: (node) => parts[shardOf(node)] as ShardPart,
  });
  const threads = new Map(
    members.map(({ machine, actor }) => [
      actor.name,
      links[shardOf(machine.index)]?.threadName ?? "main",
    ]),
  );
  const explain = ({ error, running, window }: Breakdown): RunError => {
    const place = { seed: options.seed, ...(window !== undefined && { window }) };
    if (running === undefined) return new RunError(error, place);
    const { actorId, atUs } = running;
    const name = members[actorId - firstKubeletId]?.actor.name ?? timeline.running ?? `${actorId}`;
    const actor = { name, thread: threads.get(name) ?? "main", atUs };
    return new RunError(error, { ...place, actor });
  };
  const simulation = new Simulation(timeline, parts, options.kubeletLatencyUs, explain);
  for (const [index, { died }] of links.entries()) {
    void died?.then((error) => simulation.partDied(index, error));
  }
  await data?.join(simulation, etcd);
  return new Cluster({
    options,
    servers,
    store,
    storeClock: clock,
    data,
    servesOnly,
    simulation,
    trace,
    links,
    parts,
    environment,
    threads,
    members,
    linkTo: (node) => links[shardOf(node)] as ShardLink,
  });
}

function resolvedLaterThan(data: KeptState | undefined, given: ClusterOptions) {
  const options = resolveOptions(given);
  if (data === undefined) return options;
  const { simulatedEtcd } = options;
  if (simulatedEtcd !== undefined) {
    throw new ClusterOptionsError("simulatedEtcd", "absent with a data directory", simulatedEtcd);
  }
  return { ...options, startUs: Math.max(options.startUs, data.nextUs) };
}

function nodeConfig({ machine, actor }: Member, { absentImages }: ResolvedOptions): NodeConfig {
  const { index, name, runtime } = machine;
  return { index, actorId: actor.id, name, runtime, absentImages };
}
