import { compareBytes } from "../compare.ts";
import type { RangeRequest, RangeSort } from "../store.ts";
import { wireRange } from "./wire-keys.ts";
import type { WireKeyValue, WireRangeRequest, WireRangeResponse } from "./wire-messages.ts";

/**
 * A range as etcd is asked for it. It comes unsorted when something else than the key decides:
 * etcd does not say how it orders what ranks equal.
 */
export function rangeToWire(request: RangeRequest): WireRangeRequest {
  const isSorted = request.sort !== undefined;
  // A value decides the order even of who does not look at it.
  const keysOnly = request.keysOnly === true && request.sort?.by !== "value";
  return {
    ...wireRange(request),
    limit: isSorted ? 0 : (request.limit ?? 0),
    revision: request.revision ?? 0,
    keysOnly,
    countOnly: request.countOnly ?? false,
    minModRevision: request.minModRevision ?? 0,
    maxModRevision: request.maxModRevision ?? 0,
    minCreateRevision: request.minCreateRevision ?? 0,
    maxCreateRevision: request.maxCreateRevision ?? 0,
  };
}

/** The answer to `rangeToWire`, in the order and of the size that was asked for. */
export function sortedRange(
  response: WireRangeResponse,
  { sort, limit = 0 }: RangeRequest,
): WireRangeResponse {
  if (sort === undefined) return response;
  const sign = sort.order === "ascend" ? 1 : -1;
  // Stable: keys of equal rank stay in key order.
  const kvs = response.kvs.toSorted((left, right) => sign * compareBy(sort.by, left, right));
  const isCut = limit > 0 && kvs.length > limit;
  return { ...response, kvs: isCut ? kvs.slice(0, limit) : kvs, more: isCut };
}

function compareBy(by: RangeSort["by"], left: WireKeyValue, right: WireKeyValue): number {
  switch (by) {
    case "key":
      return compareBytes(left.key, right.key);
    case "value":
      return compareBytes(left.value ?? noBytes, right.value ?? noBytes);
    case "version":
    case "createRevision":
    case "modRevision":
      return Number(left[by]) - Number(right[by]);
  }
}

const noBytes = new Uint8Array(0);
