import { humanDuration, parseRfc3339 } from "../../../api/time.ts";
import { TabWriter } from "../tab-writer.ts";
import { escapeTerminal } from "../table-printer.ts";
import { sortedKeys } from "../sorted-json.ts";

/** Lines of a description; tabs in them become columns. @see kubectl `describe/describe.go`: tabbedString */
export function aligned(lines: readonly string[]): string {
  return new TabWriter().align(escapeTerminal(`${lines.join("\n")}\n`));
}

/** `Title:<tab>value`, left out where there is no value. */
export function optional(title: string, value: string | number | undefined): readonly string[] {
  return value === undefined || value === "" ? [] : [`${title}:\t${value}`];
}

/** One value a line under one title, `<none>` where there is none. */
export function column(title: string, values: readonly string[]): readonly string[] {
  const [first = "<none>", ...more] = values;
  return [`${title}:\t${first}`, ...more.map((value) => `\t${value}`)];
}

export type StringMap = Readonly<Record<string, string>>;

export function labelLines(title: string, labels: StringMap = {}): readonly string[] {
  return column(
    title,
    sortedKeys(labels).map((key) => `${key}=${labels[key]}`),
  );
}

/** Long values go below their key and are cut. kubectl's own annotation is nobody's business. */
export function annotationLines(annotations: StringMap = {}): readonly string[] {
  const keys = sortedKeys(annotations).filter((key) => key !== lastApplied);
  return column(
    "Annotations",
    keys.flatMap((key) => {
      const value = (annotations[key] as string).replace(/\n$/, "");
      if (value.length + key.length + 2 <= widthMax && !value.includes("\n")) {
        return [`${key}: ${value}`];
      }
      return [`${key}:`, ...value.split("\n").map((line) => `  ${shortened(line)}`)];
    }),
  );
}

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
const widthMax = 140;

function shortened(line: string): string {
  return line.length > widthMax - 2 ? `${line.slice(0, widthMax - 2)}...` : line;
}

/** `Sun, 22 Nov 2026 14:34:37 +0000`, in the time zone of whoever reads it. */
export function instant(time: string | null | undefined): string {
  if (!time) return "Mon, 01 Jan 0001 00:00:00 +0000";
  const at = new Date(time);
  const offsetMinutes = -at.getTimezoneOffset();
  const size = Math.abs(offsetMinutes);
  const zone = [Math.floor(size / 60), size % 60].map((part) => String(part).padStart(2, "0"));
  const local = new Date(at.getTime() + offsetMinutes * 60_000);
  return local.toUTCString().replace("GMT", `${offsetMinutes < 0 ? "-" : "+"}${zone.join("")}`);
}

/** How long ago, `<unknown>` for never. */
export function since(time: string | null | undefined, nowUs: number): string {
  const atUs = time ? parseRfc3339(time) : undefined;
  return atUs === undefined ? "<unknown>" : humanDuration(nowUs - atUs);
}
