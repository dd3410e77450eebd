import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import workerThreads from "node:worker_threads";

/**
 * Has each thread that this process starts meanwhile load a file of this folder first.
 *
 * @param settings What the file finds in its environment.
 */
export async function withPreloaded<T>(
  file: string,
  settings: Readonly<Record<string, string>>,
  use: () => Promise<T>,
): Promise<T> {
  const { Worker } = workerThreads;
  const preload = pathToFileURL(join(import.meta.dirname, file)).href;
  workerThreads.Worker = class extends Worker {
    constructor(url: string | URL, options: workerThreads.WorkerOptions) {
      const env = { ...process.env, ...settings };
      super(url, { ...options, execArgv: ["--import", preload], env });
    }
  };
  syncBuiltinESMExports();
  try {
    return await use();
  } finally {
    workerThreads.Worker = Worker;
    syncBuiltinESMExports();
  }
}
