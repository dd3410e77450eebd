import { type Command, Option } from "commander";
import { rfc3339Micro } from "../../api/time.ts";
import { ClusterOptionsError } from "../../cluster/cluster-options.ts";
import type { Journal } from "../../cluster/journal.ts";
import type { FactPair, Verdict, Window } from "../../cluster/verify.ts";
import { guardAmbientSources } from "../../kernel/ambient-guard.ts";
import type { Fact } from "../../kernel/trace.ts";
import { checkStoreIfAsked, type CheckStoreFlags, checkStoreOption } from "../check-store.ts";
import { CliError, exitCode, usageError } from "../cli-error.ts";
import { readJournalFile } from "../journal-file.ts";
import { wholeNumber } from "../option-values.ts";
import type { CommandEnvironment } from "./commands.ts";

interface VerifyFlags extends CheckStoreFlags {
  readonly threads: number;
}

/** `podrace verify FILE`: is the run the same as recorded, on one thread and on many? */
export function addVerify(program: Command, { terminal }: CommandEnvironment): void {
  program
    .command("verify")
    .description(
      "replay a recorded session inline and on threads, and compare both with the recording window by window",
    )
    .argument("<file>", "a session recorded with 'up --record'")
    .addOption(
      new Option("--threads <n>", "worker threads of the second run")
        .default(2)
        .argParser(wholeNumber(1)),
    )
    .addOption(checkStoreOption())
    .addHelpText(
      "after",
      "\nExit codes: 0 when recording and replays are equal, 5 when they are not.\n",
    )
    .action(async (file: string, flags: VerifyFlags) => {
      await checkStoreIfAsked(flags);
      const journal = readJournalFile(file);
      const verdict = await verify(journal, flags.threads);
      if (verdict.kind !== "equal") throw difference(verdict, journal);
      const { checkpoints, hasEnd } = verdict;
      const extent = hasEnd ? "to its end" : "as far as it goes, for it was cut off";
      terminal.result(
        `Equal to the recording ${extent}, inline and with ${flags.threads} threads: ${checkpoints} checkpoints.\n`,
      );
    });
}

async function verify(journal: Journal, threads: number): Promise<Verdict> {
  const { verifyJournal } = await import("../../cluster/verify.ts");
  guardAmbientSources();
  try {
    return await verifyJournal(journal, threads);
  } catch (error) {
    if (error instanceof ClusterOptionsError) throw usageError(`--${error.message}`);
    throw error;
  }
}

function difference(
  verdict: Exclude<Verdict, { readonly kind: "equal" }>,
  { podrace, facts }: Journal,
): CliError {
  switch (verdict.kind) {
    case "replaysDiffer": {
      const { window, first, recordedLike } = verdict;
      const lines = [
        `the replays differ from each other ${between(window)}`,
        ...factLines(first, "inline", "threads"),
      ];
      return nondeterminism(
        lines,
        recordedLike && `The recording is like ${likeness[recordedLike]}.`,
      );
    }
    case "recordingDiffers": {
      const { window, recorded, replayed, first } = verdict;
      const lines = [
        `the replay differs from the recording ${between(window)}`,
        `  recorded: ${recorded.facts} facts, revision ${recorded.revision}, hash ${recorded.hash}`,
        `  replayed: ${replayed.facts} facts, revision ${replayed.revision}, hash ${replayed.hash}`,
        ...factLines(first, "recorded", "replayed"),
      ];
      const naming =
        facts.length === 0 ? " 'podrace up --record-facts' lets this name the first fact." : "";
      return nondeterminism(
        lines,
        `Inline and on threads it is the same, so it is not the threads: it was recorded with another build (podrace ${podrace}), or depends on what its journal does not hold.${naming}`,
      );
    }
    case "objectsDiffer": {
      const ofWhat =
        verdict.between === "replays" ? "the two replays" : "the replay and the recording";
      return nondeterminism([`all facts are the same, but the objects of ${ofWhat} are not`]);
    }
  }
}

const likeness = {
  inline: "the replay inline, at its next checkpoint",
  threads: "the replay on threads, at its next checkpoint",
  neither: "neither of them, at its next checkpoint",
};

function nondeterminism(lines: readonly string[], hint?: string): CliError {
  return new CliError(lines.join("\n"), {
    exitCode: exitCode.nondeterminism,
    ...(hint !== undefined && { hint }),
  });
}

function between({ fromUs, untilUs }: Window): string {
  return `between ${rfc3339Micro(fromUs)} and ${rfc3339Micro(untilUs)}`;
}

function factLines(pair: FactPair | undefined, left: string, right: string): readonly string[] {
  if (pair === undefined) return [];
  return [`  ${left}: ${shown(pair.left)}`, `  ${right}: ${shown(pair.right)}`];
}

function shown(fact: Fact | undefined): string {
  return fact === undefined ? "nothing" : JSON.stringify(fact);
}
