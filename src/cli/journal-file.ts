import { appendFileSync, closeSync, openSync, readFileSync, rmSync } from "node:fs";
import {
  type Journal,
  JournalError,
  type JournalWriter,
  parseJournal,
} from "../cluster/journal.ts";
import { CliError, usageError } from "./cli-error.ts";

/** A journal on its way into a file. */
export interface JournalFile extends JournalWriter {
  close(): void;
  /** For a session that never began: the file goes again. */
  discard(): void;
}

/**
 * A journal that is appended to line by line, each written before the next input is handled, so
 * that a crash loses nothing that was handled.
 *
 * @throws {CliError} Exit code 2 for a file that cannot be written, or is there already; later, from
 *   `write`, 1 when there is no more room for it.
 */
export function createJournalFile(file: string): JournalFile {
  let descriptor: number;
  try {
    descriptor = openSync(file, "wx", 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "EEXIST" ? "it exists already" : (error as Error).message;
    throw usageError(`cannot record to ${file}: ${why}`);
  }
  return {
    write: (entry) => {
      try {
        appendFileSync(descriptor, `${JSON.stringify(entry)}\n`);
      } catch (error) {
        throw new CliError(`cannot record to ${file}: ${(error as Error).message}`, {
          cause: error,
        });
      }
    },
    close: () => closeSync(descriptor),
    discard: () => {
      closeSync(descriptor);
      rmSync(file, { force: true });
    },
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
