import { Checkpoints } from "./checkpoints.ts";
import { InputLog } from "./input-log.ts";
import {
  type JournalEnd,
  type JournalEntry,
  type JournalInput,
  journalVersion,
  recordedRequest,
} from "./journal.ts";
import { type LiveCluster, requireSpeed, serveCluster, type ServeOptions } from "./live-cluster.ts";
import { replayJournal } from "./replay.ts";
import { decodeSnapshot, journalOf } from "./snapshot.ts";
import { podraceVersion } from "./version.ts";

export interface RestoreOptions extends Omit<ServeOptions, "etcdPort" | "isReadOnly"> {
  /** Worker threads for the kubelets: any number, for the history does not depend on it. */
  readonly threads?: number | "per-node";
}

/** A snapshot whose history came out differently here than where it was saved. */
export class RestoreError extends Error {
  override readonly name = "RestoreError";

  constructor(saved: JournalEnd, restored: JournalEnd, podrace: string) {
    const differing =
      saved.traceHash === restored.traceHash
        ? `the same trace hash, but objects ${restored.objectsHash}, saved ${saved.objectsHash}`
        : `trace hash ${restored.traceHash}, saved ${saved.traceHash} (${restored.facts} facts at revision ${restored.revision}, saved ${saved.facts} at ${saved.revision})`;
    super(
      `it did not come to the moment that was saved: ${differing}; it was saved by podrace ${podrace}, this is ${podraceVersion}`,
    );
  }
}

/**
 * Starts a live cluster where another one was: its history is run again, as fast as it goes, and
 * compared; then it goes on, with the same future for the same inputs at the same virtual times.
 *
 * The certificates of its address are new; pods keep the CA that they were given.
 *
 * @param bytes What `LiveCluster.snapshot` gave.
 * @throws {SnapshotError} If it cannot be read.
 * @throws {ClusterOptionsError} For an option with a value it cannot have.
 * @throws {RestoreError} If this build has another history for the same inputs.
 * @throws The listening error, e.g. `EADDRINUSE`.
 */
export async function restoreLiveCluster(
  bytes: Uint8Array,
  options: RestoreOptions = {},
): Promise<LiveCluster> {
  requireSpeed(options.speed);
  const journal = journalOf(decodeSnapshot(bytes));
  const { threads = journal.options.threads, journal: writer } = options;
  const { cluster, ...restored } = await replayJournal(journal, { threads });
  const { end } = journal;
  if (restored.traceHash !== end.traceHash || restored.objectsHash !== end.objectsHash) {
    await cluster.close();
    throw new RestoreError(end, restored, journal.podrace);
  }
  const log = new InputLog(cluster.options);
  writer?.write({ journal: journalVersion, podrace: podraceVersion, options: cluster.options });
  log.keepAll(journal.inputs);
  for (const input of journal.inputs) writer?.write(entryOf(input));
  const requestsBefore = journal.inputs.filter((input) => "request" in input).length;
  const checkpoints = writer && new Checkpoints(cluster, writer, false);
  return serveCluster(cluster, options, { checkpoints, log, requestsBefore });
}

function entryOf(input: JournalInput): JournalEntry {
  const { atUs: at } = input;
  if ("gone" in input) return { at, gone: input.gone };
  return { at, request: recordedRequest(input.request) };
}
