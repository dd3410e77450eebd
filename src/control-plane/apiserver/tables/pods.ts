import type { KubeObject, Pod } from "../../../api/objects.ts";
import { podState } from "./pod-state.ts";
import {
  ageColumn,
  column,
  nameColumn,
  orNone,
  type Printer,
  since,
  type TableRowCondition,
  wideColumn,
} from "./table.ts";

/** @see kubernetes `pkg/printers/internalversion/printers.go`: `printPod` */
export const podPrinter: Printer = {
  columns: [
    nameColumn,
    column("Ready", "How many of the pod's containers are ready, of how many."),
    column("Status", "What the pod is doing, or what keeps it from doing it."),
    column("Restarts", "How often its containers have been restarted, and when last."),
    ageColumn,
    wideColumn("IP", "The address at which the pod is reached within the cluster."),
    wideColumn("Node", "The node that runs the pod."),
    wideColumn("Nominated Node", "The node on which room is being made for the pod."),
    wideColumn("Readiness Gates", "How many of the pod's own conditions for readiness are met."),
  ],

  row(object: KubeObject, nowUs: number) {
    const pod = object as unknown as Pod;
    const { metadata, spec, status = {} } = pod;
    const { reason, ready, total, restarts, lastRestartAt } = podState(pod);
    const isDated = restarts > 0 && lastRestartAt !== undefined;
    const ip = status.podIPs?.[0]?.ip ?? status.podIP;
    const conditions = phaseConditions[status.phase ?? ""];
    return {
      cells: [
        metadata.name ?? "",
        `${ready}/${total}`,
        reason,
        isDated ? `${restarts} (${since(lastRestartAt, nowUs)} ago)` : `${restarts}`,
        since(metadata.creationTimestamp, nowUs),
        orNone(ip),
        orNone(spec.nodeName),
        orNone(status.nominatedNodeName),
        readinessGates(pod),
      ],
      ...(conditions !== undefined && { conditions }),
    };
  },
};

/** Clients leave finished pods out when they are asked for running ones only. */
const phaseConditions: Readonly<Record<string, readonly TableRowCondition[]>> = {
  Succeeded: [completed("Succeeded", "The pod has completed successfully.")],
  Failed: [completed("Failed", "The pod failed.")],
};

function completed(reason: string, message: string): TableRowCondition {
  return { type: "Completed", status: "True", reason, message };
}

function readinessGates({ spec, status }: Pod): string {
  const gates = spec.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  const isMet = ({ conditionType }: { readonly conditionType: string }) =>
    status?.conditions?.find(({ type }) => type === conditionType)?.status === "True";
  return `${gates.filter(isMet).length}/${gates.length}`;
}
