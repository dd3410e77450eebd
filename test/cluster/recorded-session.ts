import type { Cluster } from "../../src/cluster/cluster.ts";
import { type JournalEntry, type JournalWriter, parseJournal } from "../../src/cluster/journal.ts";
import { type LiveClusterOptions, startLiveCluster } from "../../src/cluster/live-cluster.ts";
import { replayJournal } from "../../src/cluster/replay.ts";
import type { Fact } from "../../src/kernel/trace.ts";
import { LiveClient } from "./live-client.ts";

/** All that two runs of one history must have in common. */
export interface History {
  readonly nowUs: number;
  readonly traceHash: string;
  readonly factCount: number;
  readonly revision: number;
  readonly facts: readonly Fact[];
  /** Every object there is in the end, as JSON, by its key. */
  readonly objects: Readonly<Record<string, string>>;
}

export interface RecordedSession {
  /** The journal's text. */
  readonly journal: string;
  readonly history: History;
}

/** A journal that is kept in memory. */
export class MemoryJournal implements JournalWriter {
  text = "";

  write(entry: JournalEntry): void {
    this.text += `${JSON.stringify(entry)}\n`;
  }
}

/** Lets clients loose on a live cluster that is recorded, and says what came of it. */
export async function recordSession(
  options: LiveClusterOptions,
  use: (client: LiveClient) => Promise<void>,
): Promise<RecordedSession> {
  const journal = new MemoryJournal();
  const live = await startLiveCluster({ plainHttp: true, ...options, journal });
  const client = new LiveClient(live.address.server);
  try {
    await use(client);
  } finally {
    client.close();
    await live.stop();
  }
  const { end } = parseJournal(journal.text);
  if (end === undefined) throw new Error("the session has no recorded end");
  const history = { ...historyOf(live.cluster), traceHash: end.traceHash };
  return { journal: journal.text, history };
}

export async function replaySession(journal: string, threads = 0): Promise<History> {
  const { cluster, traceHash } = await replayJournal(parseJournal(journal), { threads });
  await cluster.close();
  return { ...historyOf(cluster), traceHash };
}

/** A journal with other bodies in its requests. */
export function changedBody(journal: string, change: (body: string) => string): string {
  const lines = journal.split("\n").map((line) => {
    const { at, request } = JSON.parse(line || "{}") as { at: number; request?: { body?: string } };
    if (request?.body === undefined) return line;
    const body = Buffer.from(change(Buffer.from(request.body, "base64").toString()));
    return JSON.stringify({ at, request: { ...request, body: body.toString("base64") } });
  });
  const changed = lines.join("\n");
  if (changed === journal) throw new Error("no body was changed");
  return changed;
}

function historyOf(cluster: Cluster): Omit<History, "traceHash"> {
  const { server, trace, nowUs, factCount } = cluster;
  const objects: Record<string, string> = {};
  for (const { group, plural } of server.resources.all) {
    for (const object of server.objects(group, plural)) {
      const { namespace = "", name = "" } = object.metadata;
      objects[`${plural}/${namespace}/${name}`] = JSON.stringify(object);
    }
  }
  return { nowUs, factCount, revision: server.revision, facts: trace.facts(), objects };
}
