import type { SchemaField, SchemaType } from "./schema.ts";

/**
 * The JSON of a struct as Go writes it: fields in struct order, those left out that are empty and
 * `omitempty`, those added that Go always has (`status: {}` of a struct that is no pointer, `null`
 * for a list that was never made, `""` for a required string).
 *
 * @param slots Decoded values by position in `type.fields`, undefined for fields not given.
 * @param original Returned in place of a copy when it is the same already.
 */
export function structOf(
  type: SchemaType,
  slots: readonly unknown[],
  original?: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const struct: Record<string, unknown> = {};
  const { fields } = type;
  const absent = absentValues(type);
  for (let index = 0; index < fields.length; index++) {
    const slot = slots[index];
    const field = fields[index] as SchemaField;
    const value = slot === undefined ? absent[index] : written(field, slot);
    if (value !== undefined) struct[field.name] = value;
  }
  return original !== undefined && isShallowlyEqual(struct, original) ? original : struct;
}

/** What Go writes for a struct that nobody touched. Shared, as every value is immutable. */
export function zeroStruct(type: SchemaType): Readonly<Record<string, unknown>> {
  let zero = zeros.get(type);
  if (zero === undefined) zeros.set(type, (zero = Object.freeze(structOf(type, []))));
  return zero;
}

/** What Go writes for an element that was given as null, or a field that is always written. */
export function zeroOf(field: SchemaField): unknown {
  switch (field.kind) {
    case "string":
      return "";
    case "bool":
      return false;
    case "int32":
    case "int64":
    case "double":
      return 0;
    case "bytes":
      return null;
    case "message":
      return zeroMessage(field.type);
  }
}

function zeroMessage(type: SchemaType): unknown {
  if (type.form === "struct") return zeroStruct(type);
  if (type.form === "quantity") return "0";
  return type.form === "intOrString" ? 0 : null;
}

const zeros = new Map<SchemaType, Readonly<Record<string, unknown>>>();
const absentValuesByType = new Map<SchemaType, readonly unknown[]>();

/** What Go writes for fields that were not given, undefined where it leaves them out. */
function absentValues(type: SchemaType): readonly unknown[] {
  let values = absentValuesByType.get(type);
  if (values === undefined) {
    values = type.fields.map(absentValue);
    absentValuesByType.set(type, values);
  }
  return values;
}

function absentValue(field: SchemaField): unknown {
  if (field.isPointer || isSlice(field)) return field.omitsEmpty ? undefined : null;
  // Go never takes a struct for empty, so only omitzero leaves one out.
  const isLeftOut = field.kind === "message" ? field.omitsZero : field.omitsEmpty;
  return isLeftOut ? undefined : zeroOf(field);
}

function written(field: SchemaField, slot: unknown): unknown {
  if (slot === null && field.omitsZero) return undefined;
  const canBeEmpty = field.omitsEmpty && !field.isPointer;
  if (canBeEmpty && (field.kind !== "message" || isSlice(field))) {
    return isEmpty(slot) ? undefined : slot;
  }
  return slot;
}

function isSlice(field: SchemaField): boolean {
  if (field.isList || field.isMap || field.kind === "bytes") return true;
  return field.kind === "message" && field.type.form === "strings";
}

function isEmpty(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return !value;
  if (Array.isArray(value)) return value.length === 0;
  for (const _key in value) return false;
  return true;
}

/** Same fields in the same order with the same values. */
function isShallowlyEqual(
  left: Readonly<Record<string, unknown>>,
  right: Readonly<Record<string, unknown>>,
): boolean {
  const names = Object.keys(left);
  let position = 0;
  for (const name in right) {
    if (names[position++] !== name || left[name] !== right[name]) return false;
  }
  return position === names.length;
}
