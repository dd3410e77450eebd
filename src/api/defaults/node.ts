import type { Node } from "../objects.ts";

/**
 * A node whose whole capacity is for pods, unless it says otherwise.
 *
 * @see kubernetes `pkg/apis/core/v1/defaults.go`: `SetDefaults_NodeStatus`
 */
export function defaultNode(node: Node): Node {
  const { capacity, allocatable } = node.status ?? {};
  if (capacity === undefined || allocatable !== undefined) return node;
  return { ...node, status: { ...node.status, allocatable: capacity } };
}
