import { podStory, type StoryLine, type TracedFact } from "./pod-story.ts";
import { sinceText } from "./pod-story-text.ts";

/** The seven steps as a Mermaid sequence diagram. */
export function podStoryMermaid(facts: readonly TracedFact[]): string {
  const steps = podStory(facts);
  const told = steps.flatMap(({ number, title, lines }) =>
    lines.map((line, index) => ({ ...line, number, title, isFirst: index === 0 })),
  );
  const startUs = told[0]?.atUs ?? 0;
  const kubelet = steps[3]?.lines[0];
  const client = clientName(steps[0]?.lines[0]);
  const lines = [
    "sequenceDiagram",
    "  autonumber",
    `  participant client as ${escaped(client)}`,
    "  participant api as api-1 (main)",
    "  participant scheduler as scheduler (main)",
    ...(kubelet === undefined
      ? []
      : [
          `  participant kubelet as ${kubelet.actor} (${kubelet.thread})`,
          "  participant runtime as container runtime",
        ]),
  ];
  for (const { number, title, isFirst, atUs, text } of told) {
    if (isFirst)
      lines.push(
        `  Note over client,${kubelet === undefined ? "scheduler" : "runtime"}: ${number}. ${title}`,
      );
    lines.push(
      `  ${arrow(number, text)}: ${escaped(`${text} (${sinceText(atUs - startUs).replaceAll(" ", "")})`)}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/** Who tells whom, in the step. */
function arrow(step: number, text: string): string {
  switch (step) {
    case 1:
      return "client->>api";
    case 2:
      return "api->>api";
    case 3:
      return text.startsWith("bound") ? "scheduler->>api" : "scheduler->>scheduler";
    case 4:
      return "api-->>kubelet";
    case 5:
      return "kubelet->>kubelet";
    case 6:
      return "kubelet->>runtime";
    default:
      return "kubelet->>api";
  }
}

function clientName(line: StoryLine | undefined): string {
  return line?.text.split(" ")[0] ?? "client";
}

/** Semicolons and number signs mean something in Mermaid. */
function escaped(text: string): string {
  return text.replaceAll(/[#;]/g, (character) => `#${character.charCodeAt(0)};`);
}
