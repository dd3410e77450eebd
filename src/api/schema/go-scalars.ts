import { canonicalQuantity } from "../quantity.ts";
import { DecodeError } from "./decode-error.ts";
import { NumberLiteral } from "./read-json.ts";
import type { FieldKind } from "./schema.ts";

/** What Go's messages call a JSON value; of a number that an integer cannot hold they show it all. */
export function describeJson(value: unknown): string {
  if (value instanceof NumberLiteral || typeof value === "number") return "number";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "string";
  return Array.isArray(value) ? "array" : "object";
}

/**
 * The number, or undefined when it is no `int32` or `int64`: `1.5`, but also `1.0` and `1e3`.
 *
 * Of an `int64` beyond 2⁵³ the last digits are rounded, never so that it leaves the range.
 */
export function goInteger(value: number | NumberLiteral, kind: FieldKind): number | undefined {
  const limit = kind === "int32" ? 2 ** 31 : 2 ** 63;
  if (typeof value === "number") {
    // Adding nothing turns -0, which Go does not have, into 0.
    return Number.isInteger(value) && value >= -limit && value < limit ? value + 0 : undefined;
  }
  if (!/^-?\d+$/.test(value.text)) return undefined;
  const exact = BigInt(value.text);
  if (exact < -BigInt(limit) || exact >= BigInt(limit)) return undefined;
  return Math.min(Number(exact), int64Max);
}

export function literalText(value: number | NumberLiteral): string {
  return value instanceof NumberLiteral ? value.text : String(value);
}

/** A quantity may also be written as a number; any other JSON is a bad quantity. */
export function quantityOf(value: unknown): string {
  if (typeof value === "string" && plainQuantity.test(value)) return value;
  const isNumber = typeof value === "number" || value instanceof NumberLiteral;
  const text = isNumber ? literalText(value) : String(value);
  try {
    return canonicalQuantity(text.trim());
  } catch (error) {
    throw new DecodeError((error as Error).message);
  }
}

/** The largest double below 2⁶³. */
const int64Max = 2 ** 63 - 1024;

/** The usual ones are canonical as they are: up to three digits and any suffix. */
const plainQuantity = /^[1-9]\d{0,2}(?:[numkMGTPE]|[KMGTPE]i)?$/;
