import { type Command, Option } from "commander";
import { parseDuration } from "../../api/duration.ts";
import { parseRfc3339, rfc3339Micro } from "../../api/time.ts";
import type { Cluster } from "../../cluster/cluster.ts";
import { ClusterOptionsError } from "../../cluster/cluster-options.ts";
import type { Journal, JournalInput } from "../../cluster/journal.ts";
import type { LiveCluster } from "../../cluster/live-cluster.ts";
import type { ReplayOptions, ReplayResult } from "../../cluster/replay.ts";
import { guardAmbientSources } from "../../kernel/ambient-guard.ts";
import { checkStoreIfAsked, type CheckStoreFlags, checkStoreOption } from "../check-store.ts";
import { CliError, exitCode, usageError } from "../cli-error.ts";
import { readJournalFile } from "../journal-file.ts";
import { explainListening } from "../listen-error.ts";
import { contextName, removeFromKubeconfig, saveToKubeconfig } from "../kubeconfig.ts";
import { kubeconfigToWrite } from "../kubeconfig-path.ts";
import { clusterName, threadCount, wholeNumber } from "../option-values.ts";
import { waitForSignal } from "../wait-for-signal.ts";
import type { CommandEnvironment } from "./commands.ts";

interface ReplayFlags extends CheckStoreFlags {
  readonly until?: string;
  readonly threads?: number | "per-node";
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
        "worker threads, or per-node; the history is the same for any number",
      ).argParser(threadCount),
    )
    .addOption(
      new Option("--name <name>", "with --until: the cluster's name; its context is podrace-NAME")
        .default("replay")
        .argParser(clusterName),
    )
    .addOption(
      new Option("--port <port>", "with --until: port of the API server")
        .default(0)
        .argParser(wholeNumber(0, 65_535)),
    )
    .option("--kubeconfig <file>", "with --until: the kubeconfig to write")
    .addOption(checkStoreOption())
    .addHelpText(
      "after",
      "\nExit codes: 0 when the replay came to the recorded end, 5 when it did not. With --until: 0 when ended by Ctrl-C.\n",
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
  await checkStoreIfAsked(flags);
  const result = await runAgain(journal, {
    ...(untilUs !== undefined && { untilUs }),
    ...(flags.threads !== undefined && { threads: flags.threads }),
  });
  const { nowUs, traceHash, inputs, facts, revision } = result;
  terminal.result(
    `${rfc3339Micro(nowUs)}  ${inputs} inputs, ${facts} facts, revision ${revision}, trace hash ${traceHash}\n`,
  );
  if (untilUs !== undefined) {
    if (nowUs < untilUs) terminal.warning("The session ended before that: this is its end.");
    if (nowUs > untilUs) terminal.warning("The session began after that: this is its start.");
    return serve(journal, result, flags, environment);
  }
  await result.cluster.close();
  return compare(journal, result, environment);
}

async function runAgain(journal: Journal, options: ReplayOptions): Promise<ReplayResult> {
  const { replayJournal } = await import("../../cluster/replay.ts");
  guardAmbientSources();
  try {
    return await replayJournal(journal, options);
  } catch (error) {
    if (error instanceof ClusterOptionsError) throw usageError(`--${error.message}`);
    throw error;
  }
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
  if (end.traceHash === result.traceHash && end.objectsHash === result.objectsHash) {
    terminal.result("The replay came to the recorded end.\n");
    return exitCode.ok;
  }
  const differing =
    end.traceHash === result.traceHash
      ? `the same trace hash, but objects ${result.objectsHash}, recorded ${end.objectsHash}`
      : `trace hash ${result.traceHash}, recorded ${end.traceHash} (${end.facts} facts, revision ${end.revision})`;
  throw new CliError(`the replay did not come to the recorded end: ${differing}`, {
    exitCode: exitCode.nondeterminism,
    hint: `It was recorded with podrace ${podrace}. 'podrace verify FILE' says from where on it differs.`,
  });
}

/** Lets kubectl look at that moment, until Ctrl-C. */
async function serve(
  { inputs }: Journal,
  { cluster, nowUs }: ReplayResult,
  flags: ReplayFlags,
  { terminal }: CommandEnvironment,
): Promise<number> {
  const ending = waitForSignal();
  const played = inputs.filter(({ atUs }) => atUs <= nowUs);
  const live = await serveOrExplain(cluster, played, flags.port);
  const file = kubeconfigToWrite({ flag: flags.kubeconfig, env: process.env });
  try {
    await saveToKubeconfig(file, flags.name, live.address);
    terminal.progress(
      ` ✓ that moment is served read-only: context ${contextName(flags.name)} in ${file}`,
    );
    terminal.result(`${live.address.server}\n`);
    terminal.progress("Stop: Ctrl-C");
    const failure = await Promise.race([ending.asked, live.failed]);
    await removeFromKubeconfig(file, flags.name);
    if (failure instanceof Error) throw failure;
  } finally {
    await live.stop();
  }
  return exitCode.ok;
}

async function serveOrExplain(
  cluster: Cluster,
  played: readonly JournalInput[],
  port: number,
): Promise<LiveCluster> {
  const { serveCluster } = await import("../../cluster/live-cluster.ts");
  const { InputLog } = await import("../../cluster/input-log.ts");
  // So that the moment can be saved, and gone on from.
  const log = new InputLog(cluster.options);
  log.keepAll(played);
  const requestsBefore = played.filter((input) => "request" in input).length;
  try {
    return await serveCluster(
      cluster,
      { port, speed: 0, isReadOnly: true },
      { log, requestsBefore },
    );
  } catch (error) {
    throw explainListening(error, "127.0.0.1", { port });
  }
}

function momentOf(text: string, { options }: Journal): number {
  const sinceStartUs = parseDuration(text);
  const atUs = sinceStartUs === undefined ? parseRfc3339(text) : options.startUs + sinceStartUs;
  if (atUs !== undefined) return atUs;
  throw usageError(
    `--until must be a duration such as 90s or an RFC 3339 time, not ${JSON.stringify(text)}`,
  );
}
