/** The fastest speed that has a number. */
const speedMax = 1_000_000;

/** What a speed may be, in words: `must be …`. */
export const speedExpectation = `a number from 0 to ${speedMax}, or max`;

/**
 * Cluster seconds a real second: 0 for paused, `Infinity` for `max`; `undefined` for what is no speed.
 */
export function parseSpeed(text: string): number | undefined {
  if (text === "max") return Infinity;
  const speed = Number(text);
  return text.trim() !== "" && speed >= 0 && speed <= speedMax ? speed : undefined;
}
