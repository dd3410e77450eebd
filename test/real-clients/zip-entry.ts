import { inflateRawSync } from "node:zlib";

const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;
const deflated = 8;

/**
 * One file of a zip archive, unpacked. Enough for archives without encryption and under 4 GB.
 *
 * @throws {Error} If the archive has no such entry, or packs it in a way other than deflate.
 * @see PKWARE `APPNOTE.TXT` 4.3.7, 4.3.12 and 4.3.16
 */
export function zipEntry(archive: Buffer, name: string): Buffer {
  for (const entry of directoryOf(archive)) {
    if (entry.name !== name) continue;
    const packed = archive.subarray(entry.start, entry.start + entry.packedBytes);
    if (entry.method === 0) return packed;
    if (entry.method === deflated) return inflateRawSync(packed);
    throw new Error(`zip entry ${name} is packed by method ${entry.method}`);
  }
  throw new Error(`the zip archive has no entry ${name}`);
}

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly packedBytes: number;
  readonly start: number;
}

function* directoryOf(archive: Buffer): Generator<Entry> {
  const end = archive.lastIndexOf(signature(endOfDirectory));
  if (end === -1) throw new Error("not a zip archive: it has no end of central directory");
  let at = archive.readUInt32LE(end + 16);
  while (archive.readUInt32LE(at) === directoryEntry) {
    const nameBytes = archive.readUInt16LE(at + 28);
    const header = archive.readUInt32LE(at + 42);
    yield {
      name: archive.toString("utf8", at + 46, at + 46 + nameBytes),
      method: archive.readUInt16LE(at + 10),
      packedBytes: archive.readUInt32LE(at + 20),
      start: header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28),
    };
    at += 46 + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
