import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import {
  type FileStore,
  type FileStoreOptions,
  openFileStore,
} from "../../../../src/control-plane/store/file/file-store.ts";
import { answerOf, codec, type Stamped, stamp } from "../store-under-test.ts";

/** A directory that is gone after the test. */
export function dataDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "podrace-store-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export function openDirectory(
  directory: string,
  options: Partial<FileStoreOptions<Stamped>> = {},
): FileStore<Stamped> {
  return openFileStore(directory, { stamp, codec, ...options });
}

export function closeStore({ store }: FileStore<Stamped>): Promise<void> {
  return answerOf((done) => store.close(done));
}
