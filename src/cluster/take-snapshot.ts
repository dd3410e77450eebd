import { ApiError } from "../api/errors.ts";
import { rfc3339Micro } from "../api/time.ts";
import type { Pacer } from "../kernel/pacer.ts";
import type { Cluster } from "./cluster.ts";
import type { Exchanges } from "./exchanges.ts";
import type { InputLog } from "./input-log.ts";
import { comeToAMoment, endOf } from "./journal-end.ts";
import { encodeSnapshot } from "./snapshot.ts";
import { podraceVersion } from "./version.ts";

/**
 * A live cluster at a moment: time stands still for it, and what comes in meanwhile waits.
 *
 * @throws {ApiError} If the session is too long to be kept.
 */
export async function takeSnapshot(parts: {
  readonly cluster: Cluster;
  readonly pacer: Pacer;
  readonly exchanges: Exchanges;
  readonly log: InputLog;
}): Promise<Buffer> {
  const { cluster, pacer, exchanges, log } = parts;
  const bytes = await pacer.standStill(() =>
    exchanges.holding(async () => {
      if (log.isOverfull) return undefined;
      const at = await comeToAMoment(cluster, exchanges.lastInputUs);
      const end = await endOf(cluster);
      const { server } = cluster;
      const summary = {
        podrace: podraceVersion,
        time: rfc3339Micro(at),
        nodes: countOf(server.objects("", "nodes")),
        pods: countOf(server.objects("", "pods")),
        revision: end.revision,
        facts: end.facts,
        inputs: log.count,
        traceHash: end.traceHash,
        objectsHash: end.objectsHash,
      };
      return encodeSnapshot({ summary, compressed: log.journalUntil({ at, end }) });
    }),
  );
  if (bytes === undefined) throw overfull();
  return bytes;
}

function overfull(): ApiError {
  const message =
    "more came into this session than is kept for snapshots (256 MiB): record the next one with 'podrace up --record'";
  return new ApiError("", message, undefined, 507);
}

function countOf(all: Iterable<unknown>): number {
  let count = 0;
  for (const _each of all) count++;
  return count;
}

/** Why a cluster without an input log has none. */
export function noSnapshots({ data }: Cluster): ApiError {
  const why =
    data === undefined
      ? "what comes in at etcd's door is not kept"
      : `it began with what was in ${data.place}`;
  const message = `there are no snapshots of this cluster: ${why}`;
  return new ApiError("MethodNotAllowed", message);
}
