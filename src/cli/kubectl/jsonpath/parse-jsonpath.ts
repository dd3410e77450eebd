import { KubectlError } from "../kubectl-error.ts";

/** A template: text and actions in braces, with the bodies of ranges inside them. */
export type Part =
  | { readonly type: "path"; readonly steps: readonly Step[] }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "range"; readonly over: readonly Step[]; readonly body: readonly Part[] };

/** What turns a list of values into another. */
export type Step =
  | { readonly type: "field"; readonly name: string }
  | { readonly type: "wildcard" }
  | { readonly type: "recursive" }
  | { readonly type: "literal"; readonly value: Literal }
  | { readonly type: "identifier"; readonly name: string }
  | { readonly type: "union"; readonly branches: readonly (readonly Step[])[] }
  | Slice
  | Filter;

/** Like Go's and unlike ECMAScript's: numbers with and without a fraction are different types. */
export type Literal = string | boolean | { readonly number: number; readonly isFloat: boolean };

export interface Slice {
  readonly type: "slice";
  readonly start: number | undefined;
  readonly end: number | undefined;
  readonly step: number | undefined;
  /** `[3]` rather than `[3:4]`. */
  readonly isIndex: boolean;
}

export interface Filter {
  readonly type: "filter";
  readonly left: readonly Step[];
  /** Without an operator the filter asks whether `left` finds anything. */
  readonly operator: string | undefined;
  readonly right: readonly Step[];
}

/**
 * Reads a template in kubectl's own dialect of JSONPath.
 *
 * @throws {KubectlError} With kubectl's texts.
 * @see client-go `util/jsonpath/parser.go`
 */
export function parseJsonPath(template: string): readonly Part[] {
  try {
    const parts = [...splitTemplate(template)];
    return nestRanges(parts);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new KubectlError(`error parsing jsonpath ${template}, ${error.message}`);
  }
}

function* splitTemplate(template: string): Generator<string | readonly Step[]> {
  let rest = template;
  while (rest !== "") {
    const brace = rest.indexOf("{");
    const text = brace === -1 ? rest : rest.slice(0, brace);
    if (text !== "") yield text;
    if (brace === -1) return;
    const action = new ActionParser(rest.slice(brace + 1));
    yield action.steps();
    rest = action.rest;
  }
}

/** A range whose `{end}` is missing ends with the template. */
function nestRanges(parts: readonly (string | readonly Step[])[]): readonly Part[] {
  const root: Part[] = [];
  const bodies: Part[][] = [root];
  for (const part of parts) {
    const body = bodies.at(-1) as Part[];
    if (typeof part === "string") {
      body.push({ type: "text", text: part });
      continue;
    }
    const [first, ...over] = part;
    if (first?.type === "identifier" && first.name === "range") {
      const inner: Part[] = [];
      body.push({ type: "range", over, body: inner });
      bodies.push(inner);
    } else if (first?.type === "identifier" && first.name === "end" && bodies.length > 1) {
      bodies.pop();
    } else {
      body.push({ type: "path", steps: part });
    }
  }
  return root;
}

/** Everything between `{` and the `}` that belongs to it. */
class ActionParser {
  rest: string;

  constructor(text: string) {
    this.rest = text;
  }

  steps(): readonly Step[] {
    const steps: Step[] = [];
    while (!this.rest.startsWith("}")) {
      if (/^(?:$|[\r\n])/.test(this.rest)) throw new SyntaxError("unclosed action");
      if (this.#take(/^[ @$]/) === undefined) steps.push(...this.#step());
    }
    this.rest = this.rest.slice(1);
    return steps;
  }

  #step(): readonly Step[] {
    const character = String.fromCodePoint(this.rest.codePointAt(0) as number);
    if (this.rest.startsWith("[?(")) return [this.#filter()];
    if (this.#take(/^\.\./)) {
      return [{ type: "recursive" }, ...(/^[\p{L}\p{N}_]/u.test(this.rest) ? [this.#field()] : [])];
    }
    if (character === "[") return this.#subscript();
    if (character === '"' || character === "'") return [this.#quoted(character)];
    if (this.#take(/^\./)) return [this.#field()];
    const digits = this.#take(/^[-+\d][\d.]*/);
    if (digits !== undefined) return [numberLiteral(digits)];
    if (!/[\p{L}\p{N}_]/u.test(character)) {
      const code = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0");
      throw new SyntaxError(`unrecognized character in action: U+${code} '${character}'`);
    }
    const word = this.#take(/^[^ \t\r\n.,[\]$@{}]+/) ?? "";
    if (word === "true" || word === "false") return [{ type: "literal", value: word === "true" }];
    return [{ type: "identifier", name: word }];
  }

  /** Up to the next terminator that no backslash stands before. */
  #field(): Step {
    const name = this.#take(/^(?:\\.|[^ \t\r\n.,[\]$@{}\\])*/s) ?? "";
    return name === "*" ? { type: "wildcard" } : { type: "field", name: name.replaceAll("\\", "") };
  }

  #quoted(quote: string): Step {
    const pattern = quote === "'" ? /^'(?:\\.|[^'\\\n])*'/ : /^"(?:\\.|[^"\\\n])*"/;
    const text = this.#take(pattern);
    if (text === undefined) throw new SyntaxError("unterminated quoted string");
    return { type: "literal", value: unquoted(text) };
  }

  #subscript(): readonly Step[] {
    const text = this.#take(/^\[[^\]\n]*\]/);
    if (text === undefined) throw new SyntaxError("unterminated array");
    const branches = text.slice(1, -1).split(",");
    if (branches.length === 1) return subscript(branches[0] as string);
    return [{ type: "union", branches: branches.map((each) => subscript(each.trim())) }];
  }

  #filter(): Step {
    const text = this.#take(/^\[\?\((?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^)"'\n])*\)\]/);
    if (text === undefined) throw new SyntaxError("unterminated filter");
    const condition = text.slice(3, -2);
    const [, left, operator, right] = /^([^!<>=]+)([!<>=]+)(.+?)$/.exec(condition) ?? [];
    return {
      type: "filter",
      left: new ActionParser(`${left ?? condition}}`).steps(),
      operator,
      right: right === undefined ? [] : new ActionParser(`${right}}`).steps(),
    };
  }

  #take(pattern: RegExp): string | undefined {
    const match = pattern.exec(this.rest)?.[0];
    if (match === undefined) return undefined;
    this.rest = this.rest.slice(match.length);
    return match;
  }
}

/** What stands in brackets, or between the commas of a union. */
function subscript(text: string): readonly Step[] {
  const key = /^'([^']*)'$/.exec(text)?.[1];
  if (key !== undefined) return new ActionParser(`.${key}}`).steps();
  const slice = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/.exec(text === "*" ? ":" : text);
  if (slice === null) throw new SyntaxError(`invalid array index ${text}`);
  const [start, end, step] = slice.slice(1).map((part) => {
    const digits = part?.replace(":", "");
    return digits === undefined || digits === "" ? undefined : Number(digits);
  });
  return [{ type: "slice", start, end, step, isIndex: slice[2] === undefined }];
}

function numberLiteral(digits: string): Step {
  const number = Number(digits);
  if (Number.isNaN(number)) throw new SyntaxError(`cannot parse number ${digits}`);
  return { type: "literal", value: { number, isFloat: digits.includes(".") } };
}

const escapes: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

function unquoted(text: string): string {
  return text
    .slice(1, -1)
    .replace(/\\(?:u([\da-fA-F]{4})|x([\da-fA-F]{2})|(.))/g, (_whole, unicode, hex, other) =>
      other === undefined
        ? String.fromCodePoint(Number.parseInt((unicode ?? hex) as string, 16))
        : (escapes[other as string] ?? (other as string)),
    );
}
