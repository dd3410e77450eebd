import { type NodeView, nodeViewOf } from "../../api/node-view.ts";
import type { KubeObject, Node, Taint } from "../../api/objects.ts";
import { NodeRow } from "../apiserver/stored/node-row.ts";
import type { StoredObject } from "../apiserver/stored/stored-object.ts";
import type { Change } from "../apiserver/update.ts";

/** One version of a node, without making an object of a row. */
export function nodeVersion(stored: StoredObject): NodeView {
  return stored instanceof NodeRow ? stored : nodeViewOf(stored.toObject() as unknown as Node);
}

/**
 * Gives a node other taints.
 *
 * @param taintsOf The taints it is to have; `undefined` when it has the right ones.
 */
export function taintChange(taintsOf: (node: NodeView) => readonly Taint[] | undefined): Change {
  return {
    ofRow: (stored) => {
      if (!(stored instanceof NodeRow)) return undefined;
      const taints = taintsOf(stored);
      return taints === undefined ? stored : stored.withTaints(taints);
    },
    ofObject: (stored) => {
      const { spec } = stored as unknown as Node;
      const taints = taintsOf(nodeViewOf(stored as unknown as Node));
      if (taints === undefined) return stored;
      const { taints: _taints, ...rest } = spec;
      return { ...stored, spec: taints.length === 0 ? rest : { ...rest, taints } };
    },
  };
}

/** Gives a node a range of pod addresses, unless it has one. */
export function podCidrChange(podCIDR: string): Change {
  return {
    ofRow: (stored) => {
      if (!(stored instanceof NodeRow)) return undefined;
      return stored.podCidr === "" ? stored.withPodCidr(podCIDR) : stored;
    },
    ofObject: (stored): KubeObject => {
      const { spec } = stored as unknown as Node;
      return spec.podCIDR ? stored : { ...stored, spec: { ...spec, podCIDR, podCIDRs: [podCIDR] } };
    },
  };
}
