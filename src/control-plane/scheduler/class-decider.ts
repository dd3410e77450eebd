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
 * the class was last asked, and costs nothing for those that did not.
 *
 * A plugin that compares nodes with each other (`normalize`) gives all of them the same here: the one
 * there is, TaintToleration, does so while no node has a taint that merely discourages.
 */
export class ClassDecider {
  readonly #state: ClusterState;
  readonly #filters: readonly FilterPlugin[];
  readonly #scores: readonly ScorePlugin[];
  readonly #chance: Chance;
  readonly #classes = new Map<string, PodClass>();

  constructor(
    state: ClusterState,
    filters: readonly FilterPlugin[],
    scores: readonly ScorePlugin[],
    chance: Chance,
  ) {
    this.#state = state;
    this.#filters = filters;
    this.#scores = scores;
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
      refusals: new Map(),
      nextStart: 0,
    };
  }

  #classOf(pod: PodInfo, nodes: readonly NodeInfo[]): PodClass {
    const key = classKey(pod);
    const known = this.#classes.get(key);
    if (known !== undefined && known.epoch === this.#state.epoch) {
      this.#catchUp(known, pod, nodes);
      // The map's order is that of the last use.
      this.#classes.delete(key);
      this.#classes.set(key, known);
      return known;
    }
    const scores = Int32Array.from(nodes, (node) => this.#evaluate(pod, node));
    const ranks = Uint32Array.from(nodes, ({ name }) => this.#chance.bits(`rank/${name}`).low);
    const made: PodClass = {
      epoch: this.#state.epoch,
      position: this.#state.touches.length,
      tournament: new NodeTournament(scores, ranks),
      refusals: undefined,
    };
    this.#classes.delete(key);
    this.#classes.set(key, made);
    if (this.#classes.size > classesMax) {
      for (const oldest of this.#classes.keys()) {
        this.#classes.delete(oldest);
        break;
      }
    }
    return made;
  }

  #catchUp(podClass: PodClass, pod: PodInfo, nodes: readonly NodeInfo[]): void {
    const { touches } = this.#state;
    if (podClass.position === touches.length) return;
    podClass.refusals = undefined;
    for (; podClass.position < touches.length; podClass.position++) {
      const index = touches[podClass.position] as number;
      podClass.tournament.setScore(index, this.#evaluate(pod, nodes[index] as NodeInfo));
    }
  }

  #evaluate(pod: PodInfo, node: NodeInfo): number {
    if (firstRefusal(pod, node, this.#filters) !== undefined) return -1;
    let total = 0;
    for (const plugin of this.#scores) {
      const score = plugin.normalize === undefined ? plugin.score(pod, node) : nodeScoreMax;
      total += score * plugin.weight;
    }
    return total;
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

interface PodClass {
  /** Of the snapshot its node indexes are of. */
  readonly epoch: number;
  readonly tournament: NodeTournament;
  /** How many of the state's touches it has seen. */
  position: number;
  refusals: ReadonlyMap<string, number> | undefined;
}

/** Everything of a pod that a filter or a score may read. */
function classKey({ pod, requests, requestsNonZero }: PodInfo): string {
  const { nodeName, nodeSelector, affinity, tolerations, topologySpreadConstraints, hostNetwork } =
    pod.spec;
  return JSON.stringify([
    requests,
    requestsNonZero,
    nodeName,
    nodeSelector,
    affinity,
    tolerations,
    topologySpreadConstraints,
    hostNetwork,
  ]);
}
