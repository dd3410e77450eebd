import type { Event, Pod, PodSpec, PodStatus, Toleration } from "../../../api/objects.ts";
import { containerLines, indented, resourceLines } from "./containers.ts";
import { eventLines } from "./events.ts";
import { aligned, annotationLines, column, instant, labelLines, optional, since } from "./lines.ts";
import { volumeLines } from "./volumes.ts";

/** What `kubectl describe pod` prints. @see kubectl `describe/describe.go`: describePod */
export function describePod(pod: Pod, events: readonly Event[], nowUs: number): string {
  const { metadata, spec, status = {} } = pod;
  const controller = metadata.ownerReferences?.find((owner) => owner.controller);
  return aligned([
    `Name:\t${metadata.name ?? ""}`,
    `Namespace:\t${metadata.namespace ?? ""}`,
    ...optional("Priority", spec.priority),
    ...optional("Priority Class Name", spec.priorityClassName),
    ...optional("Runtime Class Name", spec.runtimeClassName),
    ...optional("Service Account", spec.serviceAccountName),
    `Node:\t${spec.nodeName ? `${spec.nodeName}/${status.hostIP ?? ""}` : "<none>"}`,
    ...(status.startTime ? [`Start Time:\t${instant(status.startTime)}`] : []),
    ...labelLines("Labels", metadata.labels),
    ...annotationLines(metadata.annotations),
    ...phaseLines(pod, nowUs),
    ...optional("Reason", status.reason),
    ...optional("Message", status.message),
    ...seccompLines(spec),
    `IP:\t${status.podIP ?? ""}`,
    ...ipLines(status),
    ...(controller ? [`Controlled By:\t${controller.kind}/${controller.name}`] : []),
    ...optional("NominatedNodeName", status.nominatedNodeName),
    ...(spec.resources ? ["Resources:", ...indented(2, resourceLines(spec.resources))] : []),
    ...(spec.initContainers?.length
      ? containerLines(
          "Init Containers",
          spec.initContainers,
          status.initContainerStatuses ?? [],
          pod,
        )
      : []),
    ...containerLines("Containers", spec.containers ?? [], status.containerStatuses ?? [], pod),
    ...(spec.ephemeralContainers?.length
      ? containerLines(
          "Ephemeral Containers",
          spec.ephemeralContainers,
          status.ephemeralContainerStatuses ?? [],
          pod,
        )
      : []),
    ...readinessGateLines(pod),
    ...conditionLines(status),
    ...volumeLines(spec.volumes),
    `QoS Class:\t${status.qosClass ?? "BestEffort"}`,
    ...labelLines("Node-Selectors", spec.nodeSelector),
    ...column("Tolerations", tolerations(spec).map(tolerationText)),
    ...spreadLines(spec),
    ...eventLines(events, nowUs),
  ]);
}

function phaseLines({ metadata, status = {} }: Pod, nowUs: number): readonly string[] {
  const isOver = status.phase === "Failed" || status.phase === "Succeeded";
  if (!metadata.deletionTimestamp || isOver) return [`Status:\t${status.phase ?? ""}`];
  return [
    `Status:\tTerminating (lasts ${since(metadata.deletionTimestamp, nowUs)})`,
    `Termination Grace Period:\t${metadata.deletionGracePeriodSeconds ?? 0}s`,
  ];
}

function seccompLines({ securityContext }: PodSpec): readonly string[] {
  const profile = securityContext?.seccompProfile;
  return [
    ...optional("SeccompProfile", profile?.type),
    ...optional("LocalhostProfile", profile?.localhostProfile),
  ];
}

function ipLines({ podIPs = [] }: PodStatus): readonly string[] {
  return podIPs.length === 0
    ? ["IPs:\t<none>"]
    : ["IPs:", ...podIPs.map(({ ip }) => `  IP:\t${ip}`)];
}

function readinessGateLines({ spec, status = {} }: Pod): readonly string[] {
  const gates = spec.readinessGates ?? [];
  if (gates.length === 0) return [];
  return [
    "Readiness Gates:",
    "  Type\tStatus",
    ...gates.map(({ conditionType }) => {
      const condition = status.conditions?.find(({ type }) => type === conditionType);
      return `  ${conditionType} \t${condition?.status ?? "<none>"} `;
    }),
  ];
}

function conditionLines({ conditions = [] }: PodStatus): readonly string[] {
  if (conditions.length === 0) return [];
  return [
    "Conditions:",
    "  Type\tStatus",
    ...conditions.map(({ type, status }) => `  ${type} \t${status} `),
  ];
}

function tolerations(spec: PodSpec): readonly Toleration[] {
  return (spec.tolerations ?? []).toSorted((a, b) => {
    const [left, right] = [a.key ?? "", b.key ?? ""];
    return left === right ? 0 : left < right ? -1 : 1;
  });
}

function tolerationText(toleration: Toleration): string {
  const { effect = "", key = "", operator, tolerationSeconds, value = "" } = toleration;
  const what = `${key}${value && `=${value}`}${effect && `:${effect}`}`;
  const exists = operator === "Exists" && value === "" ? ["op=Exists"] : [];
  const howLong = tolerationSeconds === undefined ? [] : [`for ${tolerationSeconds}s`];
  return [...(what === "" ? [] : [what]), ...exists, ...howLong].join(" ");
}

function spreadLines({ topologySpreadConstraints = [] }: PodSpec): readonly string[] {
  if (topologySpreadConstraints.length === 0) return [];
  const sorted = topologySpreadConstraints.toSorted((a, b) =>
    a.topologyKey < b.topologyKey ? -1 : 1,
  );
  return column(
    "Topology Spread Constraints",
    sorted.map(({ topologyKey, whenUnsatisfiable, maxSkew, labelSelector }) => {
      const pairs = Object.entries(labelSelector?.matchLabels ?? {});
      const selector = pairs
        .map(([key, value]) => `${key}=${value}`)
        .toSorted((a, b) => (a < b ? -1 : 1));
      const who = labelSelector ? ` for selector ${selector.join(",") || "<none>"}` : "";
      return `${topologyKey}:${whenUnsatisfiable} when max skew ${maxSkew} is exceeded${who}`;
    }),
  );
}
