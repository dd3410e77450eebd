import type { Query } from "./api-client.ts";
import { KubectlError } from "./kubectl-error.ts";

/** How far a change goes: to the store, to the server, or nowhere. */
export interface DryRun {
  readonly strategy: "none" | "client" | "server";
  readonly query: Query;
  /** What is said after the operation. */
  readonly suffix: string;
}

/** @param value Of `--dry-run`. @throws {KubectlError} With kubectl's text. */
export function parseDryRun(value: string | undefined): DryRun {
  switch (value) {
    case undefined:
    case "none":
      return { strategy: "none", query: {}, suffix: "" };
    case "client":
    case "unchanged":
      return { strategy: "client", query: {}, suffix: " (dry run)" };
    case "server":
      return { strategy: "server", query: { dryRun: "All" }, suffix: " (server dry run)" };
    default:
      throw new KubectlError(
        `Invalid dry-run value (${value}). Must be "none", "server", or "client".`,
      );
  }
}

/** What the server is to do about fields it does not know: the value of `--validate`. */
export function fieldValidation(value = "strict"): string {
  switch (value) {
    case "strict":
    case "true":
      return "Strict";
    case "warn":
      return "Warn";
    case "ignore":
    case "false":
      return "Ignore";
    default:
      throw new KubectlError(
        `invalid - validate option "${value}"; must be one of: strict (or true), warn, ignore (or false)`,
      );
  }
}
