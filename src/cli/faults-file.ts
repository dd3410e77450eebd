import { readFileSync } from "node:fs";
import type { FaultOptions } from "../cluster/fault-options.ts";
import { usageError } from "./cli-error.ts";

/** What a file of faults may hold. */
const parts = ["faults", "explore", "decisions"] as const;

/**
 * Reads what goes wrong in a cluster: a JSON list of faults, or an object of `faults`, `explore` and
 * `decisions`. What is in them is looked at by whoever builds the cluster.
 *
 * @throws {CliError} Exit code 2, naming the file.
 */
export function readFaultsFile(file: string): Pick<FaultOptions, (typeof parts)[number]> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw usageError(`cannot read ${file}: ${(error as Error).message}`);
  }
  if (Array.isArray(content)) return { faults: content };
  const names = typeof content === "object" && content !== null ? Object.keys(content) : [];
  const unknown = names.find((name) => !parts.some((part) => part === name));
  if (names.length === 0 || unknown !== undefined) {
    const found = unknown === undefined ? "something else" : JSON.stringify(unknown);
    throw usageError(
      `${file}: expected a list of faults, or an object of ${parts.join(", ")}, not ${found}`,
    );
  }
  return content as ReturnType<typeof readFaultsFile>;
}

/** Whether an option is one of those that such a file holds. */
export function isOfFaultsFile(option: string): boolean {
  return parts.some((part) => option.startsWith(part));
}
