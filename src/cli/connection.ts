import type { Command } from "commander";
import { CliError } from "./cli-error.ts";
import { kubeconfigPaths } from "./kubeconfig-path.ts";
import { ApiClient } from "./kubectl/api-client.ts";
import { chooseContext } from "./kubectl/choose-context.ts";
import { loadKubeconfig } from "./load-kubeconfig.ts";
import { podraceVersion } from "../cluster/version.ts";

/** How a command finds its cluster. */
export interface ConnectionFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
}

export function addConnectionOptions(command: Command): Command {
  return command
    .option("--kubeconfig <file>", "the kubeconfig to use")
    .option("--context <context>", "the kubeconfig's context to use");
}

/**
 * Lets `use` talk to the cluster of these flags.
 *
 * @throws {CliError} With what the server or the connection said.
 */
export async function withClient<T>(
  flags: ConnectionFlags,
  use: (client: ApiClient) => Promise<T>,
): Promise<T> {
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  const files = kubeconfigPaths({ flag: flags.kubeconfig, env: process.env });
  const client = new ApiClient(
    () => {
      const kubeconfig = loadKubeconfig(files);
      return kubeconfig.connection(flags.context ?? chooseContext(kubeconfig, files));
    },
    { userAgent: `podrace/${podraceVersion}`, interrupted: interrupt.signal, onWarning: () => {} },
  );
  try {
    return await use(client);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(error instanceof Error ? error.message : String(error), { cause: error });
  } finally {
    client.close();
  }
}
