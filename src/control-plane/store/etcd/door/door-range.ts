import type { RangeRequest, RangeResult, RangeSort } from "../../store.ts";
import { EmptyKeyError } from "../../store-errors.ts";
import { rangeFromWire } from "../wire-keys.ts";
import type { WireRangeRequest, WireRangeResponse } from "../wire-messages.ts";
import { type DoorCodec, headerAt, keyValueToWire } from "./door-context.ts";

/** @throws {StoreError} For a range that etcd refuses, too, or a key that is no text. */
export function rangeRequestFromWire(wire: WireRangeRequest): RangeRequest {
  if (wire.key.length === 0) throw new EmptyKeyError();
  const sort = sortOf(wire);
  return {
    ...rangeFromWire(wire),
    limit: Math.max(Number(wire.limit), 0),
    revision: Math.max(Number(wire.revision), 0),
    countOnly: wire.countOnly ?? false,
    keysOnly: wire.keysOnly ?? false,
    minModRevision: Number(wire.minModRevision),
    maxModRevision: Number(wire.maxModRevision),
    minCreateRevision: Number(wire.minCreateRevision),
    maxCreateRevision: Number(wire.maxCreateRevision),
    ...(sort !== undefined && { sort }),
  };
}

export function rangeResultToWire<V>(
  { items, count, more, revision }: RangeResult<V>,
  codec: DoorCodec<V>,
  keysOnly = false,
): WireRangeResponse {
  return {
    header: headerAt(revision),
    kvs: items.map((item) => keyValueToWire(item, codec, keysOnly)),
    count,
    more,
  };
}

function sortOf({
  sortOrder = "NONE",
  sortTarget = "KEY",
}: WireRangeRequest): RangeSort | undefined {
  const order = sortOrder === "DESCEND" ? "descend" : "ascend";
  if (sortTarget === "KEY") return order === "descend" ? { by: "key", order } : undefined;
  return { by: targets[sortTarget], order };
}

const targets = {
  VERSION: "version",
  CREATE: "createRevision",
  MOD: "modRevision",
  VALUE: "value",
} as const;
