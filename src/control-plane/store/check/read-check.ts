import type { KeyValue, RangeRequest, RangeResult } from "../store.ts";
import type { Breach } from "./broken-promise.ts";
import { isSameVersion, type ObservedHistory } from "./observed-history.ts";

/** Holds what was read of a range to what was there. */
export function requireRead<V>(
  request: RangeRequest,
  result: RangeResult<V>,
  history: ObservedHistory<V>,
  breach: Breach,
): void {
  const revision = request.revision || result.revision;
  if (!history.reachesBackTo(revision)) return;
  const all = history.rangeAt(request, revision);
  const { limit = 0, sort = byKey, countOnly = false } = request;
  const asked = countOnly ? [] : all.filter((item) => isAsked(item, request));
  const length = limit === 0 ? asked.length : Math.min(limit, asked.length);
  // Of the first by something else the checks below say enough.
  const isByKey = sort.by === "key";
  const inOrder = sort.order === "ascend" ? asked : asked.toReversed();
  const expected = isByKey ? inOrder.slice(0, length) : asked;
  if (result.items.length !== length) {
    const key = absentKey(result.items, expected);
    const what = `${result.items.length} keys were read where there are ${length}`;
    breach("LinearizableKV", { revision, key }, what);
  }
  const byItsKey = isByKey ? undefined : new Map(asked.map((item) => [item.key, item]));
  for (const [index, item] of result.items.entries()) {
    const there = byItsKey === undefined ? expected[index] : byItsKey.get(item.key);
    byItsKey?.delete(item.key);
    const isRight =
      there !== undefined &&
      (request.keysOnly ? isSameVersion(item, there) : history.isSame(item, there));
    if (!isRight) {
      breach("LinearizableKV", { revision, key: item.key }, "it was read as it was not then");
    }
  }
  if (result.count !== all.length) {
    const what = `${result.count} keys were counted where there are ${all.length}`;
    breach("LinearizableKV", { revision, key: request.key }, what);
  }
}

const byKey = { by: "key", order: "ascend" } as const;

function isAsked<V>({ modRevision, createRevision }: KeyValue<V>, request: RangeRequest): boolean {
  return (
    modRevision >= (request.minModRevision || 0) &&
    modRevision <= (request.maxModRevision || Infinity) &&
    createRevision >= (request.minCreateRevision || 0) &&
    createRevision <= (request.maxCreateRevision || Infinity)
  );
}

/** One that was not read, or should not have been. */
function absentKey<V>(
  read: readonly KeyValue<V>[],
  expected: readonly KeyValue<V>[],
): string | undefined {
  const keysRead = new Set(read.map(({ key }) => key));
  const missed = expected.find(({ key }) => !keysRead.has(key));
  if (missed !== undefined) return missed.key;
  const keysThere = new Set(expected.map(({ key }) => key));
  return read.find(({ key }) => !keysThere.has(key))?.key;
}
