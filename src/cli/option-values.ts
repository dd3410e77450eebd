import { InvalidArgumentError } from "commander";

/** Reads an option that is a whole number of a range. */
export function wholeNumber(
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`It must be a whole number, ${range}.`);
  };
}

/** Reads how many threads: a number, or one for each node. */
export function threadCount(text: string): number | "per-node" {
  if (text === "per-node") return text;
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("It must be a whole number, 0 or more, or per-node.");
}

/** Reads the name of a cluster, which becomes part of a context's. */
export function clusterName(text: string): string {
  if (/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError("It must be lower-case letters, digits, dots and dashes.");
}
