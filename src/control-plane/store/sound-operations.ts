import { requireDistinctKeys } from "./distinct-keys.ts";
import type { LeasedKeys } from "./keyspace.ts";
import { CompactedError, EmptyKeyError, FutureRevisionError } from "./store-errors.ts";
import type { Operation } from "./store.ts";

/**
 * Refuses what a transaction cannot do, before it does anything.
 *
 * @throws {StoreError}
 * @see etcd `server/etcdserver/api/v3rpc/key.go`: `checkTxnRequest`, `checkIntervals`
 */
export function requireSound<V>(
  operations: readonly Operation<V>[],
  now: {
    readonly leased: LeasedKeys;
    readonly revision: number;
    readonly compactedRevision: number;
  },
): void {
  for (let index = 0; index < operations.length; index++) {
    const operation = operations[index] as Operation<V>;
    if (operation.type === "put") {
      if (operation.key === "") throw new EmptyKeyError();
      if (operation.lease) now.leased.require(operation.lease);
    } else if (operation.type === "range" && operation.revision) {
      if (operation.revision > now.revision) throw new FutureRevisionError();
      if (operation.revision < now.compactedRevision)
        throw new CompactedError(now.compactedRevision);
    }
  }
  if (operations.length > 1) requireDistinctKeys(operations);
}
