import { depthMax, isExact, readJson } from "./read-json.ts";

/**
 * A JSON text as a value to be decoded. Nearly always that is what `JSON.parse` gives; texts with
 * repeated keys, numbers that JavaScript would round, or mistakes are read as Go reads them.
 *
 * @returns May hold a `NumberLiteral` or `RepeatedKeys`, which `decodeValue` understands.
 * @throws {DecodeError} with the words of Go's scanner when the text is not JSON.
 */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return readJson(text);
  }
  return isOrdinary(text) ? value : readJson(text);
}

const quote = 0x22;
const minus = 0x2d;
const dot = 0x2e;
const zero = 0x30;
const nine = 0x39;
const colon = 0x3a;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const letterE = 0x65;
const openBrace = 0x7b;
const closeBrace = 0x7d;
/** Set in the codes of lower-case letters, and of the dot. */
const lowerCase = 0x20;

/** Whether `JSON.parse` lost nothing of this text, which is known to be JSON. */
function isOrdinary(text: string): boolean {
  const keysByDepth: Set<string>[] = [];
  let depth = 0;
  for (let position = 0; position < text.length; position++) {
    const code = text.charCodeAt(position);
    if (code === quote) {
      const end = endOfString(text, position);
      if (isKey(text, end)) {
        const key = text.slice(position + 1, end);
        const keys = keysByDepth[depth];
        // Two spellings of a key are the same key, so one with an escape needs a closer look.
        if (keys === undefined || keys.has(key) || key.includes("\\")) return false;
        keys.add(key);
      }
      position = end;
    } else if (code === openBrace || code === openBracket) {
      if (++depth > depthMax) return false;
      if (code === openBrace) (keysByDepth[depth] ??= new Set()).clear();
    } else if (code === closeBrace || code === closeBracket) {
      depth--;
    } else if (code === minus || isDigit(code)) {
      const start = position;
      while (isDigit(text.charCodeAt(position + 1))) position++;
      const next = text.charCodeAt(position + 1) | lowerCase;
      if (next === dot || next === letterE) return false;
      const mayBeInexact = position - start >= 15 || code === minus;
      if (mayBeInexact && !isExact(text.slice(start, position + 1))) return false;
    }
  }
  return true;
}

/** Index of the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, position: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(position - 1 - backslashes) === backslash) backslashes++;
  return backslashes % 2 === 1;
}

function isKey(text: string, endOfString: number): boolean {
  let position = endOfString + 1;
  while (text.charCodeAt(position) <= 0x20) position++;
  return text.charCodeAt(position) === colon;
}

function isDigit(code: number): boolean {
  return code >= zero && code <= nine;
}
