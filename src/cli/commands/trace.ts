import { type Command, Option } from "commander";
import { podStoryMermaid } from "../../report/pod-story-mermaid.ts";
import { podStoryText } from "../../report/pod-story-text.ts";
import type { TracedFact } from "../../report/pod-story.ts";
import { CliError, usageError } from "../cli-error.ts";
import { addConnectionOptions, type ConnectionFlags, withClient } from "../connection.ts";
import type { CommandEnvironment } from "./commands.ts";

interface TraceFlags extends ConnectionFlags {
  readonly namespace?: string;
  readonly output: "text" | "mermaid" | "json";
}

interface TraceAnswer {
  readonly subject: string;
  readonly facts: readonly TracedFact[];
}

/** `podrace trace pod/NAME`: what happened to a pod of a running cluster. */
export function addTrace(program: Command, { terminal }: CommandEnvironment): void {
  addConnectionOptions(program.command("trace"))
    .description("tell what happened to a pod of a running cluster, from its recorded trace")
    .argument("<pod/NAME>", "the pod")
    .option("-n, --namespace <namespace>", "instead of the context's namespace")
    .addOption(
      new Option("-o, --output <format>", "text, a Mermaid sequence diagram, or the facts")
        .choices(["text", "mermaid", "json"])
        .default("text"),
    )
    .action(async (target: string, flags: TraceFlags) => {
      const answer = await fetchTrace(target, flags);
      terminal.result(render(answer, flags.output));
    });
}

async function fetchTrace(target: string, flags: TraceFlags): Promise<TraceAnswer> {
  const [, name] = /^(?:po|pods?)\/([^/]+)$/.exec(target) ?? [];
  if (name === undefined) {
    throw usageError(`${JSON.stringify(target)} is not a pod: expected pod/NAME`);
  }
  return withClient(flags, async (client) => {
    const namespace = flags.namespace ?? client.connection.namespace;
    const subject = `pods/${namespace}/${name}`;
    const path = "/podrace/v1/trace";
    const answer = await client.json<TraceAnswer>({ path, query: { subject } });
    if (answer.facts.length > 0) return answer;
    throw new CliError(`nothing is known of pod "${name}" in namespace "${namespace}"`, {
      hint: "The trace begins when the cluster does, and keeps the latest 100,000 facts.",
    });
  });
}

function render({ subject, facts }: TraceAnswer, output: TraceFlags["output"]): string {
  if (output === "mermaid") return podStoryMermaid(facts);
  if (output === "json") return `${JSON.stringify(facts, undefined, 2)}\n`;
  return podStoryText(subject, facts);
}
