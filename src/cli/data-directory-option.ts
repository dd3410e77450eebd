import { rfc3339 } from "../api/time.ts";
import type { DataDirectory } from "../cluster/data-directory.ts";
import { usageError } from "./cli-error.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Opens the directory of `--data-dir`, and says what was in it.
 *
 * @throws {CliError} Exit code 2 when it cannot be used.
 */
export async function openDirectory(
  path: string,
  repairs: boolean,
  terminal: Terminal,
): Promise<DataDirectory> {
  const { DataDirectoryError, openDataDirectory } = await import("../cluster/data-directory.ts");
  try {
    const data = openDataDirectory(path, { repairs });
    tellOfData(data, terminal);
    return data;
  } catch (error) {
    if (!(error instanceof DataDirectoryError)) throw error;
    throw usageError(
      `--data-dir: ${error.message}`,
      error.isRepairable
        ? "Nothing was changed. With --data-dir-repair the log ends there; what is behind it is put aside."
        : undefined,
    );
  }
}

function tellOfData({ path, report }: DataDirectory, terminal: Terminal): void {
  const { damage, revision, savedNowUs } = report;
  if (damage !== undefined) {
    const { file, offset, bytes, why } = damage;
    terminal.warning(
      `warning: ${file} is damaged at byte ${offset} (${why}): the ${bytes} bytes from there are cut off and kept in ${path} as damaged-…`,
    );
  }
  if (savedNowUs > 0) {
    terminal.progress(` ✓ goes on from revision ${revision} of ${rfc3339(savedNowUs)} in ${path}`);
  }
}
