import type { Cluster } from "./cluster.ts";
import type { JournalEnd } from "./journal.ts";
import { objectsHash } from "./objects-hash.ts";

/**
 * Finishes the window under way, so that it is a moment that a replay can come to.
 *
 * @returns Its virtual time, µs: all that is due until then was handled, on every thread.
 */
export async function comeToAMoment(
  { simulation }: Cluster,
  /** Of the latest input, µs. */
  lastInputUs: number,
): Promise<number> {
  const atUs = Math.max(simulation.openUs - 1, lastInputUs);
  await simulation.advanceTo(atUs);
  return atUs;
}

/** What a run has come to, while its time stands still. */
export async function endOf(cluster: Cluster): Promise<JournalEnd> {
  const traceHash = await cluster.traceHash();
  const { factCount: facts, server } = cluster;
  return { traceHash, objectsHash: objectsHash(cluster), facts, revision: server.revision };
}
