import type { Alarm, Done, LeaseId } from "./store.ts";
import type { Version } from "./version.ts";

/** What a store went through, in order: enough to go through it again. */
export type JournalRecord<V> =
  | {
      readonly type: "write";
      readonly revision: number;
      readonly writes: readonly JournaledWrite<V>[];
    }
  | { readonly type: "compact"; readonly revision: number }
  | { readonly type: "grantLease"; readonly id: LeaseId; readonly ttlSeconds: number }
  | { readonly type: "revokeLease"; readonly id: LeaseId }
  | { readonly type: "raiseAlarm" | "disarm"; readonly alarm: Alarm };

export interface JournaledWrite<V> {
  readonly key: string;
  /** Absent for a deletion. */
  readonly value: V | undefined;
  readonly lease: LeaseId;
}

/** Makes what a store does durable. */
export interface StoreJournal<V> {
  append(record: JournalRecord<V>): void;
  /**
   * Calls `act` once all that was appended is durable: at once, when it is. With an error, when it
   * never will be for all that is known: then nothing more can be appended.
   */
  afterDurable(act: (error: Error | undefined) => void): void;
  close(done: Done<void>): void;
}

/** A write as the journal has it. */
export function journaled<V>({ key, value, isDeletion, lease }: Version<V>): JournaledWrite<V> {
  return { key, value: isDeletion ? undefined : value, lease };
}
