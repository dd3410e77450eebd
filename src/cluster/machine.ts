import { availableParallelism } from "node:os";

/** Cores this process may use. */
export function coreCount(): number {
  return availableParallelism();
}

/** As Go names them: `linux/amd64`. */
export const platform = `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`;

/** E.g. `20.19.0`. */
export const nodeVersion = process.versions.node;
