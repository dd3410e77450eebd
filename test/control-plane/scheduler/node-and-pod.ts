import { nodeViewOf } from "../../../src/api/node-view.ts";
import type { Container, Node, NodeSpec, Pod, PodSpec } from "../../../src/api/objects.ts";
import { ClusterState } from "../../../src/control-plane/scheduler/cluster-state.ts";
import type { NodeInfo, PodInfo } from "../../../src/control-plane/scheduler/framework.ts";
import { podInfoOf } from "../../../src/control-plane/scheduler/pod-info.ts";

type Quantities = Readonly<Record<string, string>>;

/** A node that can hold four CPUs, 8 GiB and ten pods, unless it says otherwise. */
export function aNode(
  name: string,
  node: {
    readonly spec?: NodeSpec;
    readonly labels?: Quantities;
    readonly allocatable?: Quantities;
  } = {},
): Node {
  const { spec = {}, labels = {}, allocatable = {} } = node;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels },
    spec,
    status: { allocatable: { cpu: "4", memory: "8Gi", pods: "10", ...allocatable } },
  };
}

/** A pod of one container that asks for `requests`. */
export function aPod(name: string, requests: Quantities = {}, spec: Partial<PodSpec> = {}): Pod {
  const container: Container = { name: "main", image: "nginx", resources: { requests } };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default" },
    spec: { containers: [container], ...spec },
  };
}

export function podInfo(requests: Quantities = {}, spec: Partial<PodSpec> = {}): PodInfo {
  return podInfoOf(aPod("web", requests, spec).spec);
}

/** A node as the scheduler sees it, with pods on it that ask for these amounts. */
export function nodeInfo(node: Node, ...held: readonly Quantities[]): NodeInfo {
  const state = new ClusterState();
  const { name = "" } = node.metadata;
  state.setNode(nodeViewOf(node));
  for (const [index, requests] of held.entries()) {
    state.holdPod(`default/held-${index}`, podInfo(requests), name);
  }
  return state.snapshot()[0] as NodeInfo;
}
