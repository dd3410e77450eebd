import type { EtcdConnection } from "./etcd-connection.ts";
import { keyBytes } from "./wire-keys.ts";
import type {
  WireEvent,
  WireHeader,
  WireRangeResponse,
  WireWatchRequest,
  WireWatchResponse,
} from "./wire-messages.ts";

/** The revision now: a read that sees every write that was answered. */
export async function readRevision(connection: EtcdConnection): Promise<number> {
  const { response } = await connection.call<{ readonly header: WireHeader }>(
    "KV",
    "Range",
    { key: keyBytes("/registry/"), countOnly: true },
    "read",
  );
  return Number(response.header.revision);
}

/** What first happened to a key after a revision; nothing, if nothing did, or nobody knows any more. */
export async function firstEventAfter(
  connection: EtcdConnection,
  key: string,
  revision: number,
): Promise<WireEvent | undefined> {
  const { response } = await connection.call<WireRangeResponse>(
    "KV",
    "Range",
    { key: keyBytes(key), keysOnly: true },
    "read",
  );
  const [now] = response.kvs;
  if (now !== undefined && Number(now.modRevision) <= revision) return undefined;
  const { events } = await watchOnce(connection, key, revision + 1);
  return events?.[0];
}

/** Where history begins. */
export async function compactedRevision(connection: EtcdConnection): Promise<number> {
  const { compactRevision } = await watchOnce(connection, "/registry/", 1);
  return Number(compactRevision);
}

/** What a watch from a revision of the past is told first. */
function watchOnce(
  connection: EtcdConnection,
  key: string,
  startRevision: number,
): Promise<WireWatchResponse> {
  return connection.ask<WireWatchRequest, WireWatchResponse>(
    "Watch",
    "Watch",
    { createRequest: { key: keyBytes(key), startRevision } },
    ({ created, canceled }) => canceled === true || created !== true,
  );
}
