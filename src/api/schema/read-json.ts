import { goQuote } from "../go-format.ts";
import { DecodeError } from "./decode-error.ts";

/** A number that a JavaScript number does not hold as written: `1.0`, `1e3`, `12345678901234567890`. */
export class NumberLiteral {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** An object that names a field twice, which a JavaScript object cannot. In the order of the text. */
export class RepeatedKeys {
  readonly entries: readonly (readonly [string, unknown])[];

  constructor(entries: readonly (readonly [string, unknown])[]) {
    this.entries = entries;
  }
}

/**
 * A JSON text as Go reads it: slower than `JSON.parse`, but number literals and repeated keys are
 * kept where they matter, and errors have Go's words.
 *
 * @throws {DecodeError} `invalid character 'n' looking for beginning of object key string`,
 *   `unexpected end of JSON input`, …; and beyond `depthMax` brackets in each other.
 * @see go `encoding/json/scanner.go`
 */
export function readJson(text: string): unknown {
  return new Reader(text).read();
}

/** The plain value, for places where the schema says nothing about what is inside. */
export function plainJson(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof NumberLiteral) return Number(value.text);
  if (Array.isArray(value)) return shared(value, value.map(plainJson));
  if (value instanceof RepeatedKeys) {
    return Object.fromEntries(value.entries.map(([key, item]) => [key, plainJson(item)]));
  }
  const entries = Object.entries(value);
  const plain = entries.map(([key, item]) => [key, plainJson(item)] as const);
  return plain.every(([, item], index) => item === entries[index]?.[1])
    ? value
    : Object.fromEntries(plain);
}

type Container =
  | { readonly entries: [string, unknown][]; key: string }
  | { readonly items: unknown[] };

type State = "value" | "first value" | "key" | "first key" | "colon" | "next" | "end";

/** Go goes ten times deeper, deeper than what JavaScript's stack can write back. */
export const depthMax = 1000;

class Reader {
  readonly #text: string;
  readonly #open: Container[] = [];
  #position = 0;
  #state: State = "value";
  #result: unknown;

  constructor(text: string) {
    this.#text = text;
  }

  read(): unknown {
    for (;;) {
      this.#skip(/[ \t\r\n]*/y);
      const character = this.#text.charAt(this.#position);
      if (character === "") {
        if (this.#state === "end") return this.#result;
        throw new DecodeError("unexpected end of JSON input");
      }
      this.#step(character);
    }
  }

  #step(character: string): void {
    switch (this.#state) {
      case "value":
      case "first value":
        if (this.#state === "first value" && character === "]") return this.#close();
        return this.#beginValue(character);
      case "key":
      case "first key":
        if (this.#state === "first key" && character === "}") return this.#close();
        if (character !== '"') this.#fail("looking for beginning of object key string");
        return this.#setKey(this.#string());
      case "colon":
        if (character !== ":") this.#fail("after object key");
        return this.#advance("value");
      case "next":
        return this.#endValue(character);
      case "end":
        return this.#fail("after top-level value");
    }
  }

  #beginValue(character: string): void {
    if (character === "{") return this.#openContainer({ entries: [], key: "" }, "first key");
    if (character === "[") return this.#openContainer({ items: [] }, "first value");
    if (character === '"') return this.#add(this.#string());
    if (/[-0-9]/.test(character)) return this.#add(this.#number());
    if (character === "t") return this.#add(this.#literal("true", true));
    if (character === "f") return this.#add(this.#literal("false", false));
    if (character === "n") return this.#add(this.#literal("null", null));
    this.#fail("looking for beginning of value");
  }

  #endValue(character: string): void {
    const container = this.#open.at(-1);
    const isObject = container !== undefined && "entries" in container;
    if (character === ",") return this.#advance(isObject ? "key" : "value");
    if (character === (isObject ? "}" : "]")) return this.#close();
    this.#fail(isObject ? "after object key:value pair" : "after array element");
  }

  #advance(state: State): void {
    this.#position++;
    this.#state = state;
  }

  #openContainer(container: Container, state: State): void {
    this.#open.push(container);
    if (this.#open.length > depthMax) this.#fail("exceeded max depth");
    this.#advance(state);
  }

  #close(): void {
    const container = this.#open.pop();
    this.#position++;
    if (container === undefined) return;
    this.#add("items" in container ? container.items : objectOf(container.entries));
  }

  #setKey(key: string): void {
    const container = this.#open.at(-1);
    if (container !== undefined && "entries" in container) container.key = key;
    this.#state = "colon";
  }

  #add(value: unknown): void {
    const container = this.#open.at(-1);
    this.#state = container === undefined ? "end" : "next";
    if (container === undefined) this.#result = value;
    else if ("items" in container) container.items.push(value);
    else container.entries.push([container.key, value]);
  }

  #string(): string {
    const start = this.#position++;
    for (;;) {
      this.#skip(/[ !#-[\]-\uffff]*/y);
      const character = this.#text.charAt(this.#position);
      if (character === "") throw new DecodeError("unexpected end of JSON input");
      if (character === '"') break;
      if (character !== "\\") this.#fail("in string literal");
      this.#position++;
      this.#expect(/["\\/bfnrtu]/, "in string escape code");
      if (this.#text.charAt(this.#position - 1) !== "u") continue;
      for (let digit = 0; digit < 4; digit++) {
        this.#expect(/[0-9a-fA-F]/, "in \\u hexadecimal character escape");
      }
    }
    this.#position++;
    return JSON.parse(this.#text.slice(start, this.#position)) as string;
  }

  #number(): number | NumberLiteral {
    const start = this.#position;
    this.#skip(/-?/y);
    this.#expect(/[0-9]/, "in numeric literal");
    if (this.#text.charAt(this.#position - 1) !== "0") this.#skip(/[0-9]*/y);
    if (this.#skip(/\.?/y)) {
      this.#expect(/[0-9]/, "after decimal point in numeric literal");
      this.#skip(/[0-9]*/y);
    }
    if (this.#skip(/(?:[eE][-+]?)?/y)) {
      this.#expect(/[0-9]/, "in exponent of numeric literal");
      this.#skip(/[0-9]*/y);
    }
    const text = this.#text.slice(start, this.#position);
    return isExact(text) ? Number(text) : new NumberLiteral(text);
  }

  #literal<Value>(word: string, value: Value): Value {
    for (const letter of word) {
      if (this.#text.charAt(this.#position) !== letter) {
        this.#fail(`in literal ${word} (expecting '${letter}')`);
      }
      this.#position++;
    }
    return value;
  }

  /** Moves past what the sticky pattern matches and says whether that was anything. */
  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#position;
    const length = pattern.exec(this.#text)?.[0].length ?? 0;
    this.#position += length;
    return length > 0;
  }

  #expect(pattern: RegExp, context: string): void {
    if (!pattern.test(this.#text.charAt(this.#position))) this.#fail(context);
    this.#position++;
  }

  #fail(context: string): never {
    // Go feeds its scanner a space when the text ends in the middle of a word or number.
    const codePoint = this.#text.codePointAt(this.#position) ?? 0x20;
    throw new DecodeError(`invalid character ${quotedByte(codePoint)} ${context}`);
  }
}

/** Whether a JavaScript number holds this literal digit by digit. */
export function isExact(literal: string): boolean {
  return /^-?\d{1,15}$/.test(literal) && literal !== "-0";
}

function objectOf(entries: readonly (readonly [string, unknown])[]): unknown {
  const isRepeating = new Set(entries.map(([key]) => key)).size < entries.length;
  return isRepeating ? new RepeatedKeys(entries) : Object.fromEntries(entries);
}

/** Go's scanner sees bytes, so of `é` it complains about the first byte, read as Latin-1. */
function quotedByte(codePoint: number): string {
  const character = String.fromCodePoint(codePoint);
  if (character === "'") return "'\\''";
  if (character === '"') return "'\"'";
  const [byte = 0] = new TextEncoder().encode(character);
  return `'${goQuote(String.fromCodePoint(byte)).slice(1, -1)}'`;
}

function shared(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  return after.every((item, index) => item === before[index]) ? before : after;
}
