import type { MemoryStore } from "../memory-store.ts";
import type { Codec } from "../store.ts";
import { ByteWriter } from "./bytes.ts";
import type { Disk } from "./disk.ts";
import { encodeHeader, frameHeaderBytes, sealFrame } from "./frames.ts";
import { partialName, snapshotName, snapshotPrefix } from "./names.ts";
import { type FileRecord, writeRecord } from "./record-format.ts";

/** Keys written between two waits for the disk. */
const itemsPerFrame = 1_000;

/**
 * Writes all keys as of a revision to a file, a frame at a time, while the store goes on.
 *
 * @param done Called once the snapshot is durable under its name, with its size.
 */
export function writeSnapshot<V>(
  parts: {
    readonly disk: Disk;
    readonly store: MemoryStore<V>;
    readonly codec: Codec<V>;
    readonly nowUs: () => number;
  },
  about: {
    readonly revision: number;
    readonly compactedRevision: number;
    /** The frame of the log to go on from. */
    readonly sequence: number;
  },
  done: (error: Error | undefined, bytes: number) => void,
): void {
  const { disk, store, codec, nowUs } = parts;
  disk.remove(partialName);
  const file = disk.append(partialName);
  const bytes = new ByteWriter();
  let sequence = 1;
  let items = 0;
  let size = 0;
  let after = "";
  let isLast = false;
  const header = encodeHeader({ kind: "snapshot", sequence });
  const add = (record: FileRecord<V>): void => writeRecord(bytes, record, codec);

  const next = (error: Error | undefined): void => {
    if (error !== undefined || isLast) {
      file.close();
      if (error === undefined) takeItsPlace(disk, about.revision);
      return done(error, size);
    }
    bytes.skip(frameHeaderBytes);
    if (sequence === 1) {
      add({ type: "snapshot", ...about });
      for (const record of store.standing()) add(record);
    }
    const page = store.itemsAt(about.revision, after, itemsPerFrame);
    for (const item of page) add({ type: "item", item });
    items += page.length;
    isLast = page.length < itemsPerFrame;
    if (isLast) add({ type: "end", items });
    else after = `${page.at(-1)?.key}\0`;
    const frame = bytes.take();
    sealFrame(frame, sequence++, nowUs());
    size += frame.length;
    file.append(frame, next);
  };
  file.append(header, next);
}

function takeItsPlace(disk: Disk, revision: number): void {
  const name = snapshotName(revision);
  disk.rename(partialName, name);
  for (const other of disk.names()) {
    if (other.startsWith(snapshotPrefix) && other !== name) disk.remove(other);
  }
}
