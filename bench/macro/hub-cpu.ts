import { readFileSync } from "node:fs";

/** What the hub's thread has used of a core so far; 0 where the system does not say. */
export function hubCpuSeconds(): number {
  try {
    const [nanoseconds = "0"] = readFileSync(
      `/proc/self/task/${process.pid}/schedstat`,
      "utf8",
    ).split(" ");
    return Number(nanoseconds) / 1_000_000_000;
  } catch {
    return 0;
  }
}

/** To two digits after the point: more of a time is noise. */
export function round(value: number): number {
  return Number(value.toFixed(2));
}
