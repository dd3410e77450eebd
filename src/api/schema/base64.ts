import { DecodeError } from "./decode-error.ts";

/**
 * The text as Go writes the bytes that it reads from it: line breaks gone, trailing bits cleared.
 *
 * @throws {DecodeError} `illegal base64 data at input byte N`, N counted as Go counts.
 * @see go `encoding/base64/base64.go`: `Encoding.decodeQuantum`
 */
export function canonicalBase64(text: string): string {
  if (canonical.test(text)) return text;
  const end = endOfData(text);
  return Buffer.from(text.slice(0, end), "base64").toString("base64");
}

/** Whole quanta only: a last quantum may have bits to clear, which the slow way does. */
const canonical = /^(?:[A-Za-z0-9+/]{4})*$/;
const digit = /[A-Za-z0-9+/]/;

/** Index after the last digit. */
function endOfData(text: string): number {
  let position = 0;
  let digits = 0;
  let end = 0;
  for (; position < text.length; position++) {
    const character = text.charAt(position);
    if (digit.test(character)) {
      digits++;
      end = position + 1;
    } else if (character === "=") {
      expectPadding(text, position, digits % 4);
      return end;
    } else if (!isLineBreak(character)) {
      throw illegal(position);
    }
  }
  if (digits % 4 !== 0) throw illegal(position - (digits % 4));
  return end;
}

/** After two digits two signs of padding are due, after three digits one, and then nothing. */
function expectPadding(text: string, at: number, digits: number): void {
  if (digits < 2) throw illegal(at);
  let position = at + 1;
  if (digits === 2) {
    position = afterLineBreaks(text, position);
    if (position === text.length) throw illegal(position);
    if (text.charAt(position) !== "=") throw illegal(position - 1);
    position++;
  }
  position = afterLineBreaks(text, position);
  if (position < text.length) throw illegal(position);
}

function afterLineBreaks(text: string, from: number): number {
  let position = from;
  while (isLineBreak(text.charAt(position))) position++;
  return position;
}

function isLineBreak(character: string): boolean {
  return character === "\n" || character === "\r";
}

function illegal(position: number): DecodeError {
  return new DecodeError(`illegal base64 data at input byte ${position}`);
}
