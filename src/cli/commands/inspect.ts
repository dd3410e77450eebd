import { type Command, Option } from "commander";
import type { NodeInspectionBody, PodInspectionBody } from "../../cluster/inspect.ts";
import { inspectionMermaid } from "../../report/inspection-mermaid.ts";
import { inspectionText } from "../../report/inspection-text.ts";
import { usageError } from "../cli-error.ts";
import { addConnectionOptions, type ConnectionFlags, withClient } from "../connection.ts";
import type { CommandEnvironment } from "./commands.ts";

interface InspectFlags extends ConnectionFlags {
  readonly namespace?: string;
  readonly output: "text" | "mermaid" | "json";
}

type Answer = NodeInspectionBody | PodInspectionBody;

/** `podrace inspect node/NAME|pod/NAME`: which state its machine is in, and what it waits for. */
export function addInspect(program: Command, { terminal }: CommandEnvironment): void {
  addConnectionOptions(program.command("inspect"))
    .description("show a node or pod as its kubelet has it: states, timers, and the state machine")
    .argument("<node/NAME|pod/NAME>", "the node or the pod")
    .option("-n, --namespace <namespace>", "of the pod, instead of the context's namespace")
    .addOption(
      new Option("-o, --output <format>", "text, a Mermaid state diagram, or all there is")
        .choices(["text", "mermaid", "json"])
        .default("text"),
    )
    .addHelpText(
      "after",
      "\nExamples:\n  podrace inspect node/node-1\n  podrace inspect pod/my-nginx -o mermaid\n\nExit codes: 1 when there is no such node or pod, or no kubelet that has it.\n",
    )
    .action(async (target: string, flags: InspectFlags) => {
      terminal.result(render(await fetchInspection(target, flags), flags.output));
    });
}

async function fetchInspection(target: string, flags: InspectFlags): Promise<Answer> {
  const [, kind, name] = /^(no|nodes?|po|pods?)\/([^/]+)$/.exec(target) ?? [];
  if (kind === undefined || name === undefined) {
    const expected = "expected node/NAME or pod/NAME";
    throw usageError(`${JSON.stringify(target)} is neither a node nor a pod: ${expected}`);
  }
  return withClient(flags, (client) => {
    const namespace = flags.namespace ?? client.connection.namespace;
    const place = kind.startsWith("n")
      ? `nodes/${encodeURIComponent(name)}`
      : `namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
    return client.json<Answer>({ path: `/podrace/v1/inspect/${place}` });
  });
}

function render(answer: Answer, output: InspectFlags["output"]): string {
  if (output === "mermaid") return inspectionMermaid(answer);
  if (output === "json") return `${JSON.stringify(answer, undefined, 2)}\n`;
  return inspectionText(answer);
}
