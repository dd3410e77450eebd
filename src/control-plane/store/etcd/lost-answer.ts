import { compareBytes } from "../compare.ts";
import type { Compare, Operation, TransactionRequest } from "../store.ts";
import type { WireEvent } from "./wire-messages.ts";
import type { WireValues } from "./wire-values.ts";

/**
 * What an answer that got lost means for a transaction. One that only reads is asked again. One
 * that compares the revision of a key that it then writes can happen once at most, however often it
 * is sent, since it changes what it compares. Any other might happen twice.
 *
 * @see etcd `client/v3/retry.go`: `isSafeRetryMutableRPC`; a client must not repeat a write that
 *   may have been done
 */
export type Repeatability<V> =
  | { readonly type: "reads" }
  | { readonly type: "guarded"; readonly guard: Guard<V> }
  | { readonly type: "other" };

/** The write that takes away what the transaction compares. */
export interface Guard<V> {
  readonly key: string;
  /** The revision at which the key must be. */
  readonly modRevision: number;
  readonly write: Operation<V>;
}

export function repeatabilityOf<V>(request: TransactionRequest<V>): Repeatability<V> {
  const { compares, then, otherwise = [] } = request;
  const isWrite = ({ type }: Operation<V>): boolean => type !== "range";
  if (![...then, ...otherwise].some(isWrite)) return { type: "reads" };
  if (otherwise.some(isWrite)) return { type: "other" };
  for (const compare of compares) {
    const modRevision = guardedRevision(compare);
    // Absent may come back: somebody deletes what this creates, and it would be created again.
    if (modRevision === 0) continue;
    const write = then.find(
      (each) => isWrite(each) && each.key === compare.key && !("rangeEnd" in each),
    );
    if (write !== undefined) {
      return { type: "guarded", guard: { key: compare.key, modRevision, write } };
    }
  }
  return { type: "other" };
}

/** Whether this, the first thing after what was compared, is what the transaction wanted to do. */
export function looksLike<V>(
  event: WireEvent,
  { write }: Guard<V>,
  values: WireValues<V>,
): boolean {
  if (write.type !== "put") return event.type === "DELETE";
  return (
    event.type === "PUT" &&
    BigInt(event.kv.lease) === (write.lease ?? 0n) &&
    compareBytes(event.kv.value ?? new Uint8Array(0), values.encode(write.value)) === 0
  );
}

/** 0 for a compare that does not hold of one revision alone. */
function guardedRevision<V>(compare: Compare<V>): number {
  if (compare.target === undefined) return compare.modRevision;
  const { target, is, rangeEnd, than } = compare;
  return target === "modRevision" && is === "=" && rangeEnd === undefined ? Number(than) : 0;
}
