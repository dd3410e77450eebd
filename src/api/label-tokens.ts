const operators = ["=", "==", "!=", "!", ">", "<", "(", ")", ","] as const;

export type LabelTokenType =
  | (typeof operators)[number]
  | "in"
  | "notin"
  | "identifier"
  | "error"
  | "end";

export interface LabelToken {
  readonly type: LabelTokenType;
  readonly literal: string;
}

/**
 * The words and signs of a label selector, always ended by an `end` token.
 *
 * Signs are taken as long as they make an operator, so `a===b` is `a`, `==`, `=`, `b`.
 *
 * @see kubernetes `apimachinery/pkg/labels/selector.go`: `Lexer`
 */
export function labelTokens(text: string): LabelToken[] {
  const tokens: LabelToken[] = [];
  // A NUL ends the text for upstream, whose lexer uses it as its end mark.
  const source = text.split("\0")[0] ?? "";
  const token = /[ \t\r\n]+|([=!(),><]+)|([^ \t\r\n=!(),><]+)/g;
  for (const [, signs, word] of source.matchAll(token)) {
    if (word !== undefined) {
      const isKeyword = word === "in" || word === "notin";
      tokens.push({ type: isKeyword ? word : "identifier", literal: word });
    } else if (signs !== undefined) {
      tokens.push(...splitSigns(signs));
    }
  }
  tokens.push({ type: "end", literal: "" });
  return tokens;
}

function splitSigns(signs: string): LabelToken[] {
  const tokens: LabelToken[] = [];
  for (let start = 0; start < signs.length;) {
    const two = signs.slice(start, start + 2);
    const literal = two === "==" || two === "!=" ? two : signs.charAt(start);
    tokens.push({ type: operators.find((operator) => operator === literal) ?? "error", literal });
    start += literal.length;
  }
  return tokens;
}
