import { type ApiError, badRequest } from "./errors.ts";
import { invalidValue } from "./field-errors.ts";
import type { LabelToken } from "./label-tokens.ts";
import { labelValue, qualifiedName } from "./names.ts";

export type LabelOperator = "in" | "notin" | "=" | "==" | "!=" | "gt" | "lt" | "exists" | "!";

/** One condition on one label. `values` is sorted and free of duplicates. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

/** Words that are operators in front of a value list are plain text elsewhere. */
export class LabelTokenReader {
  readonly #tokens: readonly LabelToken[];
  #position = 0;

  constructor(tokens: readonly LabelToken[]) {
    this.#tokens = tokens;
  }

  peek(): LabelToken {
    const token = this.#tokens[this.#position] ?? { type: "end", literal: "" };
    const isWord = token.type === "in" || token.type === "notin";
    return isWord ? { type: "identifier", literal: token.literal } : token;
  }

  take(): LabelToken {
    const token = this.peek();
    this.#position++;
    return token;
  }

  takeOperator(): LabelToken {
    return this.#tokens[this.#position++] ?? { type: "end", literal: "" };
  }
}

/**
 * Parses one requirement and stops in front of the comma or the end.
 *
 * @throws {ApiError} `BadRequest`, `unable to parse requirement: …`
 */
export function parseLabelRequirement(tokens: LabelTokenReader): LabelRequirement {
  const isNegated = tokens.peek().type === "!";
  if (isNegated) tokens.take();
  const { type, literal: key } = tokens.take();
  if (type !== "identifier") throw unparsable(`found '${key}', expected: identifier`);
  const keyProblems = qualifiedName(key);
  if (keyProblems.length > 0) {
    throw unparsable(`<nil>: ${invalidValue("", key, keyProblems.join("; ")).message}`);
  }
  if (isNegated) return { key, operator: "!", values: [] };
  const next = tokens.peek().type;
  if (next === "end" || next === ",") return { key, operator: "exists", values: [] };
  const operator = parseOperator(tokens);
  const isSet = operator === "in" || operator === "notin";
  const values = isSet ? parseValues(tokens) : [parseExactValue(tokens)];
  return checked({ key, operator, values: [...new Set(values)].toSorted(compare) });
}

/** Whether `text` is a number that `>` and `<` can compare: decimal, within 64 bits. */
export function isLabelInteger(text: string): boolean {
  return /^[-+]?\d+$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}

function parseOperator(tokens: LabelTokenReader): LabelOperator {
  const { type, literal } = tokens.takeOperator();
  switch (type) {
    case "in":
    case "notin":
    case "=":
    case "==":
    case "!=":
      return type;
    case ">":
      return "gt";
    case "<":
      return "lt";
    default:
      throw unparsable(`found '${literal}', expected: in, notin, =, ==, !=, gt, lt`);
  }
}

/** `(a,b)`. Empty places count as the empty value: `(,a)`, `(a,)`, `()`. */
function parseValues(tokens: LabelTokenReader): string[] {
  const open = tokens.take();
  if (open.type !== "(") throw unparsable(`found '${open.literal}' expected: '('`);
  const first = tokens.peek();
  if (first.type === ")") {
    tokens.take();
    return [""];
  }
  if (first.type !== "identifier" && first.type !== ",") {
    throw unparsable(`found '${first.literal}', expected: ',', ')' or identifier`);
  }
  const values: string[] = [];
  for (;;) {
    const { type, literal } = tokens.take();
    const next = tokens.peek();
    if (type === "identifier") {
      values.push(literal);
      if (next.type !== "," && next.type !== ")") {
        throw unparsable(`found '${next.literal}', expected: ',' or ')'`);
      }
    } else if (type === ",") {
      if (values.length === 0 || next.type === ")" || next.type === ",") values.push("");
    } else {
      throw unparsable(`found '${literal}', expected: ',', or identifier`);
    }
    if (next.type === ")") {
      tokens.take();
      return values;
    }
  }
}

function parseExactValue(tokens: LabelTokenReader): string {
  const next = tokens.peek();
  if (next.type === "end" || next.type === ",") return "";
  const { type, literal } = tokens.take();
  if (type !== "identifier") throw unparsable(`found '${literal}', expected: identifier`);
  return literal;
}

function checked(requirement: LabelRequirement): LabelRequirement {
  const { key, operator, values } = requirement;
  const isNumeric = operator === "gt" || operator === "lt";
  const problems = [
    ...values.flatMap((value, index) =>
      isNumeric && !isLabelInteger(value)
        ? [`values[${index}]: ${invalidValue("", value, notAnInteger).message}`]
        : [],
    ),
    ...values.flatMap((value, index) => {
      const wrong = labelValue(value);
      const message = invalidValue("", value, wrong.join("; ")).message;
      return wrong.length === 0 ? [] : [`values[${index}][${key}]: ${message}`];
    }),
  ];
  if (problems.length === 0) return requirement;
  throw unparsable(problems.length === 1 ? problems.join() : `[${problems.join(", ")}]`);
}

const notAnInteger = "for 'Gt', 'Lt' operators, the value must be an integer";

function unparsable(problem: string): ApiError {
  return badRequest(`unable to parse requirement: ${problem}`);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
