import { StoreClosedError } from "../store-errors.ts";
import type { JournalRecord, StoreJournal } from "../store-journal.ts";
import type { Codec, Done } from "../store.ts";
import { ByteWriter } from "./bytes.ts";
import { type AppendableFile, type Disk, soon } from "./disk.ts";
import { encodeHeader, frameHeaderBytes, headerBytes, sealFrame } from "./frames.ts";
import type { Loaded, LogSegment } from "./load.ts";
import { logName } from "./names.ts";
import { writeRecord } from "./record-format.ts";

/** Calls `handle` as part of the simulation: an answer of the disk is an input like any other. */
export type Submit = (handle: () => void) => void;

/**
 * The log as it is written. What comes while the disk is busy goes to it together, as one frame, so
 * that many writers share one fsync; each is answered after the fsync of its own frame.
 */
export class FileJournal<V> implements StoreJournal<V> {
  readonly #disk: Disk;
  readonly #codec: Codec<V>;
  readonly #segmentBytesMax: number;
  readonly #onCompacted: () => void;
  readonly #segments: LogSegment[];
  readonly #pending = new ByteWriter();
  /** Not answered yet, oldest first; the last one is the pending one, if something is pending. */
  readonly #batches: Batch[] = [];
  #open: AppendableFile | undefined;
  #sequence: number;
  #pendingRevision = 0;
  #hasCompaction = false;
  #isScheduled = false;
  #isWriting = false;
  #failure: Error | undefined;
  #nowUs: () => number = () => 0;
  #submit: Submit = (handle) => handle();
  #close: (() => void) | undefined;

  constructor(parts: {
    readonly disk: Disk;
    readonly codec: Codec<V>;
    readonly loaded: Pick<Loaded, "segments" | "nextSequence">;
    /** A file of the log that is longer is not written on. */
    readonly segmentBytesMax: number;
    /** That history may be dropped is durable. */
    readonly onCompacted: () => void;
  }) {
    this.#disk = parts.disk;
    this.#codec = parts.codec;
    this.#segments = [...parts.loaded.segments];
    this.#sequence = parts.loaded.nextSequence;
    this.#segmentBytesMax = parts.segmentBytesMax;
    this.#onCompacted = parts.onCompacted;
    this.#pending.skip(frameHeaderBytes);
  }

  /** The files of the log, the open one last. */
  get segments(): readonly LogSegment[] {
    return this.#segments;
  }

  get nowUs(): number {
    return this.#nowUs();
  }

  /** Whether something is on its way to the disk. */
  get isWriting(): boolean {
    return this.#isWriting || !this.#isEmpty;
  }

  /** Why nothing can be written any more. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  start(nowUs: () => number, submit: Submit): void {
    this.#nowUs = nowUs;
    this.#submit = submit;
  }

  append(record: JournalRecord<V>): void {
    if (this.#failure !== undefined) return;
    if (this.#isEmpty) this.#batches.push({ acts: [] });
    writeRecord(this.#pending, record, this.#codec);
    if (record.type === "write") this.#pendingRevision = record.revision;
    if (record.type === "compact") this.#hasCompaction = true;
    this.#schedule();
  }

  afterDurable(act: (error: Error | undefined) => void): void {
    const last = this.#batches.at(-1);
    if (last !== undefined) last.acts.push(act);
    else act(this.#failure);
  }

  /** Lets go of files of the log that a snapshot stands for. */
  dropBefore(sequence: number): void {
    while ((this.#segments[0]?.sequence ?? Infinity) < sequence) {
      this.#disk.remove((this.#segments.shift() as LogSegment).name);
    }
    this.#disk.sync();
  }

  close(done: Done<void>): void {
    this.#close = () => {
      this.#close = undefined;
      this.#open?.close();
      this.#failure ??= new StoreClosedError();
      done(undefined);
    };
    this.#schedule();
  }

  get #isEmpty(): boolean {
    return this.#pending.length === frameHeaderBytes;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isWriting) return;
    this.#isScheduled = true;
    soon(() => {
      this.#isScheduled = false;
      this.#write();
    });
  }

  #write(): void {
    if (this.#isWriting) return;
    if (this.#isEmpty) {
      if (this.#batches.length === 0) this.#close?.();
      return;
    }
    this.#isWriting = true;
    const frame = this.#pending.take();
    this.#pending.skip(frameHeaderBytes);
    const batch = this.#batches.at(-1) as Batch;
    const revision = this.#pendingRevision;
    const hasCompaction = this.#hasCompaction;
    this.#hasCompaction = false;
    sealFrame(frame, this.#sequence++, this.#nowUs());
    let segment: LogSegment;
    try {
      segment = this.#segmentToWrite(revision);
    } catch (error) {
      return this.#fail(error as Error);
    }
    this.#open?.append(frame, (error) => {
      if (error !== undefined) return this.#fail(error);
      this.#isWriting = false;
      segment.bytes += frame.length;
      segment.lastRevision = Math.max(segment.lastRevision, revision);
      this.#submit(() => this.#answer(batch, undefined));
      if (hasCompaction) this.#onCompacted();
      if (!this.#isEmpty || this.#close !== undefined) this.#schedule();
    });
  }

  #segmentToWrite(lastRevision: number): LogSegment {
    const last = this.#segments.at(-1);
    if (last !== undefined && last.bytes < this.#segmentBytesMax) {
      this.#open ??= this.#disk.append(last.name);
      return last;
    }
    this.#open?.close();
    const sequence = this.#sequence - 1;
    const segment = { name: logName(sequence), sequence, bytes: headerBytes, lastRevision };
    this.#open = this.#disk.append(segment.name);
    this.#open.appendNow(encodeHeader({ kind: "log", sequence }));
    this.#disk.sync();
    this.#segments.push(segment);
    return segment;
  }

  /** Who asks for something meanwhile waits for the rest of these, in which it may be told. */
  #answer(batch: Batch, error: Error | undefined): void {
    try {
      for (const act of batch.acts) act(error);
    } finally {
      this.#batches.shift();
      if (this.#close !== undefined) this.#schedule();
    }
  }

  /** What the disk has of the last frames is not known any more: nobody is told that it is there. */
  #fail(cause: Error): void {
    const error = new StoreClosedError(`the log cannot be written: ${cause.message}`, cause);
    this.#failure = error;
    this.#isWriting = false;
    this.#pending.take();
    this.#pending.skip(frameHeaderBytes);
    this.#submit(() => {
      for (const batch of this.#batches.slice()) this.#answer(batch, error);
    });
  }
}

/** Who waits for one frame. */
interface Batch {
  readonly acts: ((error: Error | undefined) => void)[];
}
