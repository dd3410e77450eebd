import type { Machine } from "../data-plane/node-object.ts";
import type { ResolvedOptions } from "./cluster-options.ts";
import { kubernetesVersion } from "./version.ts";

/** The machines of a cluster, by node index: those of no pool first. */
export function machinesOf({ nodes, runtime, pools }: ResolvedOptions): readonly Machine[] {
  const all = [{ name: "default", nodes, runtime }, ...pools];
  const machines: Machine[] = [];
  const capacity = { cpu: "8", "ephemeral-storage": "100Gi", memory: "32Gi", pods: "110" };
  for (const pool of all) {
    for (let count = 0; count < pool.nodes; count++) {
      const index = machines.length;
      machines.push({
        index,
        name: `node-${index + 1}`,
        runtime: pool.runtime ?? runtime,
        pool: pool.name,
        capacity,
        kubeletVersion: kubernetesVersion,
      });
    }
  }
  return machines;
}
