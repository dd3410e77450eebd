import { DuplicateKeyError } from "./store-errors.ts";
import type { Operation } from "./store.ts";

/**
 * Operations of one transaction happen at one revision, so that none may undo another's put.
 *
 * @throws {DuplicateKeyError}
 * @see etcd `server/etcdserver/api/v3rpc/key.go`: `checkIntervals`
 */
export function requireDistinctKeys<V>(operations: readonly Operation<V>[]): void {
  const puts = new Set<string>();
  for (const { type, key } of operations) {
    if (type !== "put") continue;
    if (puts.has(key)) throw new DuplicateKeyError();
    puts.add(key);
  }
  for (const operation of operations) {
    if (operation.type !== "delete") continue;
    const { key, rangeEnd } = operation;
    if (
      rangeEnd === undefined ? puts.has(key) : [...puts].some((put) => put >= key && put < rangeEnd)
    )
      throw new DuplicateKeyError();
  }
}
