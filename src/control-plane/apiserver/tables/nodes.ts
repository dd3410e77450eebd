import type { KubeObject, Node } from "../../../api/objects.ts";
import { ageColumn, column, nameColumn, orNone, type Printer, since, wideColumn } from "./table.ts";

/** @see kubernetes `pkg/printers/internalversion/printers.go`: `printNode` */
export const nodePrinter: Printer = {
  columns: [
    nameColumn,
    column("Status", "Whether the node can run pods, and whether it takes new ones."),
    column("Roles", "What the node is for."),
    ageColumn,
    column("Version", "The version of the node's kubelet."),
    wideColumn("Internal-IP", "The node's address within the cluster."),
    wideColumn("External-IP", "The node's address outside of it."),
    wideColumn("OS-Image", "The operating system that the node runs."),
    wideColumn("Kernel-Version", "The kernel of that system."),
    wideColumn("Container-Runtime", "What runs the containers, and its version."),
  ],

  row(object: KubeObject, nowUs: number) {
    const node = object as unknown as Node;
    const { metadata, status } = node;
    const {
      kubeletVersion = "",
      osImage,
      kernelVersion,
      containerRuntimeVersion,
      architecture,
    } = status?.nodeInfo ?? {};
    const kernel = kernelVersion || "<unknown>";
    return {
      cells: [
        metadata.name ?? "",
        readiness(node),
        orNone(rolesOf(node).join(",")),
        since(metadata.creationTimestamp, nowUs),
        kubeletVersion,
        addressOf(node, "InternalIP"),
        addressOf(node, "ExternalIP"),
        osImage || "<unknown>",
        architecture ? `${kernel} (${architecture})` : kernel,
        containerRuntimeVersion || "<unknown>",
      ],
    };
  },
};

function readiness({ spec, status }: Node): string {
  const ready = status?.conditions?.findLast(({ type }) => type === "Ready");
  const state = ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady";
  return spec?.unschedulable === true ? `${state},SchedulingDisabled` : state;
}

const rolePrefix = "node-role.kubernetes.io/";

function rolesOf({ metadata }: Node): string[] {
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix)) return key.slice(rolePrefix.length) || [];
    return (key === "kubernetes.io/role" && value) || [];
  });
  return [...new Set(roles)].toSorted();
}

function addressOf({ status }: Node, wanted: "InternalIP" | "ExternalIP"): string {
  return orNone(status?.addresses?.find(({ type }) => type === wanted)?.address);
}
