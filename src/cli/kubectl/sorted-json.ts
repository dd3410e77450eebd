import { goJson } from "../../api/go-format.ts";

/**
 * JSON as Go writes a map: keys sorted, `<`, `>` and `&` escaped. Not by way of a sorted object,
 * since JavaScript puts keys that look like numbers first, whatever one does.
 *
 * @param indent Spaces for each level; none for one line.
 */
export function sortedJson(value: unknown, indent = 0): string {
  return render(value, indent, "\n");
}

/** In code-unit order. */
export function sortedKeys(map: object): readonly string[] {
  return Object.keys(map).toSorted((a, b) => (a < b ? -1 : 1));
}

function render(value: unknown, indent: number, newline: string): string {
  if (typeof value !== "object" || value === null) return goJson(value);
  const inner = newline + " ".repeat(indent);
  const items = Array.isArray(value)
    ? value.map((item) => render(item, indent, inner))
    : sortedKeys(value).map((key) => {
        const item = (value as Readonly<Record<string, unknown>>)[key];
        return `${goJson(key)}:${indent === 0 ? "" : " "}${render(item, indent, inner)}`;
      });
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  if (items.length === 0 || indent === 0) return `${open}${items.join(",")}${close}`;
  return `${open}${inner}${items.join(`,${inner}`)}${newline}${close}`;
}
