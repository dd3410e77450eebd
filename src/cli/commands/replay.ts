import { type Command, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../../api/duration.ts";
import { parseRfc3339, rfc3339Micro } from "../../api/time.ts";
import type { Journal } from "../../cluster/journal.ts";
import type { ReplayResult } from "../../cluster/replay.ts";
import { CliError, exitCode, usageError } from "../cli-error.ts";
import { readJournalFile } from "../journal-file.ts";
import { contextName, removeFromKubeconfig, saveToKubeconfig } from "../kubeconfig.ts";
import { kubeconfigToWrite } from "../kubeconfig-path.ts";
import { waitForSignal } from "../wait-for-signal.ts";
import type { CommandEnvironment } from "./commands.ts";

interface ReplayFlags {
  readonly until?: string;
  readonly threads?: number;
  readonly name: string;
  readonly port: number;
  readonly kubeconfig?: string;
}

/** `podrace replay FILE`: a recorded session once more, to its end or to a moment of it. */
export function addReplay(program: Command, environment: CommandEnvironment): void {
  program
    .command("replay")
    .description("run a session recorded with 'up --record' again, without its clients")
    .argument("<file>", "the recorded session")
    .option(
      "--until <time>",
      "stop there and serve that moment read-only: 90s after the start, or an RFC 3339 time",
    )
    .addOption(
      new Option(
        "--threads <n>",
        "worker threads; the history is the same for any number",
      ).argParser(integer),
    )
    .option(
      "--name <name>",
      "with --until: the cluster's name; its context is podrace-NAME",
      "replay",
    )
    .addOption(
      new Option("--port <port>", "with --until: port of the API server")
        .default(0)
        .argParser(integer),
    )
    .option("--kubeconfig <file>", "with --until: the kubeconfig to write")
    .addHelpText(
      "after",
      "\nExit codes: 0 when the replay came to the recorded end, 5 when it did not.\n",
    )
    .action(async (file: string, flags: ReplayFlags) => {
      environment.finish(await replay(file, flags, environment));
    });
}

async function replay(
  file: string,
  flags: ReplayFlags,
  environment: CommandEnvironment,
): Promise<number> {
  const { terminal } = environment;
  const journal = readJournalFile(file);
  const untilUs = flags.until === undefined ? undefined : momentOf(flags.until, journal);
  const { replayJournal } = await import("../../cluster/replay.ts");
  const result = await replayJournal(journal, {
    ...(untilUs !== undefined && { untilUs }),
    ...(flags.threads !== undefined && { threads: flags.threads }),
  });
  const { nowUs, traceHash, inputs, facts, revision } = result;
  terminal.result(
    `${rfc3339Micro(nowUs)}  ${inputs} inputs, ${facts} facts, revision ${revision}, trace hash ${traceHash}\n`,
  );
  if (untilUs !== undefined) return serve(result, flags, environment);
  await result.cluster.close();
  return compare(journal, result, environment);
}

function compare(
  { end, podrace }: Journal,
  result: ReplayResult,
  { terminal }: CommandEnvironment,
): number {
  if (end === undefined) {
    terminal.warning("The session was cut off, so there is no recorded end to compare with.");
    return exitCode.ok;
  }
  if (end.traceHash === result.traceHash) {
    terminal.result("The replay came to the recorded end.\n");
    return exitCode.ok;
  }
  throw new CliError(
    `the replay did not come to the recorded end: trace hash ${result.traceHash}, recorded ${end.traceHash} (${end.facts} facts, revision ${end.revision})`,
    { exitCode: exitCode.nondeterminism, hint: `It was recorded with podrace ${podrace}.` },
  );
}

/** Lets kubectl look at that moment, until Ctrl-C. */
async function serve(
  { cluster }: ReplayResult,
  flags: ReplayFlags,
  { terminal }: CommandEnvironment,
): Promise<number> {
  const ending = waitForSignal();
  const { serveCluster } = await import("../../cluster/live-cluster.ts");
  const live = await serveCluster(cluster, { port: flags.port, speed: 0, isReadOnly: true });
  const file = kubeconfigToWrite({ flag: flags.kubeconfig, env: process.env });
  await saveToKubeconfig(file, flags.name, live.address);
  terminal.progress(
    ` ✓ that moment is served read-only: context ${contextName(flags.name)} in ${file}`,
  );
  terminal.result(`${live.address.server}\n`);
  await Promise.race([ending.asked, live.failed]);
  await removeFromKubeconfig(file, flags.name);
  await live.stop();
  return exitCode.ok;
}

function momentOf(text: string, { options }: Journal): number {
  const sinceStartUs = parseDuration(text);
  const atUs = sinceStartUs === undefined ? parseRfc3339(text) : options.startUs + sinceStartUs;
  if (atUs !== undefined) return atUs;
  throw usageError(
    `--until must be a duration such as 90s or an RFC 3339 time, not ${JSON.stringify(text)}`,
  );
}

function integer(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number.");
}
