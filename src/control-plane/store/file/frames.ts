import { crc32 } from "node:zlib";
import type { ReadableFile } from "./disk.ts";
import { UnknownFormatError } from "./file-errors.ts";

/**
 * Files are a header and frames. A frame is what was made durable in one go: all of it counts, or
 * nothing.
 *
 *     header: "podrace store\n" kind:u8 0 version:u32 sequence:f64 crc:u32
 *     frame:  marker:u32 length:u32 sequence:f64 nowUs:f64 crc:u32 payload
 *
 * Numbers are little-endian; a checksum is of all but itself.
 */
export type FileKind = "log" | "snapshot";

export interface FileHeader {
  readonly kind: FileKind;
  /** Of the first frame. */
  readonly sequence: number;
}

export interface Frame {
  readonly offset: number;
  /** Of the frame behind it. */
  readonly end: number;
  /** Frames count on over all files. */
  readonly sequence: number;
  /** The cluster's time when it was written, µs. */
  readonly nowUs: number;
  readonly payload: Buffer;
}

export const headerBytes = 32;
export const frameHeaderBytes = 28;
const formatVersion = 1;
const magic = Buffer.from("podrace store\n");
const marker = 0x1e_f7_a3_9b;
const markerBytes = Buffer.from([0x9b, 0xa3, 0xf7, 0x1e]);
const kindCodes = { log: 76, snapshot: 83 } as const;
const versionAt = 16;
const sequenceAt = 20;
const headerCrcAt = 28;

export function encodeHeader({ kind, sequence }: FileHeader): Buffer {
  const header = Buffer.alloc(headerBytes);
  magic.copy(header);
  header[magic.length] = kindCodes[kind];
  header.writeUInt32LE(formatVersion, versionAt);
  header.writeDoubleLE(sequence, sequenceAt);
  header.writeUInt32LE(crc32(header.subarray(0, headerCrcAt)), headerCrcAt);
  return header;
}

/**
 * @returns `undefined` when it is cut off or damaged.
 * @throws {UnknownFormatError} When it is whole, but not ours.
 */
export function readHeader(file: ReadableFile, name: string): FileHeader | undefined {
  const header = file.read(0, headerBytes);
  if (header.length < headerBytes) return undefined;
  if (crc32(header.subarray(0, headerCrcAt)) !== header.readUInt32LE(headerCrcAt)) return undefined;
  const version = header.readUInt32LE(versionAt);
  if (version !== formatVersion) throw new UnknownFormatError(name, `of format ${version}`);
  const kind = header[magic.length] === kindCodes.log ? "log" : "snapshot";
  return { kind, sequence: header.readDoubleLE(sequenceAt) };
}

/** Fills in the header of a frame whose payload is behind it already. */
export function sealFrame(frame: Buffer, sequence: number, nowUs: number): void {
  frame.writeUInt32LE(marker, 0);
  frame.writeUInt32LE(frame.length - frameHeaderBytes, 4);
  frame.writeDoubleLE(sequence, 8);
  frame.writeDoubleLE(nowUs, 16);
  frame.writeUInt32LE(checksum(frame), 24);
}

/** The frame at `offset`; `undefined` when there is no whole one. */
export function readFrame(file: ReadableFile, offset: number): Frame | undefined {
  const header = file.read(offset, frameHeaderBytes);
  if (header.length < frameHeaderBytes || header.readUInt32LE(0) !== marker) return undefined;
  const end = offset + frameHeaderBytes + header.readUInt32LE(4);
  if (end > file.size) return undefined;
  const frame = file.read(offset, end - offset);
  if (frame.length < end - offset || checksum(frame) !== frame.readUInt32LE(24)) return undefined;
  return {
    offset,
    end,
    sequence: frame.readDoubleLE(8),
    nowUs: frame.readDoubleLE(16),
    payload: frame.subarray(frameHeaderBytes),
  };
}

/** The first whole frame behind a damage that belongs behind `sequence`, if there is one. */
export function findFrame(file: ReadableFile, from: number, sequence: number): Frame | undefined {
  const step = 1 << 20;
  for (let start = from; start < file.size; start += step) {
    // Pieces overlap, so that a marker over an edge is found, too.
    const piece = Buffer.from(file.read(start, step + markerBytes.length - 1));
    for (let at = piece.indexOf(markerBytes); at !== -1; at = piece.indexOf(markerBytes, at + 1)) {
      const frame = readFrame(file, start + at);
      if (frame !== undefined && frame.sequence > sequence) return frame;
    }
  }
  return undefined;
}

function checksum(frame: Buffer): number {
  return crc32(frame.subarray(frameHeaderBytes), crc32(frame.subarray(0, 24)));
}
