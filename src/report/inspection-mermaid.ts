import type { MachineShape, MachineTransition, MachineView } from "../kernel/machine-view.ts";
import type { InspectedNode, InspectedPod } from "./inspection.ts";

/** The machines of a node, or of a pod and its containers, as one Mermaid state diagram. */
export function inspectionMermaid(inspection: InspectedNode | InspectedPod): string {
  const lines = ["stateDiagram-v2"];
  if (inspection.kind === "node") {
    lines.push(...machineLines(inspection.node, ""));
  } else {
    const { identity, pod, containers } = inspection;
    const title = `pod ${identity.namespace}/${identity.name}`;
    lines.push(...composite("pod", title, pod));
    for (const [index, { name, container }] of containers.entries()) {
      lines.push(...composite(`c${index}`, `container ${name}`, container));
    }
  }
  return [
    ...lines.map((line, index) => (index === 0 ? line : `  ${line}`)),
    "  classDef current fill:#326ce5,color:#fff",
    "",
  ].join("\n");
}

function composite(id: string, title: string, view: MachineView): readonly string[] {
  const inner = machineLines(view, `${id}_`).map((line) => `  ${line}`);
  return [`state "${title}" as ${id} {`, ...inner, "}"];
}

/** @param prefix Of the states' ids, which are unique in a diagram. */
function machineLines({ machine, value }: MachineView, prefix: string): readonly string[] {
  const lines: string[] = [];
  for (const { name } of machine.states) {
    // Not all that draw Mermaid show the class of a state within another: so in words, too.
    if (name === value) lines.push(`state "${name} (now)" as ${prefix}${name}`);
    else if (prefix !== "") lines.push(`state "${name}" as ${prefix}${name}`);
  }
  lines.push(`[*] --> ${prefix}${machine.initial}`);
  for (const { name, isFinal, transitions } of machine.states) {
    for (const [target, events] of byTarget(transitions)) {
      lines.push(`${prefix}${name} --> ${prefix}${target}: ${events.join(", ")}`);
    }
    if (isFinal) lines.push(`${prefix}${name} --> [*]`);
  }
  lines.push(...notes(machine, prefix), `class ${prefix}${value} current`);
  return lines;
}

/** What leads there from everywhere is a note: an arrow from each state would hide the rest. */
function notes({ anywhere }: MachineShape, prefix: string): readonly string[] {
  return [...byTarget(anywhere)].map(
    ([target, events]) =>
      `note right of ${prefix}${target}: from every state on ${events.join(", ")}`,
  );
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
