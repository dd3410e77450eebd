import { type Command, Option } from "commander";
import { addConnectionOptions, type ConnectionFlags, withClient } from "../connection.ts";
import { exportManifests } from "../export/export-manifests.ts";
import { objectPrinter, type PrintableObject } from "../kubectl/object-printer.ts";
import type { CommandEnvironment } from "./commands.ts";

interface ExportFlags extends ConnectionFlags {
  readonly namespace?: string;
  readonly output: "yaml" | "json";
}

/** `podrace export`: manifests of what people put into a cluster. */
export function addExport(program: Command, { terminal }: CommandEnvironment): void {
  addConnectionOptions(program.command("export"))
    .description("print manifests of what is in a running cluster, to be applied again")
    .argument("[kinds...]", "only these, e.g. pods,configmaps; default: all but what clusters make")
    .option("-n, --namespace <namespace>", "only what is in it, and itself")
    .addOption(
      new Option("-o, --output <format>", "YAML documents, or a List as JSON")
        .choices(["yaml", "json"])
        .default("yaml"),
    )
    .addHelpText(
      "after",
      "\nStart another cluster with them: podrace export > all.yaml; podrace up -f all.yaml\nSecrets are in it as they are.\n",
    )
    .action(async (kinds: readonly string[], { namespace, output, ...connection }: ExportFlags) => {
      const types = kinds.flatMap((each) => each.split(",")).filter((each) => each !== "");
      const manifests = await withClient(connection, (client) =>
        exportManifests(client, { types, ...(namespace !== undefined && { namespace }) }),
      );
      terminal.result(rendered(manifests, output));
      if (manifests.length === 0) terminal.warning("There is nothing to export.");
    });
}

function rendered(manifests: readonly PrintableObject[], output: ExportFlags["output"]): string {
  const print = objectPrinter(output);
  if (output === "yaml") return manifests.map((manifest) => print(manifest)).join("");
  return print({ apiVersion: "v1", kind: "List", items: manifests });
}
