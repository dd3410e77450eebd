import { type Command, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../../api/duration.ts";
import { parseSpeed, speedExpectation } from "../../api/speed.ts";
import { ClusterOptionsError, type NodePool, runtimeNames } from "../../cluster/cluster-options.ts";
import type { FaultOptions } from "../../cluster/fault-options.ts";
import type { LiveCluster, LiveClusterOptions } from "../../cluster/live-cluster.ts";
import { guardAmbientSources } from "../../kernel/ambient-guard.ts";
import { exitCode, usageError } from "../cli-error.ts";
import { removeEtcdctlFiles, saveEtcdctlFiles } from "../etcdctl-files.ts";
import { isOfFaultsFile, readFaultsFile } from "../faults-file.ts";
import { contextName, removeFromKubeconfig, saveToKubeconfig } from "../kubeconfig.ts";
import { kubeconfigToWrite } from "../kubeconfig-path.ts";
import { explainListening } from "../listen-error.ts";
import { createJournalFile, type JournalFile } from "../journal-file.ts";
import { clusterName, threadCount, wholeNumber } from "../option-values.ts";
import { waitForSignal } from "../wait-for-signal.ts";
import type { CommandEnvironment } from "./commands.ts";

interface UpFlags {
  readonly name: string;
  readonly nodes: number;
  readonly threads?: number | "per-node";
  readonly threadsMax?: number;
  readonly stepDeadline?: number;
  readonly runtime: "docker" | "containerd" | "cri-o";
  readonly host: string;
  readonly port: number;
  readonly etcdPort?: number;
  readonly speed: number;
  readonly seed: number;
  readonly http?: true;
  readonly kubeconfig?: string;
  readonly absentImage?: readonly string[];
  readonly pool?: readonly NodePool[];
  readonly record?: string;
  readonly recordFacts?: true;
  readonly guard?: true;
  readonly faults?: string;
}

/** `podrace up`: a live cluster until Ctrl-C. */
export function addUp(program: Command, environment: CommandEnvironment): void {
  program
    .command("up")
    .description("start a live cluster for kubectl, until Ctrl-C")
    .addOption(
      new Option("--name <name>", "the cluster's name; its context is podrace-NAME")
        .env("PODRACE_CLUSTER_NAME")
        .default("podrace")
        .argParser(clusterName),
    )
    .addOption(
      new Option("--nodes <n>", "how many nodes")
        .env("PODRACE_NODES")
        .default(3)
        .argParser(wholeNumber(0)),
    )
    .addOption(
      new Option(
        "--threads <n>",
        "worker threads for the kubelets; 0 for none, per-node for one each (default: cores − 1)",
      )
        .env("PODRACE_THREADS")
        .argParser(threadCount),
    )
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
    .addOption(
      new Option("--port <port>", "port of the API server; 0 for any free one")
        .env("PODRACE_PORT")
        .default(6443)
        .argParser(wholeNumber(0, 65_535)),
    )
    .addOption(
      new Option(
        "--etcd-port <port>",
        "port at which etcdctl finds what is stored; 0 for any free one (default: none)",
      )
        .env("PODRACE_ETCD_PORT")
        .argParser(wholeNumber(0, 65_535)),
    )
    .addOption(
      new Option("--host <address>", "address to listen on")
        .env("PODRACE_HOST")
        .default("127.0.0.1"),
    )
    .addOption(
      new Option(
        "--speed <k>",
        "cluster seconds a real second; 0 is paused, max as fast as it goes",
      )
        .env("PODRACE_SPEED")
        .default(1)
        .argParser(speed),
    )
    .addOption(
      new Option("--seed <n>", "decides all chance")
        .env("PODRACE_SEED")
        .default(1)
        .argParser(wholeNumber(0)),
    )
    .option("--http", "plain HTTP: no certificates, everybody is an administrator")
    .addOption(
      new Option(
        "--kubeconfig <file>",
        "the kubeconfig to write, instead of $KUBECONFIG or ~/.kube/config",
      ),
    )
    .addOption(
      new Option("--absent-image <image...>", "images no registry has: pulling them fails"),
    )
    .option("--record <file>", "write down all that comes from outside, for podrace replay")
    .option(
      "--record-facts",
      "with --record: write down all that happens, too, so that podrace verify can name the first difference",
    )
    .option(
      "--guard",
      "end the run when simulated code asks the machine for time or chance (workers always do)",
    )
    .option("--faults <file>", "what goes wrong, as JSON: faults, explore, decisions")
    .addHelpText(
      "after",
      "\nExit codes: 0 when ended by Ctrl-C or SIGTERM once it is up; 130 or 143 when that came earlier;\n6 when the run broke: a thread died or no longer answers, or a bug.\n",
    )
    .action(async (flags: UpFlags) => environment.finish(await up(flags, environment)));
}

async function up(flags: UpFlags, { terminal }: CommandEnvironment): Promise<number> {
  if (flags.recordFacts === true && flags.record === undefined) {
    throw usageError("--record-facts needs --record FILE to write them to");
  }
  if (flags.etcdPort !== undefined && flags.record !== undefined) {
    throw usageError("--etcd-port cannot go with --record: what comes in there is not recorded");
  }
  if (flags.guard === true) guardAmbientSources();
  const faults = flags.faults === undefined ? {} : readFaultsFile(flags.faults);
  const ending = waitForSignal();
  terminal.progress(`Starting cluster "${flags.name}" …`);
  const journal = flags.record === undefined ? undefined : createJournalFile(flags.record);
  const cluster = await startOrExplain(flags, faults, journal);
  if (ending.signal !== undefined) {
    await cluster.stop();
    journal?.discard();
    return ending.signal === "SIGINT" ? exitCode.interrupted : exitCode.terminated;
  }
  const file = kubeconfigToWrite({ flag: flags.kubeconfig, env: process.env });
  let etcdctl: string | undefined;
  try {
    await saveToKubeconfig(file, flags.name, cluster.address);
    if (cluster.address.etcd !== undefined) {
      etcdctl = saveEtcdctlFiles(file, flags.name, cluster.address);
    }
  } catch (error) {
    await cluster.stop();
    journal?.discard();
    throw error;
  }
  const nodes = [...cluster.cluster.server.objects("", "nodes")].length;
  terminal.progress(` ✓ ${nodes} nodes are ready (${threadsText(cluster)})`);
  terminal.progress(` ✓ kubectl is pointed at it: context ${contextName(flags.name)} in ${file}`);
  if (etcdctl !== undefined) {
    terminal.progress(` ✓ etcd's door is open: ${etcdctl} get --prefix /registry/pods/`);
  }
  terminal.result(`${cluster.address.server}\n`);
  terminal.progress(
    "\nTry:  kubectl run my-nginx --image nginx && kubectl get pods -w\nStop: Ctrl-C",
  );
  const failure = await Promise.race([ending.asked, cluster.failed]);
  terminal.progress("Stopping …");
  try {
    if (etcdctl !== undefined) removeEtcdctlFiles(file, flags.name);
    await removeFromKubeconfig(file, flags.name);
  } finally {
    await cluster.stop();
    journal?.close();
  }
  if (failure instanceof Error) throw failure;
  return exitCode.ok;
}

async function startOrExplain(
  flags: UpFlags,
  faults: FaultOptions,
  journal: JournalFile | undefined,
): Promise<LiveCluster> {
  const { startLiveCluster } = await import("../../cluster/live-cluster.ts");
  try {
    return await startLiveCluster({
      ...optionsOf(flags),
      ...faults,
      ...(journal !== undefined && { journal, recordsFacts: flags.recordFacts === true }),
    });
  } catch (error) {
    journal?.discard();
    if (error instanceof ClusterOptionsError) {
      const place = isOfFaultsFile(error.option) ? `${flags.faults}: ` : "--";
      throw usageError(`${place}${error.message}`);
    }
    throw explainListening(error, flags.host, flags);
  }
}

function optionsOf(flags: UpFlags): LiveClusterOptions {
  return {
    nodes: flags.nodes,
    runtime: flags.runtime,
    host: flags.host,
    port: flags.port,
    ...(flags.etcdPort !== undefined && { etcdPort: flags.etcdPort }),
    speed: flags.speed,
    seed: flags.seed,
    plainHttp: flags.http === true,
    absentImages: flags.absentImage ?? [],
    pools: flags.pool ?? [],
    ...(flags.threads !== undefined && { threads: flags.threads }),
    ...(flags.threadsMax !== undefined && { threadsMax: flags.threadsMax }),
    ...(flags.stepDeadline !== undefined && { stepDeadlineMs: flags.stepDeadline }),
  };
}

function threadsText({ cluster }: LiveCluster): string {
  const { threads } = cluster.options;
  if (threads === 0) return "kubelets on the main thread";
  return `kubelets on ${threads} worker thread${threads === 1 ? "" : "s"}`;
}

function speed(text: string): number {
  const value = parseSpeed(text);
  if (value !== undefined) return value;
  throw new InvalidArgumentError(`It must be ${speedExpectation}.`);
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
