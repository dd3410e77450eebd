import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import {
  type Journal,
  JournalError,
  type JournalWriter,
  parseJournal,
} from "../cluster/journal.ts";
import { usageError } from "./cli-error.ts";

/**
 * A journal that is appended to line by line, each written before the next input is handled, so
 * that a crash loses nothing that was handled.
 *
 * @throws {CliError} Exit code 2 for a file that cannot be written, or is there already.
 */
export function createJournalFile(file: string): JournalWriter & { close(): void } {
  let descriptor: number;
  try {
    descriptor = openSync(file, "wx", 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "EEXIST" ? "it exists already" : (error as Error).message;
    throw usageError(`cannot record to ${file}: ${why}`);
  }
  return {
    write: (entry) => void writeSync(descriptor, `${JSON.stringify(entry)}\n`),
    close: () => closeSync(descriptor),
  };
}

/** @throws {CliError} Exit code 2, naming file and line. */
export function readJournalFile(file: string): Journal {
  try {
    return parseJournal(readFileSync(file, "utf8"));
  } catch (error) {
    if (error instanceof JournalError) throw usageError(`${file}: ${error.message}`);
    throw usageError(`cannot read ${file}: ${(error as Error).message}`);
  }
}
