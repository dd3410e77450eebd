import { type Command, Option } from "commander";
import { ClusterOptionsError } from "../../cluster/cluster-options.ts";
import type { LiveCluster } from "../../cluster/live-cluster.ts";
import type { RestoreOptions } from "../../cluster/restore.ts";
import { SnapshotError, type SnapshotSummary } from "../../cluster/snapshot.ts";
import { checkStoreIfAsked, type CheckStoreFlags, checkStoreOption } from "../check-store.ts";
import { CliError, exitCode, usageError } from "../cli-error.ts";
import { addConnectionOptions, type ConnectionFlags, withClient } from "../connection.ts";
import { createJournalFile } from "../journal-file.ts";
import { explainListening } from "../listen-error.ts";
import { serveExitCodes, type ServeFlags, serveOption } from "../serve-options.ts";
import { serveUntilSignal } from "../serve-until-signal.ts";
import { createSnapshotFile, readSnapshotFile } from "../snapshot-file.ts";
import { waitForSignal } from "../wait-for-signal.ts";
import type { CommandEnvironment } from "./commands.ts";

interface RestoreFlags extends ServeFlags, CheckStoreFlags {}

/** `podrace snapshot …`: a whole cluster in a file, to go on from there. */
export function addSnapshot(program: Command, environment: CommandEnvironment): void {
  const { terminal } = environment;
  const snapshot = program
    .command("snapshot")
    .description("save a running cluster into a file, or go on from one: save, restore, inspect");
  addConnectionOptions(snapshot.command("save"))
    .description("save a running cluster: its objects, its time, and what its nodes are about")
    .argument("<file>", "the file to write; it must not exist")
    .action(async (file: string, flags: ConnectionFlags) => {
      const { summary } = await createSnapshotFile(file, () => fetchSnapshot(flags));
      terminal.result(`${oneLine(summary)}\n`);
    });
  snapshot
    .command("restore")
    .description("start a live cluster where a saved one was, until Ctrl-C")
    .argument("<file>", "a file written by 'podrace snapshot save'")
    .addOption(serveOption.name())
    .addOption(serveOption.threads("as many as when it was saved"))
    .addOption(serveOption.port())
    .addOption(serveOption.host())
    .addOption(serveOption.speed())
    .addOption(serveOption.http())
    .addOption(serveOption.kubeconfig())
    .addOption(serveOption.record())
    .addOption(checkStoreOption())
    .addHelpText(
      "after",
      `${serveExitCodes}5 when this podrace does not come to the moment that was saved.\n`,
    )
    .action(async (file: string, flags: RestoreFlags) => {
      environment.finish(await restore(file, flags, environment));
    });
  snapshot
    .command("inspect")
    .description("say what is in a file written by 'podrace snapshot save'")
    .argument("<file>", "the file")
    .addOption(
      new Option("-o, --output <format>", "text or JSON").choices(["text", "json"]).default("text"),
    )
    .action((file: string, { output }: { readonly output: "text" | "json" }) => {
      const { summary } = readSnapshotFile(file).snapshot;
      terminal.result(
        output === "json" ? `${JSON.stringify(summary, undefined, 2)}\n` : lines(summary),
      );
    });
}

function fetchSnapshot(flags: ConnectionFlags): Promise<Uint8Array> {
  return withClient(flags, (client) =>
    client.bytes({ method: "POST", path: "/podrace/v1/snapshot" }),
  );
}

async function restore(
  file: string,
  flags: RestoreFlags,
  { terminal }: CommandEnvironment,
): Promise<number> {
  const { snapshot, bytes } = readSnapshotFile(file);
  await checkStoreIfAsked(flags);
  const ending = waitForSignal();
  const journal = flags.record === undefined ? undefined : createJournalFile(flags.record);
  terminal.progress(`Restoring cluster "${flags.name}": ${oneLine(snapshot.summary)} …`);
  let cluster: LiveCluster;
  try {
    cluster = await restoreOrExplain(file, bytes, {
      host: flags.host,
      port: flags.port,
      speed: flags.speed,
      plainHttp: flags.http === true,
      ...(flags.threads !== undefined && { threads: flags.threads }),
      ...(journal !== undefined && { journal }),
    });
  } catch (error) {
    journal?.discard();
    throw error;
  }
  return serveUntilSignal(cluster, flags, { ending, journal, terminal });
}

async function restoreOrExplain(
  file: string,
  bytes: Uint8Array,
  options: RestoreOptions & { readonly host: string; readonly port: number },
): Promise<LiveCluster> {
  const { RestoreError, restoreLiveCluster } = await import("../../cluster/restore.ts");
  try {
    return await restoreLiveCluster(bytes, options);
  } catch (error) {
    if (error instanceof ClusterOptionsError) throw usageError(`--${error.message}`);
    if (error instanceof SnapshotError) throw usageError(`${file}: ${error.message}`);
    if (error instanceof RestoreError) {
      throw new CliError(`${file}: ${error.message}`, { exitCode: exitCode.nondeterminism });
    }
    throw explainListening(error, options.host, options);
  }
}

/** E.g. `2026-01-01T00:00:09.000000Z  3 nodes, 1 pod, revision 44, 2 inputs`. */
function oneLine({ time, nodes, pods, revision, inputs }: SnapshotSummary): string {
  const all = `${counted(nodes, "node")}, ${counted(pods, "pod")}`;
  return `${time}  ${all}, revision ${revision}, ${counted(inputs, "input")}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function lines(summary: SnapshotSummary): string {
  const rows = [
    ["time", summary.time],
    ["nodes", summary.nodes],
    ["pods", summary.pods],
    ["revision", summary.revision],
    ["facts", summary.facts],
    ["inputs", summary.inputs],
    ["trace hash", summary.traceHash],
    ["objects hash", summary.objectsHash],
    ["saved by", `podrace ${summary.podrace}`],
  ] as const;
  return rows.map(([name, value]) => `${name.padEnd(14)}${value}\n`).join("");
}
