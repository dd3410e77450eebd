import type { Codec, FieldCompare, KeyValue, Relation, ValueCompare } from "./store.ts";

/**
 * Whether a compare holds of all these keys; of the absent key, when there are none.
 *
 * @see etcd `server/etcdserver/txn/txn.go`: `applyCompare`, `compareKV`
 */
export function compareHolds<V>(
  compare: FieldCompare | ValueCompare<V>,
  items: readonly KeyValue<V>[],
  codec: Codec<V>,
): boolean {
  if (compare.target === "value") {
    const than = codec.encode(compare.than);
    return (
      items.length > 0 &&
      items.every(({ value }) => relates(compareBytes(codec.encode(value), than), compare.is))
    );
  }
  const { target, than, is } = compare;
  if (items.length === 0) return relates(order(0, than), is);
  return items.every((item) => relates(order(item[target], than), is));
}

/** Negative, 0 or positive, as of `memcmp`. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const difference = (left[index] as number) - (right[index] as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function order(left: number | bigint, right: number | bigint): number {
  if (left < right) return -1;
  return left > right ? 1 : 0;
}

function relates(ordered: number, is: Relation): boolean {
  switch (is) {
    case "=":
      return ordered === 0;
    case "!=":
      return ordered !== 0;
    case "<":
      return ordered < 0;
    case ">":
      return ordered > 0;
  }
}
