import { MemoryStore } from "../memory-store.ts";
import type { Codec, Done, Stamp, Store, StoreClock } from "../store.ts";
import { type DirectoryLock, lockDirectory } from "./directory-lock.ts";
import { Disk } from "./disk.ts";
import { FileJournal, type Submit } from "./file-journal.ts";
import { LateClock } from "./late-clock.ts";
import { type FileDamage, load, type Loaded, type LogSegment } from "./load.ts";
import { writeSnapshot } from "./snapshot-writer.ts";

export interface FileStoreOptions<V> {
  readonly stamp: Stamp<V>;
  readonly codec: Codec<V>;
  readonly quotaBytes?: number;
  /** Gives up what is behind a damage in the middle of the log. Default: that is an error. */
  readonly repair?: boolean;
  /** A file of the log that is longer is not written on. Default 64 MiB. */
  readonly segmentBytesMax?: number;
}

/** What a directory had in it. */
export interface FileStoreReport {
  readonly revision: number;
  /** The latest time that was written down, µs; 0 when nothing was. Time goes on from there. */
  readonly savedNowUs: number;
  /** The end of the log that could not be read; it was cut off. */
  readonly damage: FileDamage | undefined;
}

/** A store whose answers survive: all is in memory, and what was written is in a log first. */
export interface FileStore<V> {
  readonly store: Store<V>;
  readonly report: FileStoreReport;
  /** Whether something was written that is not on the disk yet: its answer is going to be submitted. */
  readonly isWriting: boolean;
  /** Why nothing can be written any more; that is answered through `submit`, too. */
  readonly failure: Error | undefined;
  /** From now on leases end by this clock, and answers of the disk come through `submit`. */
  start(clock: StoreClock, submit: Submit): void;
}

const defaultSegmentBytesMax = 64 << 20;

/**
 * Opens a directory, or makes one. Nobody else can open it until the store is closed.
 *
 * Files are `log-…`, what was done, and `snapshot-…`, all keys when the log began. A snapshot is
 * written after a compaction that leaves enough of the log without use; no history is lost by it.
 *
 * @throws {DirectoryLockedError}
 * @throws {DamagedFileError} When more than the end of the log is damaged.
 * @throws {UnknownFormatError}
 */
export function openFileStore<V>(directory: string, options: FileStoreOptions<V>): FileStore<V> {
  const { stamp, codec, quotaBytes, repair = false } = options;
  const { segmentBytesMax = defaultSegmentBytesMax } = options;
  const disk = new Disk(directory);
  const lock = lockDirectory(disk);
  try {
    const clock = new LateClock();
    const quota = quotaBytes === undefined ? {} : { quotaBytes };
    const store = new MemoryStore<V>(stamp, { codec, clock, ...quota });
    const loaded = load(disk, store, codec, repair);
    const parts = { disk, lock, clock, store, codec, loaded, segmentBytesMax };
    return new OpenedFileStore(parts);
  } catch (error) {
    lock.release();
    throw error;
  }
}

class OpenedFileStore<V> implements FileStore<V> {
  readonly store: MemoryStore<V>;
  readonly report: FileStoreReport;
  readonly #disk: Disk;
  readonly #lock: DirectoryLock;
  readonly #clock: LateClock;
  readonly #codec: Codec<V>;
  readonly #segmentBytesMax: number;
  readonly #journal: FileJournal<V>;
  #snapshotBytes: number;
  #isWritingSnapshot = false;
  #closed: Done<void> | undefined;

  constructor(parts: {
    readonly disk: Disk;
    readonly lock: DirectoryLock;
    readonly clock: LateClock;
    readonly store: MemoryStore<V>;
    readonly codec: Codec<V>;
    readonly loaded: Loaded;
    readonly segmentBytesMax: number;
  }) {
    const { disk, store, codec, loaded, segmentBytesMax } = parts;
    this.store = store;
    this.report = {
      revision: store.revision,
      savedNowUs: loaded.savedNowUs,
      damage: loaded.damage,
    };
    this.#disk = disk;
    this.#lock = parts.lock;
    this.#clock = parts.clock;
    this.#codec = codec;
    this.#segmentBytesMax = segmentBytesMax;
    this.#snapshotBytes = loaded.snapshotBytes;
    const onCompacted = (): void => this.#snapshotIfWorthIt();
    this.#journal = new FileJournal({ disk, codec, loaded, segmentBytesMax, onCompacted });
    store.journalTo({
      append: (record) => this.#journal.append(record),
      afterDurable: (act) => this.#journal.afterDurable(act),
      close: (done) => this.#close(done),
    });
  }

  get isWriting(): boolean {
    return this.#journal.isWriting;
  }

  get failure(): Error | undefined {
    return this.#journal.failure;
  }

  start(clock: StoreClock, submit: Submit): void {
    this.#journal.start(() => clock.nowUs, submit);
    this.#clock.start(clock);
    this.store.renewLeases();
  }

  /** A snapshot costs as much as it is long, so that it has to save that much. */
  #snapshotIfWorthIt(): void {
    const { store } = this;
    const { segments } = this.#journal;
    const { compactedRevision } = store;
    const firstKept = segments.findIndex(
      ({ lastRevision }, index) =>
        lastRevision >= compactedRevision || index === segments.length - 1,
    );
    const uselessBytes = segments.slice(0, firstKept).reduce((sum, { bytes }) => sum + bytes, 0);
    const worthBytes = Math.max(this.#segmentBytesMax, this.#snapshotBytes);
    if (this.#isWritingSnapshot || uselessBytes < worthBytes) return;
    this.#isWritingSnapshot = true;
    const { sequence } = segments[firstKept] as LogSegment;
    const release = store.holdHistory();
    const nowUs = (): number => this.#journal.nowUs;
    const parts = { disk: this.#disk, store, codec: this.#codec, nowUs };
    const about = { revision: compactedRevision - 1, compactedRevision, sequence };
    writeSnapshot(parts, about, (error, bytes) => {
      this.#isWritingSnapshot = false;
      release();
      // Without a snapshot the log is only longer; the next compaction tries again.
      if (error === undefined) {
        this.#snapshotBytes = bytes;
        this.#journal.dropBefore(sequence);
      }
      this.#releaseIfDone();
    });
  }

  #close(done: Done<void>): void {
    this.#journal.close(() => {
      this.#closed = done;
      this.#releaseIfDone();
    });
  }

  #releaseIfDone(): void {
    const done = this.#closed;
    if (done === undefined || this.#isWritingSnapshot) return;
    this.#closed = undefined;
    this.#lock.release();
    done(undefined);
  }
}
