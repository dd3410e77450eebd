const unitUs = {
  ns: 0.001,
  us: 1,
  µs: 1,
  μs: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
} as const;

/**
 * A duration as Go and kubectl write it, `10s`, `1m30s`, `1.5h`, `0`, in whole µs; `undefined` for
 * anything else, and for one below zero.
 *
 * @see Go `time.ParseDuration`
 */
export function parseDuration(text: string): number | undefined {
  if (/^\+?0$/.test(text)) return 0;
  if (!/^\+?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  let us = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    us += Number(amount) * unitUs[unit as keyof typeof unitUs];
  }
  return Number.isSafeInteger(Math.round(us)) ? Math.round(us) : undefined;
}
