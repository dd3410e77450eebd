/**
 * What a plain scalar means in Kubernetes' YAML, which is 1.1 as Go's yaml.v2 has it: `yes` is a
 * boolean, `010` is eight, `2026-11-22` and `1:30` are strings after all.
 *
 * @see sigs.k8s.io/yaml `goyaml.v2/resolve.go`
 */
export function resolveScalar(text: string): string | number | boolean | null {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (!/^[-+\d]|^\.\d/.test(text)) return text;
  // Underscores count for nothing, but a number does not begin with one, nor with `._`.
  const digits = text.startsWith(".") ? text : text.replaceAll("_", "");
  const [, sign = "", prefixed] = /^([-+]?)(0x[\da-f]+|0b[01]+|0o?[0-7]+)$/i.exec(digits) ?? [];
  if (prefixed !== undefined) {
    const value = Number(/^0[0-7]/.test(prefixed) ? `0o${prefixed.slice(1)}` : prefixed);
    return sign === "-" ? -value : value;
  }
  return /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:e[-+]?\d+)?$/i.test(digits) ? Number(digits) : text;
}

/** Whether a string may be written without quotes: readers of any version take it for one. */
export function readsAsString(text: string): boolean {
  return typeof resolveScalar(text) === "string" && !base60.test(text) && !time.test(text);
}

const words = new Map<string, boolean | number | null>([
  ["", null],
  ...["~", "null"].flatMap(capitalisations).map((word) => [word, null] as const),
  ...["y", "yes", "on", "true"].flatMap(capitalisations).map((word) => [word, true] as const),
  ...["n", "no", "off", "false"].flatMap(capitalisations).map((word) => [word, false] as const),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, Number.NaN] as const),
  ...[".inf", ".Inf", ".INF"].flatMap((word) => [
    [word, Number.POSITIVE_INFINITY] as const,
    [`+${word}`, Number.POSITIVE_INFINITY] as const,
    [`-${word}`, Number.NEGATIVE_INFINITY] as const,
  ]),
]);

function capitalisations(word: string): readonly string[] {
  return [word, word.toUpperCase(), word.charAt(0).toUpperCase() + word.slice(1)];
}

const base60 = /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/;

const time =
  /^\d{4}-(?:0?[1-9]|1[0-2])-(?:0?[1-9]|[12]\d|3[01])(?:[Tt](?:[01]?\d|2[0-3])(?::[0-5]?\d){2}(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)| (?:[01]?\d|2[0-3])(?::[0-5]?\d){2}(?:\.\d+)?)?$/;
