import { badRequest } from "./errors.ts";

/** Splits a field selector at its commas; an escaped comma (`\,`) belongs to a value. */
export function splitFieldTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === "\\") index++;
    else if (text[index] === ",") {
      terms.push(text.slice(start, index));
      start = index + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

/**
 * Resolves `\\`, `\,` and `\=` in a field selector's value.
 *
 * @throws {ApiError} `BadRequest` for any other escape, or for a `,` or `=` without one
 */
export function unescapeFieldValue(value: string): string {
  let unescaped = "";
  let isEscaped = false;
  for (const character of value) {
    if (isEscaped) {
      if (!"\\,=".includes(character)) throw invalidEscape(`\\${character}`);
      unescaped += character;
      isEscaped = false;
    } else if (character === "\\") {
      isEscaped = true;
    } else if (character === "," || character === "=") {
      // Upstream prints the character's number here, so we do too.
      const code = character.codePointAt(0);
      throw badRequest(`invalid field selector: unescaped character in value: ${code}`);
    } else {
      unescaped += character;
    }
  }
  if (isEscaped) throw invalidEscape("\\");
  return unescaped;
}

function invalidEscape(sequence: string) {
  return badRequest(`invalid field selector: invalid escape sequence: ${sequence}`);
}
