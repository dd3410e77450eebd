import { KubectlError } from "../kubectl-error.ts";
import { sortedJson, sortedKeys } from "../sorted-json.ts";
import {
  type Filter,
  type Literal,
  parseJsonPath,
  type Part,
  type Slice,
  type Step,
} from "./parse-jsonpath.ts";

/**
 * The text that a template makes of plain data. A field that is missing makes nothing. Where kubectl
 * walks a map in an order of its own every time, `.*` and `..` here go by key.
 *
 * @throws {KubectlError} With kubectl's texts, for templates that cannot be read or do not fit.
 * @see client-go `util/jsonpath/jsonpath.go`
 */
export function evaluateJsonPath(template: string, data: unknown): string {
  const parts = parseJsonPath(template);
  try {
    return render(parts, data);
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    throw new KubectlError(
      `error executing jsonpath ${JSON.stringify(template)}: Error executing template: ${error.message}`,
    );
  }
}

class EvaluationError extends Error {}

function render(parts: readonly Part[], current: unknown): string {
  return parts.map((part) => renderPart(part, current)).join("");
}

function renderPart(part: Part, current: unknown): string {
  switch (part.type) {
    case "text":
      return part.text;
    case "path":
      return evaluate(part.steps, [current]).map(printed).join(" ");
    case "range":
      return evaluate(part.over, [current])
        .map((item) => render(part.body, item))
        .join("");
  }
}

function evaluate(steps: readonly Step[], values: readonly unknown[]): readonly unknown[] {
  return steps.reduce<readonly unknown[]>((current, step) => apply(step, current), values);
}

function apply(step: Step, values: readonly unknown[]): readonly unknown[] {
  switch (step.type) {
    case "field":
      return values.flatMap((value) => fieldOf(value, step.name));
    case "wildcard":
      return values.flatMap(childrenOf);
    case "recursive":
      return values.flatMap(withDescendants);
    case "slice":
      return values.flatMap((value) => sliceOf(value, step));
    case "filter":
      return values.flatMap((value) => filtered(value, step));
    case "union":
      return step.branches.flatMap((branch) => evaluate(branch, values));
    case "literal":
      return typeof step.value === "string" ? [step.value] : values.map(() => step.value);
    case "identifier":
      if (step.name === "end") throw new EvaluationError("not in range, nothing to end");
      throw new EvaluationError(`unrecognized identifier ${step.name}`);
  }
}

function fieldOf(value: unknown, name: string): readonly unknown[] {
  return isMap(value) && Object.hasOwn(value, name) ? [value[name]] : [];
}

function childrenOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isMap(value) ? sortedKeys(value).map((key) => value[key]) : [];
}

/** Containers only: what a following field name can be looked up in. */
function withDescendants(value: unknown): readonly unknown[] {
  const children = childrenOf(value);
  return children.length === 0 ? [] : [value, ...children.flatMap(withDescendants)];
}

function sliceOf(value: unknown, slice: Slice): readonly unknown[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw new EvaluationError(`${goType(value)} is not array or slice`);
  const { length } = value;
  const fromEnd = (index: number): number => (index < 0 ? index + length : index);
  const start = fromEnd(slice.start ?? 0);
  const end = slice.isIndex ? start + 1 : fromEnd(slice.end ?? length);
  if (end !== start) {
    if (start >= length || start < 0) throw outOfBounds(start, length);
    if (end > length || end < 0) throw outOfBounds(end - 1, length);
    if (start > end) {
      throw new EvaluationError(`starting index ${start} is greater than ending index ${end}`);
    }
  }
  const step = slice.step ?? 1;
  if (step <= 0) throw new EvaluationError("step must be > 0");
  return value.slice(start, end).filter((_item, index) => index % step === 0);
}

function outOfBounds(index: number, length: number): EvaluationError {
  return new EvaluationError(`array index out of bounds: index ${index}, length ${length}`);
}

function filtered(value: unknown, filter: Filter): readonly unknown[] {
  if (!Array.isArray(value)) {
    throw new EvaluationError(`${goText(value)} is not array or slice and cannot be filtered`);
  }
  return value.filter((item) => passes(item, filter));
}

function passes(item: unknown, { left, operator, right }: Filter): boolean {
  const lefts = evaluate(left, [item]);
  if (operator === undefined) return lefts.length > 0;
  if (lefts.length === 0) return false;
  const rights = evaluate(right, [item]);
  if (lefts.length > 1 || rights.length !== 1) {
    throw new EvaluationError("can only compare one element at a time");
  }
  return compared(operator, comparable(lefts[0]), comparable(rights[0]));
}

function compared(operator: string, left: Comparable, right: Comparable): boolean {
  if (left.type !== right.type) throw new EvaluationError("incompatible types for comparison");
  const isEqual = left.value === right.value;
  const isLess = left.value < right.value;
  switch (operator) {
    case "==":
      return isEqual;
    case "!=":
      return !isEqual;
    case "<":
      return isLess;
    case "<=":
      return isLess || isEqual;
    case ">":
      return !isLess && !isEqual;
    case ">=":
      return !isLess;
    default:
      throw new EvaluationError(`unrecognized filter operator ${operator}`);
  }
}

interface Comparable {
  readonly type: string;
  readonly value: string | number | boolean;
}

function comparable(value: unknown): Comparable {
  if (isLiteralNumber(value)) {
    return { type: value.isFloat ? "float" : "int", value: value.number };
  }
  if (typeof value === "number") {
    return { type: Number.isInteger(value) ? "int" : "float", value };
  }
  if (typeof value === "string" || typeof value === "boolean") return { type: typeof value, value };
  throw new EvaluationError("invalid type for comparison");
}

function isLiteralNumber(value: unknown): value is Exclude<Literal, string | boolean> {
  return isMap(value) && typeof value["isFloat"] === "boolean" && "number" in value;
}

function printed(value: unknown): string {
  if (typeof value === "string") return value;
  if (isLiteralNumber(value)) return String(value.number);
  return sortedJson(value);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function goType(value: unknown): string {
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  if (typeof value === "boolean") return "bool";
  return typeof value === "string" ? "string" : "map[string]interface {}";
}

/** As Go's `%v` prints it. */
function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (!isMap(value)) return String(value);
  return `map[${sortedKeys(value)
    .map((key) => `${key}:${goText(value[key])}`)
    .join(" ")}]`;
}
