/** A string as Go's `%q` prints it, which is what Kubernetes puts into its messages. */
export function goQuote(text: string): string {
  let quoted = '"';
  for (const character of text) quoted += shortEscapes[character] ?? printableOrEscaped(character);
  return `${quoted}"`;
}

/** A value as Go's `json.Marshal` prints it: compact, with `<`, `>`, `&` and line separators escaped. */
export function goJson(value: unknown): string {
  return JSON.stringify(value ?? null).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${hex(character, 4)}`,
  );
}

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

/** Go calls letters, marks, numbers, punctuation, symbols and the ASCII space printable. */
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

function printableOrEscaped(character: string): string {
  if (printable.test(character)) return character;
  const codePoint = character.codePointAt(0) ?? 0;
  if (codePoint < 0x80) return `\\x${hex(character, 2)}`;
  return codePoint > 0xffff ? `\\U${hex(character, 8)}` : `\\u${hex(character, 4)}`;
}

function hex(character: string, digits: number): string {
  return (character.codePointAt(0) ?? 0).toString(16).padStart(digits, "0");
}
