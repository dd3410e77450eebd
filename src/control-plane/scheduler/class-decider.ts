import type { Chance } from "../../kernel/chance.ts";
import type { ClusterState } from "./cluster-state.ts";
import { type Decision, firstRefusal } from "./decide.ts";
import {
  type FilterPlugin,
  type NodeInfo,
  nodeScoreMax,
  type PodInfo,
  type ScorePlugin,
} from "./framework.ts";
import { NodeTournament } from "./node-tournament.ts";

/** Classes kept; the one not asked for longest makes room. */
const classesMax = 256;

/**
 * Decisions for big clusters, exact over all nodes. Pods of one *class*, all that filters and scores
 * read being equal, share a tournament of the nodes; a decision replays the nodes that changed since
 * the class was last asked, and costs nothing for those that did not. Of a node on which only pods
 * came or went, only the plugins that follow usage are asked again.
 *
 * A plugin that compares nodes with each other (`normalize`) gives all of them the same here: the one
 * there is, TaintToleration, does so while no node has a taint that merely discourages.
 */
export class ClassDecider {
  readonly #state: ClusterState;
  readonly #filters: readonly FilterPlugin[];
  readonly #fixed: PluginSet;
  readonly #usage: PluginSet;
  readonly #chance: Chance;
  readonly #classes = new Map<string, PodClass>();
  #ranks = new Uint32Array();
  #ranksEpoch = -1;

  constructor(
    state: ClusterState,
    filters: readonly FilterPlugin[],
    scores: readonly ScorePlugin[],
    chance: Chance,
  ) {
    this.#state = state;
    this.#filters = filters;
    this.#fixed = {
      filters: filters.filter(({ followsUsage }) => !followsUsage),
      scores: scores.filter(({ followsUsage }) => !followsUsage),
    };
    this.#usage = {
      filters: filters.filter(({ followsUsage }) => followsUsage),
      scores: scores.filter(({ followsUsage }) => followsUsage),
    };
    this.#chance = chance;
  }

  /** `undefined` when the cluster has what a tournament cannot compare. */
  decide(pod: PodInfo): Decision | undefined {
    const nodes = this.#state.snapshot();
    if (this.#state.discouragedNodes > 0) return undefined;
    const podClass = this.#classOf(pod, nodes);
    const { tournament } = podClass;
    const { best } = tournament;
    const winner = best === undefined ? undefined : nodes[best];
    if (winner === undefined) return this.#refusal(podClass, pod, nodes);
    const total = tournament.scoreOf(best as number);
    return {
      nodeName: winner.name,
      evaluated: nodes.length,
      feasible: [{ name: winner.name, total, byPlugin: {} }],
      feasibleCount: tournament.feasible,
      best: 1,
      refusals: noRefusals,
      nextStart: 0,
    };
  }

  #classOf(pod: PodInfo, nodes: readonly NodeInfo[]): PodClass {
    const { epoch, touches } = this.#state;
    const known = this.#classes.get(pod.classKey);
    if (known?.epoch === epoch && known.position >= touches.start) {
      this.#catchUp(known, pod, nodes);
      // The map's order is that of the last use, once there is one to be let go of.
      if (this.#classes.size === classesMax) {
        this.#classes.delete(pod.classKey);
        this.#classes.set(pod.classKey, known);
      }
      return known;
    }
    const fixed = Int32Array.from(nodes, (node) => verdict(pod, node, this.#fixed));
    const scores = Int32Array.from(nodes, (node, index) => {
      return total(fixed[index] as number, pod, node, this.#usage);
    });
    const made: PodClass = {
      epoch,
      position: touches.end,
      fixed,
      tournament: new NodeTournament(scores, this.#ranksOf(nodes)),
      refusals: undefined,
    };
    this.#classes.delete(pod.classKey);
    this.#classes.set(pod.classKey, made);
    if (this.#classes.size > classesMax) {
      for (const oldest of this.#classes.keys()) {
        this.#classes.delete(oldest);
        break;
      }
    }
    return made;
  }

  /** Who goes first among equals: the seed's order of the nodes, the same for every class. */
  #ranksOf(nodes: readonly NodeInfo[]): Uint32Array {
    if (this.#ranksEpoch !== this.#state.epoch) {
      this.#ranks = Uint32Array.from(nodes, ({ name }) => this.#chance.bits(`rank/${name}`).low);
      this.#ranksEpoch = this.#state.epoch;
    }
    return this.#ranks;
  }

  #catchUp(podClass: PodClass, pod: PodInfo, nodes: readonly NodeInfo[]): void {
    const { touches } = this.#state;
    if (podClass.position === touches.end) return;
    podClass.refusals = undefined;
    const { fixed, tournament } = podClass;
    for (; podClass.position < touches.end; podClass.position++) {
      const touch = touches.at(podClass.position);
      const index = touch < 0 ? ~touch : touch;
      const node = nodes[index] as NodeInfo;
      if (touch < 0) fixed[index] = verdict(pod, node, this.#fixed);
      tournament.setScore(index, total(fixed[index] as number, pod, node, this.#usage));
    }
  }

  /** Counts the reasons; again only after a node has changed. */
  #refusal(podClass: PodClass, pod: PodInfo, nodes: readonly NodeInfo[]): Decision {
    if (podClass.refusals === undefined) {
      const refusals = new Map<string, number>();
      for (const node of nodes) {
        for (const reason of firstRefusal(pod, node, this.#filters) ?? []) {
          refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
        }
      }
      podClass.refusals = refusals;
    }
    return {
      nodeName: undefined,
      evaluated: nodes.length,
      feasible: [],
      feasibleCount: 0,
      best: 0,
      refusals: podClass.refusals,
      nextStart: 0,
    };
  }
}

interface PluginSet {
  readonly filters: readonly FilterPlugin[];
  readonly scores: readonly ScorePlugin[];
}

interface PodClass {
  /** Of the snapshot its node indexes are of. */
  readonly epoch: number;
  readonly tournament: NodeTournament;
  /** What the plugins that do not follow usage say of each node: −1, or their score. */
  readonly fixed: Int32Array;
  /** How many of the state's touches it has seen. */
  position: number;
  refusals: ReadonlyMap<string, number> | undefined;
}

const noRefusals: ReadonlyMap<string, number> = new Map();

function total(fixed: number, pod: PodInfo, node: NodeInfo, usage: PluginSet): number {
  if (fixed < 0) return -1;
  const more = verdict(pod, node, usage);
  return more < 0 ? -1 : fixed + more;
}

/** −1 when a filter refuses the node, else its weighted score. */
function verdict(pod: PodInfo, node: NodeInfo, { filters, scores }: PluginSet): number {
  for (const plugin of filters) if (!plugin.filter(pod, node).fits) return -1;
  let sum = 0;
  for (const plugin of scores) {
    const score = plugin.normalize === undefined ? plugin.score(pod, node) : nodeScoreMax;
    sum += score * plugin.weight;
  }
  return sum;
}
