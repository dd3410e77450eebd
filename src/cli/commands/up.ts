import { type Command, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../../api/duration.ts";
import { ClusterOptionsError, type NodePool, runtimeNames } from "../../cluster/cluster-options.ts";
import type { FaultOptions } from "../../cluster/fault-options.ts";
import type { KeptState } from "../../cluster/kept-state.ts";
import type { LiveCluster, LiveClusterOptions } from "../../cluster/live-cluster.ts";
import type { StartManifest } from "../../cluster/start-manifests.ts";
import { guardAmbientSources } from "../../kernel/ambient-guard.ts";
import { checkStoreIfAsked, type CheckStoreFlags, checkStoreOption } from "../check-store.ts";
import { CliError, usageError } from "../cli-error.ts";
import { openDirectory } from "../data-directory-option.ts";
import { type EtcdFlags, etcdOption, openEtcd, requireEtcdSense } from "../etcd-options.ts";
import { isOfFaultsFile, readFaultsFile } from "../faults-file.ts";
import { explainListening } from "../listen-error.ts";
import { createJournalFile, type JournalFile } from "../journal-file.ts";
import { readManifestFiles } from "../manifest-files.ts";
import { wholeNumber } from "../option-values.ts";
import { serveExitCodes, type ServeFlags, serveOption } from "../serve-options.ts";
import { serveUntilSignal } from "../serve-until-signal.ts";
import type { Terminal } from "../terminal.ts";
import { waitForSignal } from "../wait-for-signal.ts";
import type { CommandEnvironment } from "./commands.ts";

interface UpFlags extends ServeFlags, EtcdFlags, CheckStoreFlags {
  readonly nodes: number;
  readonly threadsMax?: number;
  readonly stepDeadline?: number;
  readonly apiServers: number;
  readonly runtime: "docker" | "containerd" | "cri-o";
  readonly etcdPort?: number;
  readonly seed: number;
  readonly absentImage?: readonly string[];
  readonly pool?: readonly NodePool[];
  readonly recordFacts?: true;
  readonly guard?: true;
  readonly faults?: string;
  readonly filename?: readonly string[];
  readonly dataDir?: string;
  readonly dataDirRepair?: true;
  readonly simulatedEtcd?: true;
}

/** `podrace up`: a live cluster until Ctrl-C. */
export function addUp(program: Command, environment: CommandEnvironment): void {
  program
    .command("up")
    .description("start a live cluster for kubectl, until Ctrl-C")
    .addOption(serveOption.name())
    .addOption(
      new Option("--nodes <n>", "how many nodes")
        .env("PODRACE_NODES")
        .default(3)
        .argParser(wholeNumber(0)),
    )
    .addOption(serveOption.threads())
    .addOption(
      new Option(
        "--threads-max <n>",
        "the most threads there may be, if the machine has room for them (default: 256)",
      ).argParser(wholeNumber(1)),
    )
    .addOption(
      new Option(
        "--step-deadline <duration>",
        "a thread that takes longer for one window ends the run (default: 60s)",
      ).argParser(stepDeadline),
    )
    .addOption(
      new Option("--api-servers <n>", "API servers, each with a port and a watch cache of its own")
        .env("PODRACE_API_SERVERS")
        .default(1)
        .argParser(wholeNumber(1, 16)),
    )
    .addOption(
      new Option("--runtime <runtime>", "container runtime of the nodes")
        .env("PODRACE_RUNTIME")
        .choices(runtimeNames)
        .default("containerd"),
    )
    .addOption(
      new Option(
        "--pool <name=nodes[:runtime]>",
        "further nodes with a runtime of their own, e.g. old=2:docker; may be repeated",
      ).argParser(nodePool),
    )
    .addOption(serveOption.port())
    .addOption(
      new Option(
        "--etcd-port <port>",
        "port at which etcdctl finds what is stored; 0 for any free one (default: none)",
      )
        .env("PODRACE_ETCD_PORT")
        .argParser(wholeNumber(0, 65_535)),
    )
    .addOption(serveOption.host())
    .addOption(serveOption.speed())
    .addOption(
      new Option("--seed <n>", "decides all chance")
        .env("PODRACE_SEED")
        .default(1)
        .argParser(wholeNumber(0)),
    )
    .addOption(serveOption.http())
    .addOption(serveOption.kubeconfig())
    .addOption(
      new Option("--absent-image <image...>", "images no registry has: pulling them fails"),
    )
    .addOption(
      new Option(
        "-f, --filename <path>",
        "start with the objects of a manifest, a folder of them, or - for stdin; may be repeated",
      ).argParser(manifestPath),
    )
    .addOption(
      new Option(
        "--data-dir <dir>",
        "keep the cluster's state there, and go on from it: what was acknowledged survives a crash",
      ).env("PODRACE_DATA_DIR"),
    )
    .option(
      "--data-dir-repair",
      "with --data-dir: where its log is damaged, give up what is behind that (it is put aside)",
    )
    .addOption(
      new Option(
        "--simulated-etcd",
        "keep the state in an etcd that takes time, and fails as --faults says",
      ).conflicts(["dataDir", "etcd"]),
    )
    .addOption(etcdOption.servers())
    .addOption(etcdOption.caFile())
    .addOption(etcdOption.certFile())
    .addOption(etcdOption.keyFile())
    .addOption(etcdOption.user())
    .addOption(etcdOption.serveOnly())
    .addOption(serveOption.record())
    .option(
      "--record-facts",
      "with --record: write down all that happens, too, so that podrace verify can name the first difference",
    )
    .option(
      "--guard",
      "end the run when simulated code asks the machine for time or chance (workers always do)",
    )
    .addOption(checkStoreOption())
    .option("--faults <file>", "what goes wrong, as JSON: faults, explore, decisions")
    .addHelpText("after", serveExitCodes)
    .action(async (flags: UpFlags, command: Command) => {
      requireSense(flags, (option) => command.getOptionValueSource(option) === "cli");
      environment.finish(await up(flags, environment));
    });
}

/** @param isGiven Whether an option is on the command line, by its name in the flags. */
function requireSense(flags: UpFlags, isGiven: (option: string) => boolean): void {
  if (flags.recordFacts === true && flags.record === undefined) {
    throw usageError("--record-facts needs --record FILE to write them to");
  }
  if (flags.dataDirRepair === true && flags.dataDir === undefined) {
    throw usageError("--data-dir-repair needs --data-dir DIR to repair");
  }
  if (flags.record !== undefined && (flags.dataDir ?? flags.etcd) !== undefined) {
    const option = flags.dataDir === undefined ? "--etcd" : "--data-dir";
    throw usageError(`--record cannot go with ${option}: a replay begins with an empty cluster`);
  }
  if (flags.checkStore === true && flags.etcd !== undefined) {
    throw usageError("--check-store cannot go with --etcd: others write to it, too");
  }
  requireEtcdSense(flags, isGiven);
  if (flags.etcdPort !== undefined && flags.record !== undefined) {
    throw usageError("--etcd-port cannot go with --record: what comes in there is not recorded");
  }
}

async function up(flags: UpFlags, { terminal }: CommandEnvironment): Promise<number> {
  const manifests = readManifestFiles(flags.filename ?? []);
  if (flags.guard === true) guardAmbientSources();
  await checkStoreIfAsked(flags);
  const faults = flags.faults === undefined ? {} : readFaultsFile(flags.faults);
  const ending = waitForSignal();
  terminal.progress(`Starting cluster "${flags.name}" …`);
  const journal = flags.record === undefined ? undefined : createJournalFile(flags.record);
  const data = await openKeptState(flags, terminal);
  const cluster = await startOrExplain(flags, { ...faults, manifests }, journal, data);
  try {
    return await serveUntilSignal(cluster, flags, { ending, journal, terminal });
  } catch (error) {
    throw explainFailure(error);
  }
}

async function openKeptState(flags: UpFlags, terminal: Terminal): Promise<KeptState | undefined> {
  if (flags.etcd !== undefined) return openEtcd(flags, flags.etcd, terminal);
  if (flags.dataDir === undefined) return undefined;
  return openDirectory(flags.dataDir, flags.dataDirRepair === true, terminal);
}

async function startOrExplain(
  flags: UpFlags,
  files: FaultOptions & { readonly manifests: readonly StartManifest[] },
  journal: JournalFile | undefined,
  data: KeptState | undefined,
): Promise<LiveCluster> {
  const { startLiveCluster } = await import("../../cluster/live-cluster.ts");
  const { ManifestError } = await import("../../cluster/start-manifests.ts");
  try {
    return await startLiveCluster({
      ...optionsOf(flags),
      ...files,
      ...(data !== undefined && { data }),
      ...(journal !== undefined && { journal, recordsFacts: flags.recordFacts === true }),
    });
  } catch (error) {
    journal?.discard();
    if (error instanceof ManifestError) throw usageError(error.message);
    if (error instanceof ClusterOptionsError) {
      const place = isOfFaultsFile(error.option) ? `${flags.faults}: ` : "--";
      throw usageError(`${place}${error.message}`);
    }
    throw explainListening(explainFailure(error), flags.host, flags);
  }
}

/** That the disk is full, or that somebody else drives the cluster by now, is no bug. */
function explainFailure(failure: unknown): unknown {
  const names = ["DataDirectoryError", "EtcdStateError"];
  if (!(failure instanceof Error) || !names.includes(failure.name)) return failure;
  return new CliError(failure.message, { cause: failure });
}

function optionsOf(flags: UpFlags): LiveClusterOptions {
  return {
    nodes: flags.nodes,
    apiServers: flags.apiServers,
    runtime: flags.runtime,
    host: flags.host,
    port: flags.port,
    ...(flags.etcdPort !== undefined && { etcdPort: flags.etcdPort }),
    speed: flags.speed,
    seed: flags.seed,
    plainHttp: flags.http === true,
    ...(flags.serveOnly === true && { servesOnly: true }),
    absentImages: flags.absentImage ?? [],
    pools: flags.pool ?? [],
    ...(flags.simulatedEtcd === true && { simulatedEtcd: true }),
    ...(flags.threads !== undefined && { threads: flags.threads }),
    ...(flags.threadsMax !== undefined && { threadsMax: flags.threadsMax }),
    ...(flags.stepDeadline !== undefined && { stepDeadlineMs: flags.stepDeadline }),
  };
}

/** ms */
function stepDeadline(text: string): number {
  const ms = (parseDuration(text) ?? 0) / 1_000;
  if (Number.isSafeInteger(ms) && ms > 0 && ms <= dayMs) return ms;
  throw new InvalidArgumentError("It must be a duration such as 30s, at most 24h.");
}

const dayMs = 86_400_000;

function nodePool(text: string, before: readonly NodePool[] = []): readonly NodePool[] {
  const [, name = "", nodes, runtime = "containerd"] =
    /^([a-z0-9][-a-z0-9]*)=(\d+)(?::([a-z-]+))?$/.exec(text) ?? [];
  const known = runtimeNames.find((each) => each === runtime);
  if (nodes === undefined || known === undefined) {
    throw new InvalidArgumentError(
      `It must be NAME=NODES or NAME=NODES:RUNTIME, the runtime one of ${runtimeNames.join(", ")}.`,
    );
  }
  return [...before, { name, nodes: Number(nodes), runtime: known }];
}

function manifestPath(path: string, before: readonly string[] = []): readonly string[] {
  return [...before, path];
}
