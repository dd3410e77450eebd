import { readFileSync } from "node:fs";

/** The recorded answers in `vectors/<name>.jsonl`, one JSON value a line. */
export function vectors<Vector>(name: string): Vector[] {
  const text = readFileSync(new URL(`vectors/${name}.jsonl`, import.meta.url), "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Vector);
}
