/** A patch that cannot be applied. The message is upstream's, and so is the HTTP code it gets. */
export class PatchError extends Error {
  override readonly name = "PatchError";
  readonly code: 400 | 422 | 500;

  constructor(message: string, code: PatchError["code"] = 500) {
    super(message);
    this.code = code;
  }
}

export function wrongType(expected: "list" | "map", actual: unknown): PatchError {
  const wanted = expected === "list" ? "[]interface {}" : "map[string]interface {}";
  return new PatchError(`expected a ${wanted}, but received a ${goTypeOf(actual)}`);
}

export function missingMergeKey(map: unknown, mergeKey: string): PatchError {
  return new PatchError(`map: ${goPrint(map)} does not contain declared merge key: ${mergeKey}`);
}

export function unknownDirective(directive: unknown, map: unknown): PatchError {
  return new PatchError(`unknown patch type: ${goPrint(directive)} in map: ${goPrint(map)}`);
}

/** The Go type of a JSON value that was decoded without a schema. */
export function goTypeOf(value: unknown): string {
  if (value === null || value === undefined) return "%!s(<nil>)";
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "object") return "map[string]interface {}";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  return typeof value === "boolean" ? "bool" : "string";
}

/** A JSON value as Go's `%v` prints it: `map[image:9 ports:[80 81]]`. */
export function goPrint(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (typeof value === "string") return value;
  if (typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(goPrint).join(" ")}]`;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `map[${entries.map(([key, item]) => `${key}:${goPrint(item)}`).join(" ")}]`;
}
