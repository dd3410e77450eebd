import { Informer } from "../client/informer.ts";
import { nodeVersion, podCidrChange } from "../client/node-version.ts";
import { WorkQueue } from "../client/work-queue.ts";
import type { Controller } from "./controller.ts";
import type { PodNetwork } from "./pod-network.ts";

const nodesPath = { group: "", version: "v1", plural: "nodes" } as const;
/** @see kubernetes `pkg/controller/nodeipam/ipam/cidr_allocator.go`: `cidrUpdateWorkers` */
const workers = 30;

/**
 * Gives each node a range of pod addresses, the lowest that is free.
 *
 * @see kubernetes `pkg/controller/nodeipam/ipam/range_allocator.go`
 */
export function nodeIpamController(network: PodNetwork): Controller {
  return {
    name: "node-ipam",
    start(client) {
      const nodes = new Informer(client, nodesPath);
      const ranges = new RangePool(network);
      const assign = (name: string, done: (error?: Error) => void): void => {
        const stored = nodes.version(name);
        if (stored === undefined || nodeVersion(stored).podCidr !== "") return done();
        const { storeKey } = stored;
        const change = podCidrChange(ranges.take(name));
        client.revise({ ...nodesPath, namespace: "", name, storeKey }, change, (error) =>
          done(error),
        );
      };
      const queue = new WorkQueue(client.timeline, client.actor, assign, workers);
      nodes.addVersionHandlers({
        onAdd: (stored) => {
          const { name, podCidr } = nodeVersion(stored);
          if (podCidr === "") queue.add(name);
          else ranges.mark(name, podCidr);
        },
        onDelete: ({ name }) => ranges.release(name),
      });
      nodes.start();
    },
  };
}

/** Which node has which range. */
class RangePool {
  readonly #network: PodNetwork;
  readonly #rangeOf = new Map<string, string>();
  readonly #taken = new Set<string>();
  /** No range below this index is free. */
  #lowestFree = 0;

  constructor(network: PodNetwork) {
    this.#network = network;
  }

  /** The node's range, from now on its own: the lowest that is free, unless it has one. */
  take(name: string): string {
    const known = this.#rangeOf.get(name);
    if (known !== undefined) return known;
    while (this.#taken.has(this.#network.rangeOf(this.#lowestFree))) this.#lowestFree++;
    const range = this.#network.rangeOf(this.#lowestFree++);
    this.mark(name, range);
    return range;
  }

  /** A node has this range, wherever it got it from. */
  mark(name: string, range: string): void {
    this.#rangeOf.set(name, range);
    this.#taken.add(range);
  }

  release(name: string): void {
    const range = this.#rangeOf.get(name);
    if (range === undefined) return;
    this.#rangeOf.delete(name);
    this.#taken.delete(range);
    const index = this.#network.indexOf(range);
    if (index !== undefined) this.#lowestFree = Math.min(this.#lowestFree, index);
  }
}
