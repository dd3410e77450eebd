import { type Disk, isRunning, thisProcess } from "./disk.ts";
import { DirectoryLockedError } from "./file-errors.ts";

export interface DirectoryLock {
  release(): void;
}

const lockName = "LOCK";

/**
 * Keeps other processes out of a directory, until it is released or this process ends, however it
 * does: the lock of a process that is gone is taken over.
 *
 * @throws {DirectoryLockedError}
 */
export function lockDirectory(disk: Disk): DirectoryLock {
  const name = `${thisProcess()}\n`;
  while (!disk.claim(lockName, name)) {
    const holder = disk.text(lockName);
    if (holder === undefined) continue;
    if (isRunning(holder.trim())) {
      throw new DirectoryLockedError(disk.directory, holder.split(" ")[0] as string);
    }
    disk.takeAway(lockName, holder);
  }
  return {
    release: () => {
      if (disk.text(lockName) === name) disk.remove(lockName);
    },
  };
}
