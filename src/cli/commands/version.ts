import { type Command, Option } from "commander";
import { kubernetesVersion, podraceVersion } from "../../cluster/version.ts";
import type { CommandEnvironment } from "./commands.ts";

/** `podrace version [-o json]` */
export function addVersion(program: Command, { terminal }: CommandEnvironment): void {
  program
    .command("version")
    .description("print the versions of podrace, of the Kubernetes it simulates, and of Node")
    .addOption(new Option("-o, --output <format>", "for programs").choices(["json"]))
    .action(({ output }: { readonly output?: string }) => {
      const versions = {
        podrace: podraceVersion,
        kubernetes: kubernetesVersion,
        node: process.version,
      };
      if (output === "json") return terminal.result(`${JSON.stringify(versions, undefined, 2)}\n`);
      for (const [name, version] of Object.entries(versions))
        terminal.result(`${name} ${version}\n`);
    });
}
