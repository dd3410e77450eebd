import { goQuote } from "../go-format.ts";
import { canonicalBase64 } from "./base64.ts";
import { DecodeError } from "./decode-error.ts";
import { describeJson, goInteger, literalText, quantityOf } from "./go-scalars.ts";
import { canonicalMicroTime, canonicalTime } from "./go-time.ts";
import { NumberLiteral, plainJson, RepeatedKeys } from "./read-json.ts";
import type { SchemaField, SchemaType } from "./schema.ts";
import { structOf, zeroOf, zeroStruct } from "./zero-values.ts";

export interface Decoded {
  /** The object as Go would write it back: see `normalize`. */
  readonly value: Readonly<Record<string, unknown>>;
  /** `unknown field "spec.bogus"`, `duplicate field "spec.color"`: what `fieldValidation` is about. */
  readonly strictErrors: readonly string[];
}

/**
 * Decodes a JSON value into a type, as Kubernetes' strict JSON decoder does.
 *
 * @param value From `parseJson`, or any plain JSON value. Never mutated; parts that are as Go would
 *   write them are shared.
 * @throws {DecodeError} `json: cannot unmarshal string into Go struct field …`
 * @see sigs.k8s.io/json `internal/golang/encoding/json/decode.go`
 */
export function decodeValue(type: SchemaType, value: unknown): Decoded {
  return new Decoder().decode(type, value);
}

type Step = SchemaField | string | number;

/** Go gives up after so many. */
const strictErrorsMax = 100;

class Decoder {
  readonly #strictErrors = new Set<string>();
  /** Where the decoder is: fields, map keys and list positions. */
  readonly #path: Step[] = [];
  readonly #structs: SchemaType[] = [];
  /** Go reads on after a value of a wrong type, as something worse may follow, and tells the first. */
  #firstMismatch: DecodeError | undefined;

  decode(type: SchemaType, value: unknown): Decoded {
    const struct = this.#struct(type, value);
    if (this.#firstMismatch !== undefined) throw this.#firstMismatch;
    return { value: struct, strictErrors: [...this.#strictErrors] };
  }

  #struct(type: SchemaType, value: unknown): Readonly<Record<string, unknown>> {
    if (!isObject(value)) {
      if (value !== null) this.#mismatch(describeJson(value), type.goName);
      return zeroStruct(type);
    }
    const slots: unknown[] = [];
    this.#structs.push(type);
    if (value instanceof RepeatedKeys) {
      const seen = new Set<string>();
      for (const [name, item] of value.entries) {
        if (seen.has(name) && type.indexOf(name) >= 0) this.#strictError("duplicate", name);
        seen.add(name);
        this.#member(type, slots, name, item);
      }
    } else {
      for (const name in value) this.#member(type, slots, name, value[name]);
    }
    this.#structs.pop();
    return structOf(type, slots, value instanceof RepeatedKeys ? undefined : value);
  }

  #member(type: SchemaType, slots: unknown[], name: string, value: unknown): void {
    const index = type.indexOf(name);
    const field = type.fields[index];
    if (field === undefined) {
      if (value !== undefined) this.#strictError("unknown", name);
      return;
    }
    if (value === undefined || value === null) {
      // Null unsets what can be nil and leaves the rest as it is.
      if (field.isPointer || field.isList || field.isMap) slots[index] = undefined;
      return;
    }
    this.#path.push(field);
    slots[index] = field.isList
      ? this.#list(field, value)
      : field.isMap
        ? this.#map(field, value)
        : this.#single(field, value);
    this.#path.pop();
  }

  #list(field: SchemaField, value: unknown): unknown {
    if (!Array.isArray(value)) {
      this.#mismatch(describeJson(value), field.goType);
      return undefined;
    }
    const items = value as readonly unknown[];
    let decoded: unknown[] | undefined;
    for (let index = 0; index < items.length; index++) {
      this.#path.push(index);
      const item = this.#element(field, items[index]);
      if (item !== items[index]) (decoded ??= [...items])[index] = item;
      this.#path.pop();
    }
    return decoded ?? items;
  }

  #map(field: SchemaField, value: unknown): unknown {
    if (!isObject(value)) {
      this.#mismatch(describeJson(value), field.goType);
      return undefined;
    }
    const isRepeating = value instanceof RepeatedKeys;
    const entries = isRepeating ? value.entries : Object.entries(value);
    const decoded = new Map<string, unknown>();
    let isSame = !isRepeating;
    let previousKey = "";
    for (const [key, item] of entries) {
      if (decoded.has(key)) this.#strictError("duplicate", key);
      this.#path.push(key);
      const element = this.#element(field, item);
      this.#path.pop();
      decoded.set(key, element);
      isSame &&= element === item && previousKey <= key;
      previousKey = key;
    }
    if (isSame) return value;
    // Go writes maps in the order of their keys.
    const sorted = [...decoded].sort(([left], [right]) => (left < right ? -1 : 1));
    return Object.fromEntries(sorted);
  }

  #element(field: SchemaField, value: unknown): unknown {
    return value === null || value === undefined ? zeroOf(field) : this.#single(field, value);
  }

  #single(field: SchemaField, value: unknown): unknown {
    switch (field.kind) {
      case "message":
        return this.#message(field.type, value);
      case "string":
        return typeof value === "string" ? value : this.#misfit(field, value);
      case "bool":
        return typeof value === "boolean" ? value : this.#misfit(field, value);
      case "bytes":
        return this.#bytes(field, value);
      case "int32":
      case "int64":
      case "double":
        return this.#number(field, value);
    }
  }

  #message(type: SchemaType, value: unknown): unknown {
    switch (type.form) {
      case "struct":
        return this.#struct(type, value);
      case "quantity":
        return quantityOf(isObject(value) || Array.isArray(value) ? "{" : value);
      case "time":
      case "microTime":
        if (typeof value !== "string") throw this.#mismatchError(describeJson(value), "string");
        return type.form === "time" ? canonicalTime(value) : canonicalMicroTime(value);
      case "intOrString":
        return this.#intOrString(value);
      case "strings":
        return this.#strings(type, value);
      case "anyJson":
        return plainJson(value);
      case "schemaOrOther":
        return schemaOrOther(type, value);
    }
  }

  #number(field: SchemaField, value: unknown): number | undefined {
    if (typeof value !== "number" && !(value instanceof NumberLiteral)) {
      return this.#misfit(field, value);
    }
    const number =
      field.kind === "double" ? finite(Number(literalText(value))) : goInteger(value, field.kind);
    return number ?? this.#misfit(field, value, `number ${literalText(value)}`);
  }

  #bytes(field: SchemaField, value: unknown): string | undefined {
    if (Array.isArray(value)) return this.#byteList(value);
    if (typeof value !== "string") return this.#misfit(field, value);
    try {
      return canonicalBase64(value);
    } catch (error) {
      this.#firstMismatch ??= error as DecodeError;
      return undefined;
    }
  }

  /** Bytes are a list of numbers to Go, so it also reads one. */
  #byteList(value: readonly unknown[]): string {
    const bytes = value.map((item) => {
      if (item === null || (Number.isInteger(item) && Number(item) >= 0 && Number(item) < 256)) {
        return Number(item);
      }
      const isNumber = typeof item === "number" || item instanceof NumberLiteral;
      this.#mismatch(isNumber ? `number ${literalText(item)}` : describeJson(item), "uint8");
      return 0;
    });
    return Buffer.from(bytes).toString("base64");
  }

  #intOrString(value: unknown): number | string {
    if (typeof value === "string") return value;
    if (typeof value !== "number" && !(value instanceof NumberLiteral)) {
      throw this.#mismatchError(describeJson(value), "int32");
    }
    const integer = goInteger(value, "int32");
    if (integer === undefined) throw this.#mismatchError(`number ${literalText(value)}`, "int32");
    return integer;
  }

  #strings(type: SchemaType, value: unknown): unknown {
    if (!Array.isArray(value)) return this.#mismatch(describeJson(value), type.goName);
    return value.map((item) => {
      if (typeof item === "string") return item;
      return item === null ? "" : this.#mismatch(describeJson(item), "string");
    });
  }

  /** A scalar of the wrong kind, in a field or in a list or map. */
  #misfit(field: SchemaField, value: unknown, found = describeJson(value)): undefined {
    return this.#mismatch(found, field.goElementType);
  }

  #mismatch(found: string, goType: string): undefined {
    this.#firstMismatch ??= this.#mismatchError(found, goType);
    return undefined;
  }

  #mismatchError(found: string, goType: string): DecodeError {
    const struct = this.#structs.at(-1);
    const fields = this.#path.filter((step) => typeof step === "object");
    const target =
      struct === undefined
        ? "Go value"
        : `Go struct field ${struct.goName.replace(/.*\./, "")}.${fields
            .flatMap((field) => [...field.embeddedIn, field.name])
            .join(".")}`;
    return new DecodeError(`json: cannot unmarshal ${found} into ${target} of type ${goType}`);
  }

  #strictError(what: "unknown" | "duplicate", name: string): void {
    if (this.#strictErrors.size >= strictErrorsMax) return;
    let path = "";
    for (const step of [...this.#path, name]) {
      if (typeof step === "number") path += `[${step}]`;
      else path += `${path === "" ? "" : "."}${typeof step === "string" ? step : step.name}`;
    }
    this.#strictErrors.add(`${what} field ${goQuote(path)}`);
  }
}

/** A JSON schema in a CustomResourceDefinition may be given as something simpler in places. */
function schemaOrOther(type: SchemaType, value: unknown): unknown {
  const schema = type.field("schema")?.type;
  if (schema === undefined) return plainJson(value);
  if (isObject(value)) return decodeValue(schema, value).value;
  if (type.field("allows") !== undefined) {
    if (typeof value === "boolean") return value;
    throw new DecodeError("boolean or JSON schema expected");
  }
  if (!Array.isArray(value) || value.length === 0) return null;
  if (type.field("property") !== undefined) return plainJson(value);
  return value.map((item) => decodeValue(schema, item).value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof NumberLiteral)
  );
}

function finite(number: number): number | undefined {
  return Number.isFinite(number) ? number : undefined;
}
