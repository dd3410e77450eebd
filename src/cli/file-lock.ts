import { mkdir, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CliError, exitCode } from "./cli-error.ts";

/**
 * Does `work` while holding `FILE.lock`, the lock kubectl and kind take before they change a
 * kubeconfig. The folder is made if need be.
 *
 * @throws {CliError} Exit code 4 if somebody else holds it for longer than `waitMs`. A lock left
 *   behind by a process that died looks the same, so the message says which file to remove.
 * @see client-go `tools/clientcmd/config.go`: lockFile
 */
export async function withFileLock<T>(
  file: string,
  work: () => Promise<T>,
  { waitMs = 5_000 } = {},
): Promise<T> {
  const lock = `${file}.lock`;
  await mkdir(dirname(file), { recursive: true });
  await take(lock, file, waitMs);
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

const retryMs = 50;

async function take(lock: string, file: string, waitMs: number): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += retryMs) {
    try {
      await (await open(lock, "wx", 0o600)).close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (waitedMs >= waitMs) {
      throw new CliError(`${file} is locked by another process: ${lock} exists`, {
        exitCode: exitCode.timedOut,
        hint: `If no kubectl, kind or podrace is running, remove ${lock} and try again.`,
      });
    }
    await sleep(retryMs);
  }
}
