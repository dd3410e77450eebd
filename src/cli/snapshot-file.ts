import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { decodeSnapshot, type Snapshot, SnapshotError } from "../cluster/snapshot.ts";
import { usageError } from "./cli-error.ts";

/**
 * Writes what `fetch` gives into a new file, which nobody else can read: secrets may be in it.
 *
 * @throws {CliError} Exit code 2 for a file that cannot be written or is there already: nothing is
 *   asked for then. If it fails later, there is no file.
 */
export async function createSnapshotFile(
  file: string,
  fetch: () => Promise<Uint8Array>,
): Promise<Snapshot> {
  let descriptor: number;
  try {
    descriptor = openSync(file, "wx", 0o600);
  } catch (error) {
    throw cannotSave(file, error as NodeJS.ErrnoException);
  }
  try {
    const bytes = await fetch();
    const snapshot = decodeSnapshot(bytes);
    write(file, descriptor, bytes);
    return snapshot;
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** @throws {CliError} Exit code 2, naming the file, what is wrong with it and what was expected. */
export function readSnapshotFile(file: string): { snapshot: Snapshot; bytes: Uint8Array } {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw usageError(`cannot read ${file}: ${(error as Error).message}`);
  }
  try {
    return { snapshot: decodeSnapshot(bytes), bytes };
  } catch (error) {
    if (error instanceof SnapshotError) throw usageError(`${file}: ${error.message}`);
    throw error;
  }
}

function write(file: string, descriptor: number, bytes: Uint8Array): void {
  try {
    writeFileSync(descriptor, bytes);
    fsyncSync(descriptor);
  } catch (error) {
    throw cannotSave(file, error as NodeJS.ErrnoException);
  }
}

function cannotSave(file: string, { code, message }: NodeJS.ErrnoException): Error {
  return usageError(`cannot save to ${file}: ${code === "EEXIST" ? "it exists already" : message}`);
}
