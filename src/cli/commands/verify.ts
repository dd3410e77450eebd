import { type Command, Option } from "commander";
import { rfc3339Micro } from "../../api/time.ts";
import { ClusterOptionsError } from "../../cluster/cluster-options.ts";
import type { Journal } from "../../cluster/journal.ts";
import type { Divergence } from "../../cluster/verify.ts";
import { CliError, exitCode, usageError } from "../cli-error.ts";
import { readJournalFile } from "../journal-file.ts";
import { wholeNumber } from "../option-values.ts";
import type { CommandEnvironment } from "./commands.ts";

/** `podrace verify FILE`: is the run the same on one thread and on many? */
export function addVerify(program: Command, { terminal }: CommandEnvironment): void {
  program
    .command("verify")
    .description("replay a recorded session inline and on threads, and compare window by window")
    .argument("<file>", "a session recorded with 'up --record'")
    .addOption(
      new Option("--threads <n>", "worker threads of the second run")
        .default(2)
        .argParser(wholeNumber(1)),
    )
    .addHelpText("after", "\nExit codes: 0 when both runs are equal, 5 when they are not.\n")
    .action(async (file: string, flags: { readonly threads: number }) => {
      const journal = readJournalFile(file);
      const divergence = await compare(journal, flags.threads);
      if (divergence === undefined) {
        return terminal.result(`Equal to the end, inline and with ${flags.threads} threads.\n`);
      }
      throw new CliError(explained(divergence), { exitCode: exitCode.nondeterminism });
    });
}

async function compare(journal: Journal, threads: number): Promise<Divergence | undefined> {
  const { verifyJournal } = await import("../../cluster/verify.ts");
  try {
    return await verifyJournal(journal, threads);
  } catch (error) {
    if (error instanceof ClusterOptionsError) throw usageError(`--${error.message}`);
    throw error;
  }
}

function explained({ fromUs, untilUs, first }: Divergence): string {
  const window = `the runs part between ${rfc3339Micro(fromUs)} and ${rfc3339Micro(untilUs)}`;
  if (first === undefined) return window;
  const shown = (fact: unknown): string => (fact === undefined ? "nothing" : JSON.stringify(fact));
  return `${window}\n  inline:  ${shown(first.left)}\n  threads: ${shown(first.right)}`;
}
