import type { KubeObject, Node } from "../../api/objects.ts";
import { Informer } from "../client/informer.ts";
import { WorkQueue } from "../client/work-queue.ts";
import type { Controller } from "./controller.ts";
import type { PodNetwork } from "./pod-network.ts";

const nodesPath = { group: "", version: "v1", plural: "nodes" } as const;

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
      const held = new Map<string, number>();
      const free: number[] = [];
      let used = 0;
      const queue = new WorkQueue(client.timeline, client.actor, (name, done) => {
        const node = nodes.get(name) as Node | undefined;
        if (node === undefined || node.spec.podCIDR) return done();
        const index = held.get(name) ?? free.shift() ?? used++;
        held.set(name, index);
        const podCIDR = network.rangeOf(index);
        client.patch(
          { ...nodesPath, namespace: "", name },
          "",
          (stored) => withRange(stored, podCIDR),
          (error) => done(error),
        );
      });
      nodes.addHandlers({
        onAdd: ({ metadata }) => queue.add(metadata.name ?? ""),
        onDelete: ({ metadata }) => {
          const index = held.get(metadata.name ?? "");
          held.delete(metadata.name ?? "");
          if (index !== undefined) insertSorted(free, index);
        },
      });
      nodes.start();
    },
  };
}

function withRange(stored: KubeObject, podCIDR: string): KubeObject {
  const { spec } = stored as unknown as Node;
  return spec.podCIDR ? stored : { ...stored, spec: { ...spec, podCIDR, podCIDRs: [podCIDR] } };
}

function insertSorted(numbers: number[], added: number): void {
  const index = numbers.findIndex((number) => number > added);
  numbers.splice(index === -1 ? numbers.length : index, 0, added);
}
