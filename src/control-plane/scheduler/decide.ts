import type { FilterPlugin, NodeInfo, PodInfo, ScorePlugin } from "./framework.ts";

export interface Decision {
  /** Absent when no node fits. */
  readonly nodeName: string | undefined;
  /** Nodes the filters looked at, and how many passed. */
  readonly evaluated: number;
  readonly feasible: readonly ScoredNode[];
  /** How many passed; all of them are in `feasible` unless the cluster is big. */
  readonly feasibleCount: number;
  /** How many of them share the best score: more than one, and the seed decides. */
  readonly best: number;
  /** How many nodes each reason kept out. */
  readonly refusals: ReadonlyMap<string, number>;
  /** Where the next cycle starts to look, so that all nodes get their turn. */
  readonly nextStart: number;
}

export interface ScoredNode {
  readonly name: string;
  readonly total: number;
  /** Weighted score by plugin, 0–100 times the weight. */
  readonly byPlugin: Readonly<Record<string, number>>;
}

/**
 * One scheduling decision: filter, score, choose. Pure.
 *
 * @param startAt Index of the first node to look at; the search wraps around.
 * @param choose Picks one of `count` equally good nodes.
 * @see kubernetes `pkg/scheduler/schedule_one.go`: `findNodesThatPassFilters`, `prioritizeNodes`
 */
export function decide(
  pod: PodInfo,
  nodes: readonly NodeInfo[],
  plugins: { readonly filters: readonly FilterPlugin[]; readonly scores: readonly ScorePlugin[] },
  startAt: number,
  choose: (count: number) => number,
): Decision {
  const wanted = feasibleNodesToFind(nodes.length);
  const refusals = new Map<string, number>();
  const feasible: NodeInfo[] = [];
  let evaluated = 0;
  for (; evaluated < nodes.length && feasible.length < wanted; evaluated++) {
    const node = nodes[(startAt + evaluated) % nodes.length] as NodeInfo;
    const reasons = firstRefusal(pod, node, plugins.filters);
    if (reasons === undefined) feasible.push(node);
    else for (const reason of reasons) refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
  }
  const nextStart = nodes.length === 0 ? 0 : (startAt + evaluated) % nodes.length;
  const scored = scoreNodes(pod, feasible, plugins.scores);
  const best = Math.max(-1, ...scored.map(({ total }) => total));
  const winners = scored.filter(({ total }) => total === best);
  const winner = winners.length > 1 ? winners[choose(winners.length)] : winners[0];
  return {
    nodeName: winner?.name,
    evaluated,
    feasible: scored,
    feasibleCount: scored.length,
    best: winners.length,
    refusals,
    nextStart,
  };
}

/**
 * Big clusters are searched until enough nodes fit.
 *
 * @see kubernetes `pkg/scheduler/schedule_one.go`, `numFeasibleNodesToFind`
 */
export function feasibleNodesToFind(nodes: number): number {
  const nodesMin = 100;
  const percentMin = 5;
  if (nodes < nodesMin) return nodes;
  const percent = Math.max(50 - Math.floor(nodes / 125), percentMin);
  return Math.max(Math.floor((nodes * percent) / 100), nodesMin);
}

/** Why a node is out: what the first filter that refuses it says. */
export function firstRefusal(
  pod: PodInfo,
  node: NodeInfo,
  filters: readonly FilterPlugin[],
): readonly string[] | undefined {
  for (const plugin of filters) {
    const verdict = plugin.filter(pod, node);
    if (!verdict.fits) return verdict.reasons;
  }
  return undefined;
}

function scoreNodes(
  pod: PodInfo,
  nodes: readonly NodeInfo[],
  plugins: readonly ScorePlugin[],
): readonly ScoredNode[] {
  const byPlugin = plugins.map((plugin) => {
    const raw = nodes.map((node) => plugin.score(pod, node));
    const scores = plugin.normalize?.(raw) ?? raw;
    return { name: plugin.name, scores: scores.map((score) => score * plugin.weight) };
  });
  return nodes.map(({ name }, index) => {
    const own = byPlugin.map(({ name: plugin, scores }) => [plugin, scores[index] ?? 0] as const);
    return {
      name,
      total: own.reduce((total, [, score]) => total + score, 0),
      byPlugin: Object.fromEntries(own),
    };
  });
}
