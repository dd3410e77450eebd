import type { JournalRecord, StoreJournal } from "../store-journal.ts";
import type { Done } from "../store.ts";
import type { DurableLog } from "./durable-log.ts";

/** Does one fsync: calls `done` when what was written before it is on the disk. */
export type Fsync = (done: () => void) => void;

/**
 * A log in virtual time. What is written during an fsync waits for the next one, so that many writers
 * share it. What no fsync has covered yet is what a crash may lose.
 */
export class FsyncJournal<V> implements StoreJournal<V> {
  readonly #log: DurableLog<V>;
  readonly #fsync: Fsync;
  /** Whether writers are told before it is on the disk. */
  readonly #isUnsafe: boolean;
  #unsynced: JournalRecord<V>[] = [];
  #isSyncing = false;
  #appended = 0;
  #synced = 0;
  /** By when they may be told: once so many records are on the disk. */
  #waiting: { readonly records: number; readonly act: (error: Error | undefined) => void }[] = [];

  constructor(log: DurableLog<V>, fsync: Fsync, isUnsafe: boolean) {
    this.#log = log;
    this.#fsync = fsync;
    this.#isUnsafe = isUnsafe;
  }

  /** Records that a crash may lose. */
  get unsynced(): number {
    return this.#unsynced.length;
  }

  append(record: JournalRecord<V>): void {
    this.#unsynced.push(record);
    this.#appended++;
    this.#sync();
  }

  afterDurable(act: (error: Error | undefined) => void): void {
    if (this.#isUnsafe || this.#synced === this.#appended) return act(undefined);
    this.#waiting.push({ records: this.#appended, act });
  }

  /** The machine goes down: of what is not on the disk, the last `lost` records never get there. */
  crash(lost: number): void {
    this.#log.append(this.#unsynced.slice(0, this.#unsynced.length - lost));
    this.#unsynced = [];
    this.#waiting = [];
  }

  close(done: Done<void>): void {
    this.afterDurable(() => done(undefined));
  }

  #sync(): void {
    if (this.#isSyncing || this.#unsynced.length === 0) return;
    this.#isSyncing = true;
    const count = this.#unsynced.length;
    this.#fsync(() => {
      this.#isSyncing = false;
      this.#log.append(this.#unsynced.slice(0, count));
      this.#unsynced = this.#unsynced.slice(count);
      this.#synced += count;
      // Who is told may write more: that is for the next fsync.
      this.#sync();
      this.#tell();
    });
  }

  #tell(): void {
    const due = this.#waiting.filter(({ records }) => records <= this.#synced);
    this.#waiting = this.#waiting.slice(due.length);
    for (const { act } of due) act(undefined);
  }
}
