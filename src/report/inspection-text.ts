import { rfc3339Micro } from "../api/time.ts";
import type { MachineView } from "../kernel/machine-view.ts";
import { inspectionMermaid } from "./inspection-mermaid.ts";
import type { InspectedNode, InspectedPod } from "./inspection.ts";

/** A node or pod as text: its machine's snapshot, what it waits for, and the machine itself. */
export function inspectionText(inspection: InspectedNode | InspectedPod): string {
  const { actor, thread, now, nowUs } = inspection;
  const lines =
    inspection.kind === "node"
      ? [
          `node ${inspection.name}: ${inspection.node.value}`,
          ...viewLines(inspection.node, nowUs),
          "",
          ...podLines(inspection),
        ]
      : podAndContainers(inspection);
  return [
    ...lines,
    "",
    `As ${actor} [${thread}] has it, ${now}.`,
    "",
    inspectionMermaid(inspection),
  ].join("\n");
}

function podAndContainers({
  identity,
  nodeName,
  pod,
  containers,
  nowUs,
}: InspectedPod): readonly string[] {
  const lines = [
    `pod ${identity.namespace}/${identity.name} on ${nodeName}: ${pod.value}`,
    ...viewLines(pod, nowUs),
  ];
  for (const { name, image, isInit, container } of containers) {
    const kind = isInit ? "init container" : "container";
    lines.push("", `${kind} ${name} (${image}): ${container.value}`);
    lines.push(...viewLines(container, nowUs));
  }
  return lines;
}

function podLines({ pods }: InspectedNode): readonly string[] {
  if (pods.length === 0) return ["no pods"];
  return pods.map(({ namespace, name, state, containers }) => {
    const theirs = containers.map((container) => `${container.name} ${container.state}`);
    return `pod ${namespace}/${name}: ${state} (${theirs.join(", ")})`;
  });
}

function viewLines(view: MachineView, nowUs: number): readonly string[] {
  const rows: (readonly [string, string])[] = [];
  if (view.waitsFor !== "") rows.push(["waits for", view.waitsFor]);
  if (view.reactsTo.length > 0) rows.push(["reacts to", view.reactsTo.join(", ")]);
  for (const { name, dueUs } of view.timers) {
    const seconds = ((dueUs - nowUs) / 1_000_000).toFixed(6);
    rows.push(["timer", `${name} in ${seconds} s, ${rfc3339Micro(dueUs)}`]);
  }
  if (view.tags.length > 0) rows.push(["tags", view.tags.join(", ")]);
  for (const [name, value] of Object.entries(view.context)) rows.push([name, String(value)]);
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
}
