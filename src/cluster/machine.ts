import { readFileSync } from "node:fs";
import { availableParallelism, hostname } from "node:os";
import type { ThreadRoom } from "./thread-cap.ts";

/** Cores this process may use. */
export function coreCount(): number {
  return availableParallelism();
}

/** What is left for threads, now. */
export function threadRoom(): ThreadRoom {
  const mappingsMax = Number(contentsOf("/proc/sys/vm/max_map_count"));
  return {
    // Only Linux has such a limit.
    mappingsMax: mappingsMax > 0 ? mappingsMax : Infinity,
    mappingsInUse: contentsOf("/proc/self/maps").split("\n").length - 1,
    freeBytes: process.availableMemory(),
  };
}

/** This process, for people who look for it: `process 4242 on my-laptop`. */
export const processName = `process ${process.pid} on ${hostname()}`;

/** As Go names them: `linux/amd64`. */
export const platform = `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`;

/** E.g. `20.19.0`. */
export const nodeVersion = process.versions.node;

function contentsOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
