import type { MachineTransition, MachineView } from "../kernel/machine-view.ts";
import type { InspectedNode, InspectedPod } from "./inspection.ts";

/** The machines of a node, or of a pod and its containers, as one Mermaid state diagram. */
export function inspectionMermaid(inspection: InspectedNode | InspectedPod): string {
  const lines = inspection.kind === "node" ? nodeLines(inspection) : podLines(inspection);
  return ["stateDiagram-v2", ...lines.map((line) => `  ${line}`), ""].join("\n");
}

function nodeLines({ node }: InspectedNode): readonly string[] {
  return [
    ...machineLines(node, ""),
    "classDef current fill:#326ce5,color:#fff",
    `class ${node.value} current`,
  ];
}

function podLines({ identity, pod, containers }: InspectedPod): readonly string[] {
  return [
    ...composite("pod", `pod ${identity.namespace}/${identity.name}`, pod),
    ...containers.flatMap(({ name, container }, index) =>
      composite(`c${index}`, `container ${name}`, container),
    ),
  ];
}

/** Mermaid gives states within others neither classes nor notes, so labels say it all. */
function composite(id: string, title: string, view: MachineView): readonly string[] {
  const inner = machineLines(view, `${id}_`).map((line) => `  ${line}`);
  return [`state "${title}" as ${id} {`, ...inner, "}"];
}

/** @param prefix Of the states' ids, which are unique in a diagram. */
function machineLines({ machine, value }: MachineView, prefix: string): readonly string[] {
  const anywhere = byTarget(machine.anywhere);
  const lines: string[] = [];
  for (const { name } of machine.states) {
    const events = anywhere.get(name);
    const remarks = [
      ...(name === value ? ["now"] : []),
      // An arrow from each state would hide the rest.
      ...(events === undefined ? [] : [`from every state on ${events.join(", ")}`]),
    ];
    const remark = remarks.length === 0 ? "" : ` (${remarks.join(", ")})`;
    if (prefix + remark !== "") lines.push(`state "${name}${remark}" as ${prefix}${name}`);
  }
  lines.push(`[*] --> ${prefix}${machine.initial}`);
  for (const { name, isFinal, transitions } of machine.states) {
    for (const [target, events] of byTarget(transitions)) {
      lines.push(`${prefix}${name} --> ${prefix}${target}: ${events.join(", ")}`);
    }
    if (isFinal) lines.push(`${prefix}${name} --> [*]`);
  }
  return lines;
}

function byTarget(
  transitions: readonly MachineTransition[],
): ReadonlyMap<string, readonly string[]> {
  const targets = new Map<string, string[]>();
  for (const { event, target } of transitions) {
    const events = targets.get(target);
    if (events === undefined) targets.set(target, [event]);
    else events.push(event);
  }
  return targets;
}
