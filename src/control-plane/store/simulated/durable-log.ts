import type { MemoryStore } from "../memory-store.ts";
import type { JournalRecord } from "../store-journal.ts";
import type { KeyValue } from "../store.ts";

/**
 * What a disk has of a store: the records that got there, in order. Those before a compaction that got
 * there, too, are taken together to what they left.
 */
export class DurableLog<V> {
  readonly #items = new Map<string, KeyValue<V>>();
  /** Of the items; the records begin after it. */
  #revision = 1;
  /** Leases and alarms, as they came and went before the records. */
  readonly #standing: JournalRecord<V>[] = [];
  #records: JournalRecord<V>[] = [];

  append(records: readonly JournalRecord<V>[]): void {
    this.#records.push(...records);
    for (const record of records) {
      if (record.type === "compact") this.#takeTogetherBefore(record.revision);
    }
  }

  /** Brings a store that nothing was written to yet to where the records end. */
  recover(store: MemoryStore<V>): void {
    for (const record of this.#standing) store.redo(record);
    for (const item of this.#items.values()) store.restoreItem(item);
    if (this.#revision > 1) store.restoreRevisions(this.#revision, this.#revision);
    for (const record of this.#records) store.redo(record);
  }

  /** What happened at the compacted revision itself can still be watched. */
  #takeTogetherBefore(revision: number): void {
    const kept = this.#records.findIndex(
      (record) => record.type === "write" && record.revision >= revision,
    );
    // The compaction is the last of them, and is said again to whoever recovers.
    const end = kept === -1 ? this.#records.length - 1 : kept;
    for (const record of this.#records.slice(0, end)) this.#takeIn(record);
    this.#records = this.#records.slice(end);
  }

  #takeIn(record: JournalRecord<V>): void {
    if (record.type !== "write") {
      if (record.type !== "compact") this.#standing.push(record);
      return;
    }
    const { revision, writes } = record;
    this.#revision = revision;
    for (const { key, value, lease } of writes) {
      const before = this.#items.get(key);
      if (value === undefined) {
        this.#items.delete(key);
        continue;
      }
      const { createRevision = revision, version = 0 } = before ?? {};
      const item = {
        key,
        value,
        createRevision,
        modRevision: revision,
        version: version + 1,
        lease,
      };
      this.#items.set(key, item);
    }
  }
}
