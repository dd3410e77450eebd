import { Option } from "commander";
import { usageError } from "./cli-error.ts";

export interface CheckStoreFlags {
  readonly checkStore?: true;
}

const variable = "PODRACE_CHECK_STORE";

/** `--check-store`, of commands that run a cluster. */
export function checkStoreOption(): Option {
  return new Option(
    "--check-store",
    `end the run when the store or a watch breaks one of etcd's promises; slower (env: ${variable}=1)`,
  );
}

/** From now on clusters are checked, if that was asked for. */
export async function checkStoreIfAsked({ checkStore }: CheckStoreFlags): Promise<void> {
  const asked = process.env[variable] ?? "";
  // Not commander's: to it, a switch is on with any value, and 0 among them.
  if (!["", "0", "1"].includes(asked)) {
    throw usageError(`${variable} must be 1 or 0, not ${JSON.stringify(asked)}`);
  }
  if (checkStore !== true && asked !== "1") return;
  const { checkStores } = await import("../cluster/store-checks.ts");
  checkStores();
}
