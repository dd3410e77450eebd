import { type Command, InvalidArgumentError, Option } from "commander";
import { ClusterOptionsError, type NodePool, runtimeNames } from "../../cluster/cluster-options.ts";
import type { JournalWriter } from "../../cluster/journal.ts";
import type { LiveCluster, LiveClusterOptions } from "../../cluster/live-cluster.ts";
import { CliError, exitCode, usageError } from "../cli-error.ts";
import { contextName, removeFromKubeconfig, saveToKubeconfig } from "../kubeconfig.ts";
import { kubeconfigToWrite } from "../kubeconfig-path.ts";
import { createJournalFile } from "../journal-file.ts";
import { waitForSignal } from "../wait-for-signal.ts";
import type { CommandEnvironment } from "./commands.ts";

interface UpFlags {
  readonly name: string;
  readonly nodes: number;
  readonly threads?: number;
  readonly runtime: "docker" | "containerd" | "cri-o";
  readonly host: string;
  readonly port: number;
  readonly speed: number;
  readonly seed: number;
  readonly http?: true;
  readonly kubeconfig?: string;
  readonly absentImage?: readonly string[];
  readonly pool?: readonly NodePool[];
  readonly record?: string;
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
        .argParser(integer(0)),
    )
    .addOption(
      new Option(
        "--threads <n>",
        "worker threads for the kubelets; 0 for none (default: cores − 1)",
      )
        .env("PODRACE_THREADS")
        .argParser(integer(0)),
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
        .argParser(integer(0, 65_535)),
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
        .argParser(integer(0)),
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
    .addHelpText(
      "after",
      "\nExit codes: 0 when ended by Ctrl-C or SIGTERM once it is up; 130 or 143 when that came earlier.\n",
    )
    .action(async (flags: UpFlags) => environment.finish(await up(flags, environment)));
}

async function up(flags: UpFlags, { terminal }: CommandEnvironment): Promise<number> {
  const ending = waitForSignal();
  terminal.progress(`Starting cluster "${flags.name}" …`);
  const journal = flags.record === undefined ? undefined : createJournalFile(flags.record);
  const cluster = await startOrExplain(flags, journal);
  if (ending.signal !== undefined) {
    await cluster.stop();
    return ending.signal === "SIGINT" ? exitCode.interrupted : exitCode.terminated;
  }
  const file = kubeconfigToWrite({ flag: flags.kubeconfig, env: process.env });
  try {
    await saveToKubeconfig(file, flags.name, cluster.address);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  const nodes = [...cluster.cluster.server.objects("", "nodes")].length;
  terminal.progress(` ✓ ${nodes} nodes are ready (${threadsText(cluster)})`);
  terminal.progress(` ✓ kubectl is pointed at it: context ${contextName(flags.name)} in ${file}`);
  terminal.result(`${cluster.address.server}\n`);
  terminal.progress(
    "\nTry:  kubectl run my-nginx --image nginx && kubectl get pods -w\nStop: Ctrl-C",
  );
  const failure = await Promise.race([ending.asked, cluster.failed]);
  terminal.progress("Stopping …");
  await removeFromKubeconfig(file, flags.name);
  await cluster.stop();
  journal?.close();
  if (failure instanceof Error) throw failure;
  return exitCode.ok;
}

async function startOrExplain(
  flags: UpFlags,
  journal: JournalWriter | undefined,
): Promise<LiveCluster> {
  const { startLiveCluster } = await import("../../cluster/live-cluster.ts");
  try {
    return await startLiveCluster({
      ...optionsOf(flags),
      ...(journal !== undefined && { journal }),
    });
  } catch (error) {
    if (error instanceof ClusterOptionsError) throw usageError(`--${error.message}`);
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      throw new CliError(`port ${flags.port} on ${flags.host} is in use`, {
        exitCode: exitCode.failed,
        hint: "Choose another with --port, or --port 0 for any free one.",
        cause: error,
      });
    }
    if (code === "EACCES" || code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
      throw new CliError(
        `cannot listen on ${flags.host}:${flags.port}: ${(error as Error).message}`,
        { cause: error },
      );
    }
    throw error;
  }
}

function optionsOf(flags: UpFlags): LiveClusterOptions {
  return {
    nodes: flags.nodes,
    runtime: flags.runtime,
    host: flags.host,
    port: flags.port,
    speed: flags.speed,
    seed: flags.seed,
    plainHttp: flags.http === true,
    absentImages: flags.absentImage ?? [],
    pools: flags.pool ?? [],
    ...(flags.threads !== undefined && { threads: flags.threads }),
  };
}

function threadsText({ cluster }: LiveCluster): string {
  const { threads } = cluster.options;
  if (threads === 0) return "kubelets on the main thread";
  return `kubelets on ${threads} worker thread${threads === 1 ? "" : "s"}`;
}

function integer(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`It must be a whole number, ${range}.`);
  };
}

function speed(text: string): number {
  if (text === "max") return Infinity;
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 1_000_000) return value;
  throw new InvalidArgumentError("It must be a number from 0 to 1000000, or max.");
}

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

function clusterName(text: string): string {
  if (/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError("It must be lower-case letters, digits, dots and dashes.");
}
