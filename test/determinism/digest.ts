import { createHash } from "node:crypto";
import type { Outcome } from "../cluster/driven-cluster.ts";

/** All that a run came to, in a line that another process can print. */
export function digest(outcome: Outcome): string {
  const everything = createHash("sha256").update(JSON.stringify(outcome)).digest("hex");
  return `${outcome.traceHash} ${everything.slice(0, 16)}`;
}
