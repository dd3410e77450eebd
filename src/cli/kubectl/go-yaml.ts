import { readsAsString } from "./yaml-scalars.ts";

/**
 * Plain data as YAML, as Go's yaml.v2 (and so `kubectl -o yaml`) writes it: sorted keys, lists not
 * indented, quotes only where YAML 1.1 would read something else.
 *
 * @see sigs.k8s.io/yaml `goyaml.v2/{encode,emitterc,sorter,resolve}.go`
 */
export function goYaml(value: unknown): string {
  return `${node(value, 0).slice(1)}\n`;
}

/** Where long lines are folded, at the next space. */
const bestWidth = 80;

/** @returns What follows a key's colon or a list's dash, with its leading space or newline. */
function node(value: unknown, indent: number): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return " []";
    return value.map((item) => `\n${pad(indent)}-${inList(item, indent + 2)}`).join("");
  }
  if (typeof value === "object" && value !== null) {
    const keys = Object.keys(value).toSorted(naturally);
    if (keys.length === 0) return " {}";
    return keys.map((key) => `\n${pad(indent)}${entry(value, key, indent)}`).join("");
  }
  return ` ${scalar(value, indent, indent)}`;
}

/** A collection in a list begins on the line of its dash. */
function inList(item: unknown, indent: number): string {
  const text = node(item, indent);
  return text.startsWith("\n") ? ` ${text.slice(1 + indent)}` : text;
}

function entry(map: object, key: string, indent: number): string {
  const value = (map as Record<string, unknown>)[key];
  const name = scalarText(key, true, 0, 0);
  if (typeof value === "string")
    return `${name}: ${scalar(value, indent + 2, indent + name.length + 2)}`;
  return `${name}:${node(value, Array.isArray(value) ? indent : indent + 2)}`;
}

function scalar(value: unknown, indent: number, column: number): string {
  if (typeof value === "string") return scalarText(value, false, indent, column);
  if (typeof value === "number") return numberText(value);
  return String(value);
}

/** Go prints floats with two digits in the exponent, and uses it below 0.0001. */
function numberText(value: number): string {
  const isTiny = value !== 0 && Math.abs(value) < 1e-4;
  const text = isTiny ? value.toExponential() : String(value);
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}

function scalarText(text: string, isKey: boolean, indent: number, column: number): string {
  const shape = shapeOf(text);
  if (text.includes("\n") && !isKey && shape.fitsBlock) return literal(text, indent);
  const breaks = isKey ? undefined : { indent, column };
  if (!text.includes("\n") && readsAsString(text)) {
    if (shape.fitsPlain) return folded(text, "", breaks);
    if (shape.fitsQuotes) return folded(text.replaceAll("'", "''"), "'", breaks);
  }
  return doubleQuoted(text, breaks);
}

interface Shape {
  readonly fitsPlain: boolean;
  readonly fitsQuotes: boolean;
  readonly fitsBlock: boolean;
}

/** @see goyaml.v2 `emitterc.go`: yaml_emitter_analyze_scalar */
function shapeOf(text: string): Shape {
  const isSpecial = /[^\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/.test(text);
  const isSpaceBeforeBreak = / \n/.test(text);
  const isIndicated = /^(?:---|\.\.\.|[#,[\]{}&*!|>'"%@`]|[?:-](?:\s|$))|:(?:\s|$)|\s#/.test(text);
  const isOuterSpace = /^[ \n]|[ \n]$/.test(text);
  const fitsQuotes = !isSpecial && !isSpaceBeforeBreak && !/\n /.test(text);
  return {
    fitsPlain: fitsQuotes && !isIndicated && !isOuterSpace && !text.includes("\n"),
    fitsQuotes,
    fitsBlock: !isSpecial && !isSpaceBeforeBreak && !text.endsWith(" "),
  };
}

function literal(text: string, indent: number): string {
  const hint = /^[ \n]/.test(text) ? "2" : "";
  const body = text.endsWith("\n") ? text.slice(0, -1) : text;
  const chomp = !text.endsWith("\n") ? "-" : body === "" || body.endsWith("\n") ? "+" : "";
  const lines = body
    .split("\n")
    .map((line) => (line === "" ? "" : pad(Math.max(indent, 2)) + line));
  return `|${hint}${chomp}\n${lines.join("\n")}`;
}

interface Breaks {
  readonly indent: number;
  readonly column: number;
}

/** Breaks at a space once the line is too long, and only at single spaces inside the text. */
function folded(text: string, quote: string, breaks: Breaks | undefined): string {
  if (breaks === undefined) return quote + text + quote;
  let column = breaks.column + quote.length;
  let out = quote;
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    const isInner = index > 0 && index < text.length - 1;
    const isSingle = text[index - 1] !== " " && text[index + 1] !== " ";
    if (character === " " && column > bestWidth && isInner && isSingle) {
      out += `\n${pad(breaks.indent)}`;
      column = breaks.indent;
    } else {
      out += character;
      column++;
    }
  }
  return out + quote;
}

const escapes: Readonly<Record<string, string>> = {
  "\0": "\\0",
  "\u0007": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  "\u001b": "\\e",
  '"': '\\"',
  "\\": "\\\\",
};

function doubleQuoted(text: string, breaks: Breaks | undefined): string {
  const characters = Array.from(text);
  let column = (breaks?.column ?? 0) + 1;
  let out = '"';
  let wasSpace = false;
  for (const [index, character] of characters.entries()) {
    const isInner = index > 0 && index < characters.length - 1;
    if (character === " " && breaks && !wasSpace && column > bestWidth && isInner) {
      out += `\n${pad(breaks.indent)}${characters[index + 1] === " " ? "\\" : ""}`;
      column = breaks.indent;
      wasSpace = true;
      continue;
    }
    const shown = escapes[character] ?? escapedOrItself(character);
    out += shown;
    column += shown.length;
    wasSpace = character === " ";
  }
  return `${out}"`;
}

function escapedOrItself(character: string): string {
  if (!/[^\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/.test(character)) return character;
  const code = (character.codePointAt(0) as number).toString(16).toUpperCase();
  if (code.length <= 2) return `\\x${code.padStart(2, "0")}`;
  return code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\U${code.padStart(8, "0")}`;
}

/**
 * Numbers in keys compare as numbers, and letters come after everything else.
 *
 * @see goyaml.v2 `sorter.go`: keyList.Less
 */
function naturally(left: string, right: string): number {
  const a = Array.from(left);
  const b = Array.from(right);
  let index = 0;
  while (index < a.length && index < b.length && a[index] === b[index]) index++;
  if (index >= a.length || index >= b.length) return a.length - b.length;
  const [x = "", y = ""] = [a[index], b[index]];
  if (isLetter(x) !== isLetter(y)) return isLetter(x) ? 1 : -1;
  if (!isLetter(x)) {
    const [m, n] = [digitsAround(a, index), digitsAround(b, index)];
    if (Number(m) !== Number(n)) return Number(m) - Number(n);
    if (m.length !== n.length) return m.length - n.length;
  }
  return x < y ? -1 : 1;
}

function digitsAround(characters: readonly string[], index: number): string {
  let [start, end] = [index, index];
  if (!isDigit(characters[index])) return "";
  while (isDigit(characters[start - 1])) start--;
  while (isDigit(characters[end])) end++;
  return characters.slice(start, end).join("");
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && /^\d$/.test(character);
}

function isLetter(character: string): boolean {
  return /^\p{L}$/u.test(character);
}

function pad(columns: number): string {
  return " ".repeat(columns);
}
