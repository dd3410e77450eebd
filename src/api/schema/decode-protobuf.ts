import { rfc3339, rfc3339Micro } from "../time.ts";
import { DecodeError } from "./decode-error.ts";
import { noKindRegistered, type ObjectKind } from "./decode-object.ts";
import { decodeValue } from "./decode-value.ts";
import { parseJson } from "./parse-json.ts";
import { ProtobufReader } from "./protobuf-reader.ts";
import { type SchemaField, type SchemaType, typeOf } from "./schema.ts";

export interface DecodedProtobuf extends ObjectKind {
  readonly value: Readonly<Record<string, unknown>>;
}

/**
 * A body of `application/vnd.kubernetes.protobuf`: the bytes `k8s\0`, then `runtime.Unknown` with
 * the object inside. The value is what the same object would be from JSON.
 *
 * @param defaults Fill in for a body that names no kind or version, as the URL of a request does.
 * @throws {DecodeError} for bytes that are no such message, or of an unknown kind.
 * @see kubernetes `apimachinery/pkg/runtime/serializer/protobuf/protobuf.go`
 */
export function decodeProtobuf(bytes: Uint8Array, defaults?: ObjectKind): DecodedProtobuf {
  if (bytes.length === 0) throw new DecodeError("empty data");
  if (!magic.every((byte, index) => bytes[index] === byte)) {
    const expected = `expected prefix [${magic.join(" ")}]`;
    throw new DecodeError(`provided data does not appear to be a protobuf message, ${expected}`);
  }
  const envelope = readEnvelope(new ProtobufReader(bytes, magic.length));
  const apiVersion = envelope.apiVersion || (defaults?.apiVersion ?? "");
  const kind = envelope.kind || (defaults?.kind ?? "");
  const type = typeOf(apiVersion, kind);
  if (type === undefined) throw new DecodeError(noKindRegistered({ apiVersion, kind }));
  const value = { kind, apiVersion, ...readStruct(type, envelope.raw, 0) };
  return { apiVersion, kind, value: decodeValue(type, value).value };
}

const magic = [0x6b, 0x38, 0x73, 0x00];

/** More levels than any object has, fewer than the stack holds. */
const depthMax = 500;

type Struct = Record<string, unknown>;

function readEnvelope(reader: ProtobufReader): ObjectKind & { readonly raw: ProtobufReader } {
  let apiVersion = "";
  let kind = "";
  let raw = new ProtobufReader(new Uint8Array());
  while (reader.next()) {
    if (reader.number === 1) {
      const typeMeta = reader.message();
      while (typeMeta.next()) {
        if (typeMeta.number === 1) apiVersion = typeMeta.string();
        else if (typeMeta.number === 2) kind = typeMeta.string();
        else typeMeta.skip();
      }
    } else if (reader.number === 2) {
      raw = reader.message();
    } else {
      reader.skip();
    }
  }
  return { apiVersion, kind, raw };
}

/** A field that comes twice is merged into what came before, as protobuf wants it. */
function readStruct(
  type: SchemaType,
  reader: ProtobufReader,
  depth: number,
  into: Struct = {},
): Struct {
  if (depth > depthMax) throw new DecodeError("exceeded max depth");
  while (reader.next()) {
    const field = type.fieldNumbered(reader.number);
    if (field === undefined) {
      reader.skip();
    } else if (field.isEmbedded) {
      readStruct(field.type, reader.message(), depth + 1, into);
    } else if (field.isMap) {
      const [key, value] = readMapEntry(field, reader.message(), depth);
      into[field.name] = { ...(into[field.name] as Struct | undefined), [key]: value };
    } else if (field.isList) {
      const items = (into[field.name] ??= []) as unknown[];
      if (isPacked(field, reader)) items.push(...reader.packed(() => readScalar(field, reader)));
      else items.push(readValue(field, reader, depth));
    } else {
      into[field.name] = readValue(field, reader, depth, into[field.name]);
    }
  }
  return into;
}

function readMapEntry(
  field: SchemaField,
  entry: ProtobufReader,
  depth: number,
): readonly [string, unknown] {
  let key = "";
  let value: unknown = null;
  while (entry.next()) {
    if (entry.number === 1) key = entry.string();
    else if (entry.number === 2) value = readValue(field, entry, depth);
    else entry.skip();
  }
  return [key, value];
}

function readValue(
  field: SchemaField,
  reader: ProtobufReader,
  depth: number,
  before?: unknown,
): unknown {
  if (field.kind !== "message") return readScalar(field, reader);
  const message = reader.message();
  const { type } = field;
  if (type.form === "struct") {
    return readStruct(type, message, depth + 1, before as Struct | undefined);
  }
  const fields = readStruct(type, message, depth + 1);
  switch (type.form) {
    case "quantity":
      return fields["string"] ?? null;
    case "time":
    case "microTime":
      return timeOf(type, fields);
    case "intOrString":
      return fields["type"] === 1 ? (fields["strVal"] ?? "") : (fields["intVal"] ?? 0);
    case "strings":
      return fields["items"] ?? [];
    case "anyJson":
      return jsonOf(fields["-"]);
    case "schemaOrOther":
      return schemaOrOther(fields);
  }
}

function readScalar(field: SchemaField, reader: ProtobufReader): unknown {
  switch (field.kind) {
    case "bool":
      return reader.int64() !== 0;
    case "int32":
      return reader.int32();
    case "int64":
      return reader.int64();
    case "double":
      return reader.double();
    case "bytes":
      return Buffer.from(reader.bytes()).toString("base64");
    default:
      return reader.string();
  }
}

/** Upstream writes each number of a list by itself, but also reads them packed together. */
function isPacked(field: SchemaField, reader: ProtobufReader): boolean {
  return reader.isLengthDelimited && ["bool", "int32", "int64", "double"].includes(field.kind);
}

/** The year 1, which is Go's zero time. */
const zeroTimeSeconds = -62_135_596_800;

/** An empty message is a time that was never set. Only whole seconds of a `Time` count. */
function timeOf(type: SchemaType, fields: Struct): string {
  const { seconds, nanos = 0 } = fields as { readonly seconds?: number; readonly nanos?: number };
  const epochUs = (seconds ?? zeroTimeSeconds) * 1_000_000;
  if (type.form === "time") return rfc3339(epochUs);
  return rfc3339Micro(epochUs + Math.floor(nanos / 1000));
}

function jsonOf(base64: unknown): unknown {
  const text = Buffer.from(typeof base64 === "string" ? base64 : "", "base64").toString();
  return text === "" ? null : parseJson(text);
}

function schemaOrOther(fields: Struct): unknown {
  const { allows, schema, jSONSchemas, property } = fields;
  return jSONSchemas ?? property ?? schema ?? allows ?? [];
}
