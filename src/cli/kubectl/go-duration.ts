import { KubectlError } from "./kubectl-error.ts";

/**
 * Milliseconds of `1h30m`, `1.5s`, `300ms`, `0`.
 *
 * @throws {KubectlError} With the text of Go's parser.
 * @see Go `time.ParseDuration`
 */
export function parseGoDuration(text: string): number {
  const isDuration = /^[-+]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:h|m|s|ms|us|µs|ns))+)$/.test(text);
  if (!isDuration) throw new KubectlError(`time: invalid duration ${JSON.stringify(text)}`);
  const parts = text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(h|ms|m|s|us|µs|ns)/g);
  const sizeMs = [...parts].reduce(
    (total, [, count, unit]) => total + Number(count) * (unitMs[unit as string] as number),
    0,
  );
  return text.startsWith("-") ? -sizeMs : sizeMs;
}

const unitMs: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 0.001,
  µs: 0.001,
  ns: 0.000_001,
};
