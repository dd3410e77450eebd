import type { MemoryStore } from "../memory-store.ts";
import type { Codec } from "../store.ts";
import { ByteReader } from "./bytes.ts";
import type { Disk, ReadableFile } from "./disk.ts";
import { DamagedFileError } from "./file-errors.ts";
import {
  type FileKind,
  findFrame,
  type Frame,
  headerBytes,
  readFrame,
  readHeader,
} from "./frames.ts";
import { logName, logPrefix, partialName, snapshotPrefix } from "./names.ts";
import { type FileRecord, readRecord } from "./record-format.ts";

/** Something was written that could not be read again. What is before it is whole. */
export interface FileDamage {
  readonly file: string;
  /** Where the first byte is that cannot be used. */
  readonly offset: number;
  /** From there to the end of the log; kept in files whose names begin with `damaged-`. */
  readonly bytes: number;
  readonly why: string;
}

/** One file of the log. */
export interface LogSegment {
  readonly name: string;
  /** Of its first frame. */
  readonly sequence: number;
  bytes: number;
  /** The last revision it has, or that was before it. */
  lastRevision: number;
}

export interface Loaded {
  readonly segments: readonly LogSegment[];
  readonly nextSequence: number;
  /** The latest time that was written down; 0 when nothing was. */
  readonly savedNowUs: number;
  readonly snapshotBytes: number;
  readonly damage: FileDamage | undefined;
}

/**
 * Takes a directory into a store: its snapshot, then its log, as far as it is whole. A log whose end
 * is damaged is cut off there; what a crash left half-written looks like that.
 *
 * @param repair Cuts it off as well where something whole is behind the damage.
 * @throws {DamagedFileError} When more than the end of the log is damaged. Nothing is changed then.
 * @throws {UnknownFormatError}
 */
export function load<V>(
  disk: Disk,
  store: MemoryStore<V>,
  codec: Codec<V>,
  repair: boolean,
): Loaded {
  const names = disk.names();
  const snapshotName = names.findLast((name) => name.startsWith(snapshotPrefix));
  const snapshot =
    snapshotName === undefined
      ? { sequence: 1, nowUs: 0, bytes: 0 }
      : loadSnapshot(disk, snapshotName, store, codec);
  const log = new LogLoader(disk, store, codec, snapshot.sequence, snapshot.nowUs);
  const firstName = logName(snapshot.sequence);
  const logNames = names.filter((name) => name.startsWith(logPrefix) && name >= firstName);
  if (snapshotName !== undefined && logNames.length === 0) {
    throw new DamagedFileError(disk.pathOf(firstName), 0, "it is missing");
  }
  let damage: FileDamage | undefined;
  for (const [index, name] of logNames.entries()) {
    damage = log.take(name);
    if (damage === undefined) continue;
    const rest = logNames.slice(index + 1);
    if (!repair) log.requireNothingBehind(name, damage, rest);
    damage = cutOff(disk, name, damage, rest);
    if (damage.offset < headerBytes) log.segments.pop();
    break;
  }
  // A log that lost all that came after its snapshot ends where the snapshot does.
  if (store.compactedRevision > store.revision)
    store.restoreRevisions(store.revision, store.revision);
  for (const name of names) {
    const isOld = name === partialName || (name.startsWith(logPrefix) && name < firstName);
    const isOldSnapshot = name.startsWith(snapshotPrefix) && name !== snapshotName;
    if (isOld || isOldSnapshot) disk.remove(name);
  }
  const { segments, nextSequence, nowUs: savedNowUs } = log;
  return { segments, nextSequence, savedNowUs, snapshotBytes: snapshot.bytes, damage };
}

/** Reads the files of the log in their order. */
class LogLoader<V> {
  readonly segments: LogSegment[] = [];
  nextSequence: number;
  nowUs: number;
  readonly #disk: Disk;
  readonly #store: MemoryStore<V>;
  readonly #codec: Codec<V>;

  constructor(
    disk: Disk,
    store: MemoryStore<V>,
    codec: Codec<V>,
    nextSequence: number,
    nowUs: number,
  ) {
    this.#disk = disk;
    this.#store = store;
    this.#codec = codec;
    this.nextSequence = nextSequence;
    this.nowUs = nowUs;
  }

  /** @returns What is wrong with this file, if something is. */
  take(name: string): FileDamage | undefined {
    const path = this.#disk.pathOf(name);
    const file = this.#disk.open(name);
    const damaged = (offset: number, why: string): FileDamage => ({
      file: path,
      offset,
      bytes: file.size - offset,
      why,
    });
    const segment = {
      name,
      sequence: this.nextSequence,
      bytes: 0,
      lastRevision: this.#store.revision,
    };
    this.segments.push(segment);
    try {
      const header = readHeader(file, path);
      if (header?.kind !== "log") return damaged(0, "its header is not whole");
      if (header.sequence !== this.nextSequence || name !== logName(header.sequence)) {
        return damaged(
          0,
          `frame ${this.nextSequence} was expected in ${logName(this.nextSequence)}`,
        );
      }
      segment.bytes = headerBytes;
      while (segment.bytes < file.size) {
        const frame = readFrame(file, segment.bytes);
        if (frame?.sequence !== this.nextSequence) return damaged(segment.bytes, "no whole frame");
        this.#redo(path, frame);
        this.nextSequence++;
        this.nowUs = Math.max(this.nowUs, frame.nowUs);
        segment.bytes = frame.end;
        segment.lastRevision = this.#store.revision;
      }
      return undefined;
    } finally {
      file.close();
    }
  }

  /** @throws {DamagedFileError} When a whole frame is behind the damage, which no crash can leave. */
  requireNothingBehind(
    name: string,
    { file, offset, why }: FileDamage,
    rest: readonly string[],
  ): void {
    for (const other of [name, ...rest]) {
      const readable = this.#disk.open(other);
      const from = other === name ? offset + 1 : headerBytes;
      const frame = findFrame(readable, from, this.nextSequence - 1);
      readable.close();
      if (frame === undefined) continue;
      const where = other === name ? `byte ${frame.offset}` : other;
      throw new DamagedFileError(
        file,
        offset,
        `${why}, but frame ${frame.sequence} is at ${where}`,
      );
    }
  }

  #redo(path: string, frame: Frame): void {
    for (const record of recordsOf(path, frame, this.#codec)) {
      if (record.type === "snapshot" || record.type === "item" || record.type === "end") {
        throw new DamagedFileError(path, frame.offset, `a log has no ${record.type}`);
      }
      if (!this.#store.redo(record)) {
        throw new DamagedFileError(path, frame.offset, "it does not follow what is before it");
      }
    }
  }
}

function loadSnapshot<V>(disk: Disk, name: string, store: MemoryStore<V>, codec: Codec<V>) {
  const path = disk.pathOf(name);
  const file = disk.open(name);
  try {
    const begin = { sequence: 1, nowUs: 0 };
    let items = 0;
    let isWhole = false;
    for (const frame of wholeFrames(file, path, "snapshot")) {
      begin.nowUs = Math.max(begin.nowUs, frame.nowUs);
      for (const record of recordsOf(path, frame, codec)) {
        switch (record.type) {
          case "snapshot":
            store.restoreRevisions(record.revision, record.compactedRevision);
            begin.sequence = record.sequence;
            break;
          case "item":
            store.restoreItem(record.item);
            items++;
            break;
          case "end":
            isWhole = record.items === items;
            break;
          default:
            store.redo(record);
        }
      }
    }
    if (!isWhole) throw new DamagedFileError(path, file.size, "its end is missing");
    return { ...begin, bytes: file.size };
  } finally {
    file.close();
  }
}

function* wholeFrames(file: ReadableFile, path: string, kind: FileKind): Generator<Frame> {
  const header = readHeader(file, path);
  if (header?.kind !== kind) throw new DamagedFileError(path, 0, "its header is not whole");
  let { sequence } = header;
  for (let offset = headerBytes; offset < file.size; sequence++) {
    const frame = readFrame(file, offset);
    if (frame?.sequence !== sequence) throw new DamagedFileError(path, offset, "no whole frame");
    yield frame;
    offset = frame.end;
  }
}

function* recordsOf<V>(path: string, frame: Frame, codec: Codec<V>): Generator<FileRecord<V>> {
  const bytes = new ByteReader(frame.payload);
  while (!bytes.isAtEnd) {
    let record: FileRecord<V>;
    try {
      record = readRecord(bytes, codec);
    } catch (error) {
      // Its checksum is right, so this is no damage of the disk.
      throw new DamagedFileError(path, frame.offset, `it cannot be understood: ${String(error)}`);
    }
    yield record;
  }
}

/** Keeps what cannot be used apart. */
function cutOff(disk: Disk, name: string, damage: FileDamage, rest: readonly string[]): FileDamage {
  let { bytes } = damage;
  if (damage.offset < headerBytes) disk.rename(name, `damaged-${name}`);
  else disk.cut(name, damage.offset, `damaged-${name}-${damage.offset}`);
  for (const other of rest) {
    const file = disk.open(other);
    bytes += file.size;
    file.close();
    disk.rename(other, `damaged-${other}`);
  }
  return { ...damage, bytes };
}
