import { compareBytes } from "./compare.ts";
import type { Codec, RangeRequest, RangeSort } from "./store.ts";
import type { Version } from "./version.ts";

/** Whether a range has to be read to its end, whatever its limit. */
export function needsAll(request: RangeRequest): boolean {
  const { sort, minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request;
  return Boolean(
    (sort && (sort.by !== "key" || sort.order !== "ascend")) ||
    minModRevision ||
    maxModRevision ||
    minCreateRevision ||
    maxCreateRevision,
  );
}

/** Whether a key is of the revisions that are asked for. */
export function passes<V>(
  { modRevision, createRevision }: Version<V>,
  { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision }: RangeRequest,
): boolean {
  return (
    modRevision >= (minModRevision || 0) &&
    modRevision <= (maxModRevision || Infinity) &&
    createRevision >= (minCreateRevision || 0) &&
    createRevision <= (maxCreateRevision || Infinity)
  );
}

export function sorted<V>(
  items: readonly Version<V>[],
  { by, order }: RangeSort,
  codec: Codec<V>,
): readonly Version<V>[] {
  const sign = order === "ascend" ? 1 : -1;
  if (by === "key") return sign === 1 ? items : items.toReversed();
  if (by !== "value") return items.toSorted((left, right) => sign * (left[by] - right[by]));
  return items
    .map((item) => ({ item, bytes: codec.encode(item.value) }))
    .toSorted((left, right) => sign * compareBytes(left.bytes, right.bytes))
    .map(({ item }) => item);
}
