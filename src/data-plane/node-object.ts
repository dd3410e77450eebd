import type { Node, NodeCondition, NodeStatus } from "../api/objects.ts";
import { rfc3339 } from "../api/time.ts";
import type { Chance } from "../kernel/chance.ts";
import { nodeAddress } from "./addresses.ts";
import { type RuntimeName, runtimeProfiles } from "./runtime-profiles.ts";

/** A machine as the cluster's options describe it. */
export interface Machine {
  readonly index: number;
  readonly name: string;
  readonly runtime: RuntimeName;
  readonly pool: string;
  readonly cpu: string;
  readonly memory: string;
  readonly ephemeralStorage: string;
  readonly pods: string;
  /** E.g. `v1.36.0`. */
  readonly kubeletVersion: string;
}

/** The Node object a kubelet registers. @see `pkg/kubelet/kubelet_node_status.go`, `initialNode` */
export function newNode(machine: Machine, chance: Chance, nowUs: number): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: machine.name,
      labels: {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": machine.name,
        "kubernetes.io/os": "linux",
        "podrace.dev/pool": machine.pool,
      },
      annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" },
    },
    spec: {},
    status: nodeStatus(undefined, machine, chance, nowUs, {
      isReady: false,
      reason: "KubeletNotReady",
      message:
        "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized",
    }),
  };
}

/** The status a kubelet writes every so often. @see `pkg/kubelet/nodestatus/setters.go` */
export function nodeStatus(
  old: NodeStatus | undefined,
  machine: Machine,
  chance: Chance,
  nowUs: number,
  ready: { readonly isReady: boolean; readonly reason: string; readonly message: string },
): NodeStatus {
  const resources = {
    cpu: machine.cpu,
    "ephemeral-storage": machine.ephemeralStorage,
    memory: machine.memory,
    pods: machine.pods,
  };
  const runtime = runtimeProfiles[machine.runtime];
  const site = `machine/${machine.name}`;
  const make = (type: string, status: string, reason: string, message: string): NodeCondition => {
    const before = old?.conditions?.find((condition) => condition.type === type);
    const now = rfc3339(nowUs);
    const lastTransitionTime = before?.status === status ? (before.lastTransitionTime ?? now) : now;
    return { type, status, lastHeartbeatTime: now, lastTransitionTime, reason, message };
  };
  return {
    capacity: resources,
    allocatable: resources,
    conditions: [
      make(
        "MemoryPressure",
        "False",
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
      ),
      make("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
      make(
        "PIDPressure",
        "False",
        "KubeletHasSufficientPID",
        "kubelet has sufficient PID available",
      ),
      make("Ready", ready.isReady ? "True" : "False", ready.reason, ready.message),
    ],
    addresses: [
      { type: "InternalIP", address: nodeAddress(machine.index) },
      { type: "Hostname", address: machine.name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {
      machineID: chance.hex(`${site}/machine-id`, 32),
      systemUUID: chance.uuid(`${site}/system-uuid`),
      bootID: chance.uuid(`${site}/boot-id`),
      kernelVersion: "6.12.0-podrace",
      osImage: "podrace (simulated)",
      containerRuntimeVersion: runtime.version,
      kubeletVersion: machine.kubeletVersion,
      kubeProxyVersion: "",
      operatingSystem: "linux",
      architecture: "amd64",
    },
  };
}
