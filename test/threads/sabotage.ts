import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import workerThreads from "node:worker_threads";

/** What a kubelet does instead of its duty. */
export interface Sabotage {
  readonly node: string;
  readonly when: "start" | "podSeen";
  readonly deed: "loop" | "exit" | "throw" | "crash" | "memory";
}

const preload = pathToFileURL(join(import.meta.dirname, "sabotage.mjs")).href;

/** The environment of a process whose kubelets do these things. */
export function sabotageEnv(plans: readonly Sabotage[]): Record<string, string> {
  return { NODE_OPTIONS: `--import ${preload}`, PODRACE_SABOTAGE: JSON.stringify(plans) };
}

/** Has the kubelet threads that this process starts meanwhile do these things. */
export async function withSabotage<T>(
  plans: readonly Sabotage[],
  use: () => Promise<T>,
): Promise<T> {
  const { Worker } = workerThreads;
  process.env["PODRACE_SABOTAGE"] = JSON.stringify(plans);
  workerThreads.Worker = class extends Worker {
    constructor(url: string | URL, options: workerThreads.WorkerOptions) {
      const resourceLimits = { maxOldGenerationSizeMb: 48 };
      super(url, { ...options, execArgv: ["--import", preload], resourceLimits });
    }
  };
  syncBuiltinESMExports();
  try {
    return await use();
  } finally {
    delete process.env["PODRACE_SABOTAGE"];
    workerThreads.Worker = Worker;
    syncBuiltinESMExports();
  }
}
