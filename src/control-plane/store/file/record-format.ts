import type { Alarm, Codec, KeyValue } from "../store.ts";
import type { JournaledWrite, JournalRecord } from "../store-journal.ts";
import type { ByteReader, ByteWriter } from "./bytes.ts";

/** What frames are made of: what a store went through, and what a snapshot has besides. */
export type FileRecord<V> =
  | JournalRecord<V>
  | {
      readonly type: "snapshot";
      /** All keys are as of this revision. */
      readonly revision: number;
      readonly compactedRevision: number;
      /** The frame of the log to go on from. */
      readonly sequence: number;
    }
  | { readonly type: "item"; readonly item: KeyValue<V> }
  /** Nothing is missing before this. */
  | { readonly type: "end"; readonly items: number };

/** Never reused for something else: files outlive versions of this table. */
const codes = {
  write: 1,
  compact: 2,
  grantLease: 3,
  revokeLease: 4,
  raiseAlarm: 5,
  disarm: 6,
  snapshot: 7,
  item: 8,
  end: 9,
} as const satisfies Record<FileRecord<unknown>["type"], number>;
const types = new Map(
  Object.entries(codes).map(([type, code]) => [
    code as number,
    type as FileRecord<unknown>["type"],
  ]),
);
const alarms: readonly Alarm[] = ["NOSPACE", "CORRUPT"];

export function writeRecord<V>(bytes: ByteWriter, record: FileRecord<V>, codec: Codec<V>): void {
  bytes.byte(codes[record.type]);
  switch (record.type) {
    case "write":
      bytes.number(record.revision);
      bytes.count(record.writes.length);
      for (const write of record.writes) writeWrite(bytes, write, codec);
      return;
    case "compact":
      return bytes.number(record.revision);
    case "grantLease":
      bytes.bigint(record.id);
      return bytes.number(record.ttlSeconds);
    case "revokeLease":
      return bytes.bigint(record.id);
    case "raiseAlarm":
    case "disarm":
      return bytes.byte(alarms.indexOf(record.alarm));
    case "snapshot":
      bytes.number(record.revision);
      bytes.number(record.compactedRevision);
      return bytes.number(record.sequence);
    case "item": {
      const { key, value, createRevision, modRevision, version, lease } = record.item;
      bytes.text(key);
      bytes.bytes(codec.encode(value));
      bytes.number(createRevision);
      bytes.number(modRevision);
      bytes.number(version);
      return bytes.bigint(lease);
    }
    case "end":
      return bytes.number(record.items);
  }
}

/** @throws {Error} When these bytes are no record, which is for who checked them to explain. */
export function readRecord<V>(bytes: ByteReader, codec: Codec<V>): FileRecord<V> {
  const code = bytes.byte();
  const type = types.get(code);
  switch (type) {
    case "write": {
      const revision = bytes.number();
      const writes = Array.from({ length: bytes.count() }, () => readWrite(bytes, codec));
      return { type, revision, writes };
    }
    case "compact":
      return { type, revision: bytes.number() };
    case "grantLease":
      return { type, id: bytes.bigint(), ttlSeconds: bytes.number() };
    case "revokeLease":
      return { type, id: bytes.bigint() };
    case "raiseAlarm":
    case "disarm":
      return { type, alarm: alarms[bytes.byte()] ?? "CORRUPT" };
    case "snapshot": {
      const revision = bytes.number();
      return { type, revision, compactedRevision: bytes.number(), sequence: bytes.number() };
    }
    case "item": {
      const key = bytes.text();
      const value = codec.decode(bytes.bytes());
      const [createRevision, modRevision, version] = [
        bytes.number(),
        bytes.number(),
        bytes.number(),
      ];
      const lease = bytes.bigint();
      return { type, item: { key, value, createRevision, modRevision, version, lease } };
    }
    case "end":
      return { type, items: bytes.number() };
    case undefined:
      throw new Error(`no record begins with ${code}`);
  }
}

function writeWrite<V>(bytes: ByteWriter, write: JournaledWrite<V>, codec: Codec<V>): void {
  const { key, value, lease } = write;
  bytes.text(key);
  bytes.byte(value === undefined ? 0 : 1);
  if (value === undefined) return;
  bytes.bytes(codec.encode(value));
  bytes.bigint(lease);
}

function readWrite<V>(bytes: ByteReader, codec: Codec<V>): JournaledWrite<V> {
  const key = bytes.text();
  if (bytes.byte() === 0) return { key, value: undefined, lease: 0n };
  return { key, value: codec.decode(bytes.bytes()), lease: bytes.bigint() };
}
