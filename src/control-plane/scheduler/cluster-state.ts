import type { NodeView } from "../../api/node-view.ts";
import type { NodeInfo, PodInfo } from "./framework.ts";
import { NodeUsage } from "./node-usage.ts";

/**
 * What the scheduler believes: the nodes, and which pods hold what on them. Pods it has promised a
 * node count at once, before the API server confirms.
 *
 * @see kubernetes `pkg/scheduler/backend/cache/cache.go`
 */
export class ClusterState {
  readonly #nodes = new Map<string, NodeUsage>();
  readonly #held = new Map<string, HeldPod>();
  /** The known nodes in name order, when asked for. */
  #infos: readonly NodeUsage[] = [];
  #indexes = new Map<NodeUsage, number>();
  #isStale = true;
  #epoch = 0;
  readonly #touches = new Touches();
  #discouragedNodes = 0;

  /** Changes when nodes come or go: then indexes mean other nodes than before. */
  get epoch(): number {
    return this.#epoch;
  }

  /** What changed since the epoch began. */
  get touches(): Touches {
    return this.#touches;
  }

  /** Nodes with a taint that discourages without forbidding. */
  get discouragedNodes(): number {
    return this.#discouragedNodes;
  }

  /** The nodes in name order, with what their pods ask for; kept up to date until the next epoch. */
  snapshot(): readonly NodeInfo[] {
    if (this.#isStale) {
      const known = [...this.#nodes.values()].filter(({ isKnown }) => isKnown);
      this.#infos = known.toSorted((left, right) => (left.name < right.name ? -1 : 1));
      this.#indexes = new Map(this.#infos.map((info, index) => [info, index]));
      this.#isStale = false;
      this.#epoch++;
      this.#touches.clear();
    }
    return this.#infos;
  }

  setNode(node: NodeView): void {
    const usage = this.#usageOf(node.name);
    const { isKnown, isDiscouraged } = usage;
    usage.setNode(node);
    this.#discouragedNodes += Number(usage.isDiscouraged) - Number(isDiscouraged);
    if (isKnown) this.#touch(usage, true);
    else this.#isStale = true;
  }

  removeNode(name: string): void {
    const usage = this.#nodes.get(name);
    if (usage === undefined) return;
    this.#discouragedNodes -= Number(usage.isDiscouraged);
    usage.isDiscouraged = false;
    usage.isKnown = false;
    if (usage.podCount === 0) this.#nodes.delete(name);
    this.#isStale = true;
  }

  /** A pod that has a node, promised or confirmed. */
  holdPod(key: string, info: PodInfo, nodeName: string): void {
    this.releasePod(key);
    const usage = this.#usageOf(nodeName);
    this.#held.set(key, { info, usage });
    usage.count(info, 1);
    this.#touch(usage, false);
  }

  releasePod(key: string): void {
    const held = this.#held.get(key);
    if (held === undefined) return;
    const { info, usage } = held;
    this.#held.delete(key);
    usage.count(info, -1);
    if (!usage.isKnown && usage.podCount === 0) this.#nodes.delete(usage.name);
    this.#touch(usage, false);
  }

  nodeOf(key: string): string | undefined {
    return this.#held.get(key)?.usage.name;
  }

  #usageOf(name: string): NodeUsage {
    let usage = this.#nodes.get(name);
    if (usage === undefined) {
      usage = new NodeUsage(name);
      this.#nodes.set(name, usage);
    }
    return usage;
  }

  #touch(usage: NodeUsage, isNode: boolean): void {
    if (this.#isStale) return;
    const index = this.#indexes.get(usage);
    if (index !== undefined) this.#touches.add(index, isNode);
  }
}

/**
 * Which nodes changed, in order, by their index: the node itself, or only what its pods ask for. Old
 * ones are dropped: who has not read them yet starts anew.
 */
class Touches {
  #entries: number[] = [];
  #dropped = 0;

  /** Where the next one will be. */
  get end(): number {
    return this.#dropped + this.#entries.length;
  }

  /** The first that is still there. */
  get start(): number {
    return this.#dropped;
  }

  add(index: number, isNode: boolean): void {
    this.#entries.push(isNode ? ~index : index);
    if (this.#entries.length < touchesMax * 2) return;
    this.#entries = this.#entries.slice(touchesMax);
    this.#dropped += touchesMax;
  }

  /** The node's index; its complement (`~`) when the node itself changed. */
  at(position: number): number {
    return this.#entries[position - this.#dropped] as number;
  }

  clear(): void {
    this.#dropped = this.end;
    this.#entries = [];
  }
}

/** Touches kept, at least: a class that is asked again so much later is cheaper built anew. */
const touchesMax = 100_000;

interface HeldPod {
  readonly info: PodInfo;
  readonly usage: NodeUsage;
}
