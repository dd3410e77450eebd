import type { Event, Lease, Node, NodeStatus, Pod, Taint } from "../../../api/objects.ts";
import { sortedKeys } from "../sorted-json.ts";
import { eventLines } from "./events.ts";
import {
  aligned,
  annotationLines,
  column,
  instant,
  labelLines,
  optional,
  type StringMap,
} from "./lines.ts";
import { nodeResourceLines } from "./node-resources.ts";

/** What a node's description is made of, besides the node. */
export interface NodeSurroundings {
  /** Pods on the node that have not come to an end. */
  readonly pods: readonly Pod[];
  /** The heartbeat, or why there is none. */
  readonly lease: Lease | Error;
  readonly events: readonly Event[];
}

/** What `kubectl describe node` prints. @see kubectl `describe/describe.go`: describeNode */
export function describeNode(node: Node, surroundings: NodeSurroundings, nowUs: number): string {
  const { metadata, spec, status = {} } = node;
  return aligned([
    `Name:\t${metadata.name ?? ""}`,
    `Roles:\t${rolesOf(metadata.labels).join(",") || "<none>"}`,
    ...labelLines("Labels", metadata.labels),
    ...annotationLines(metadata.annotations),
    `CreationTimestamp:\t${instant(metadata.creationTimestamp)}`,
    ...column("Taints", taintTexts(spec.taints)),
    `Unschedulable:\t${spec.unschedulable ?? false}`,
    ...leaseLines(surroundings.lease),
    ...conditionLines(status),
    "Addresses:",
    ...(status.addresses ?? []).map(({ type, address }) => `  ${type}:\t${address}`),
    ...quantityLines("Capacity", status.capacity),
    ...quantityLines("Allocatable", status.allocatable),
    ...systemLines(status),
    ...optional("PodCIDR", spec.podCIDR),
    ...optional("PodCIDRs", spec.podCIDRs?.join(",")),
    ...optional("ProviderID", spec.providerID),
    ...nodeResourceLines(node, surroundings.pods, nowUs),
    ...eventLines(surroundings.events, nowUs),
  ]);
}

/** From `node-role.kubernetes.io/ROLE` and `kubernetes.io/role`. */
function rolesOf(labels: StringMap = {}): readonly string[] {
  const prefix = "node-role.kubernetes.io/";
  const roles = Object.entries(labels).map(([key, value]) => {
    if (key.startsWith(prefix)) return key.slice(prefix.length);
    return key === "kubernetes.io/role" ? value : "";
  });
  return [...new Set(roles)].filter((role) => role !== "").toSorted((a, b) => (a < b ? -1 : 1));
}

function taintTexts(taints: readonly Taint[] = []): readonly string[] {
  const order = ({ effect, key }: Taint): string => `${effect},${key}`;
  return taints
    .toSorted((a, b) => (order(a) < order(b) ? -1 : 1))
    .map(({ effect, key, value = "" }) => `${key}${value && `=${value}`}:${effect}`);
}

function leaseLines(lease: Lease | Error): readonly string[] {
  if (lease instanceof Error) return [`Lease:\tFailed to get lease: ${lease.message}`];
  const { holderIdentity = "<unset>", acquireTime, renewTime } = lease.spec ?? {};
  return [
    "Lease:",
    `  HolderIdentity:\t${holderIdentity}`,
    `  AcquireTime:\t${acquireTime ? instant(acquireTime) : "<unset>"}`,
    `  RenewTime:\t${renewTime ? instant(renewTime) : "<unset>"}`,
  ];
}

function conditionLines({ conditions = [] }: NodeStatus): readonly string[] {
  if (conditions.length === 0) return [];
  return [
    "Conditions:",
    "  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage",
    "  ----\t------\t-----------------\t------------------\t------\t-------",
    ...conditions.map(({ type, status, reason = "", message = "", ...times }) => {
      const [beat, change] = [times.lastHeartbeatTime, times.lastTransitionTime].map(instant);
      return `  ${type} \t${status} \t${beat} \t${change} \t${reason} \t${message}`;
    }),
  ];
}

function quantityLines(title: string, quantities: StringMap = {}): readonly string[] {
  const names = sortedKeys(quantities);
  if (names.length === 0) return [];
  return [`${title}:`, ...names.map((name) => `  ${name}:\t${quantities[name]}`)];
}

function systemLines({ nodeInfo }: NodeStatus): readonly string[] {
  return [
    "System Info:",
    `  Machine ID:\t${nodeInfo?.machineID ?? ""}`,
    `  System UUID:\t${nodeInfo?.systemUUID ?? ""}`,
    `  Boot ID:\t${nodeInfo?.bootID ?? ""}`,
    `  Kernel Version:\t${nodeInfo?.kernelVersion ?? ""}`,
    `  OS Image:\t${nodeInfo?.osImage ?? ""}`,
    `  Operating System:\t${nodeInfo?.operatingSystem ?? ""}`,
    `  Architecture:\t${nodeInfo?.architecture ?? ""}`,
    `  Container Runtime Version:\t${nodeInfo?.containerRuntimeVersion ?? ""}`,
    `  Kubelet Version:\t${nodeInfo?.kubeletVersion ?? ""}`,
    `  Kube-Proxy Version:\t${nodeInfo?.kubeProxyVersion ?? ""}`,
  ];
}
