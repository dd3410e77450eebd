import type { NodeCondition, NodeStatus, ObjectMeta } from "../api/objects.ts";
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
  /** What it has for pods. The same object for machines that have the same. */
  readonly capacity: Readonly<Record<string, string>>;
  /** E.g. `v1.36.0`. */
  readonly kubeletVersion: string;
}

/** What a kubelet says whenever it says whether it is ready. */
export interface Readiness {
  readonly isReady: boolean;
  readonly reason: string;
  readonly message: string;
}

/** A kubelet's readiness when it registers its node. */
export const notReadyYet: Readiness = {
  isReady: false,
  reason: "KubeletNotReady",
  message:
    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized",
};

/** What a kubelet says of its node once, when it registers. @see `pkg/kubelet/kubelet_node_status.go`, `initialNode` */
export function nodeMetadata({ name, pool }: Machine): Pick<ObjectMeta, "labels" | "annotations"> {
  return {
    labels: {
      "beta.kubernetes.io/arch": "amd64",
      "beta.kubernetes.io/os": "linux",
      "kubernetes.io/arch": "amd64",
      "kubernetes.io/hostname": name,
      "kubernetes.io/os": "linux",
      "podrace.dev/pool": pool,
    },
    annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" },
  };
}

/** The status a kubelet writes every so often. @see `pkg/kubelet/nodestatus/setters.go` */
export function nodeStatus(
  old: NodeStatus | undefined,
  machine: Machine,
  chance: Chance,
  nowUs: number,
  ready: Readiness,
): NodeStatus {
  const runtime = runtimeProfiles[machine.runtime];
  const site = `machine/${machine.name}`;
  const now = rfc3339(nowUs);
  const make = (type: string, status: string, reason: string, message: string): NodeCondition => {
    const before = old?.conditions?.find((condition) => condition.type === type);
    const lastTransitionTime = before?.status === status ? (before.lastTransitionTime ?? now) : now;
    return { type, status, lastHeartbeatTime: now, lastTransitionTime, reason, message };
  };
  return {
    capacity: machine.capacity,
    allocatable: machine.capacity,
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
