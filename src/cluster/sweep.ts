import { Piscina } from "piscina";
import { coreCount } from "./machine.ts";
import type { PodLife } from "./pod-life.ts";
import { RunError } from "./run-error.ts";
import { storesAreChecked } from "./store-checks.ts";

/** One simulation of a sweep: plain, it is cloned. */
export interface PodLifeJob {
  readonly seed: number;
  readonly image: string;
  readonly nodes: number;
  readonly checksStore: boolean;
}

/**
 * The same pod's life under many seeds, one whole simulation a task, as many at once as there are
 * cores. Results come in the order of the seeds, whichever was done first.
 *
 * @throws {RunError} Naming the first of the seeds whose simulation broke, or did not end in time.
 */
export async function sweepPodLives(options: {
  readonly seeds: readonly number[];
  /** Default `nginx`. */
  readonly image?: string;
  /** Nodes of each cluster. Default 3. */
  readonly nodes?: number;
  /** Threads. Default: one a core. */
  readonly threads?: number;
  /** How long one simulation may take, ms. Default 60,000. */
  readonly deadlineMs?: number;
}): Promise<readonly PodLife[]> {
  const { seeds, image = "nginx", nodes = 3, threads = coreCount(), deadlineMs = 60_000 } = options;
  const pool = new Piscina<PodLifeJob, PodLife>({
    filename: import.meta.resolve("#workers/simulation-task"),
    minThreads: Math.min(threads, seeds.length),
    maxThreads: threads,
  });
  const checksStore = storesAreChecked();
  const lives: PodLife[] = [];
  const breakdowns: RunError[] = [];
  let taken = 0;
  // One task a thread at a time, or a deadline would begin before its task does.
  const work = async (): Promise<void> => {
    while (taken < seeds.length && breakdowns.length === 0) {
      const index = taken++;
      const seed = seeds[index] as number;
      try {
        const signal = AbortSignal.timeout(deadlineMs);
        lives[index] = await pool.run({ seed, image, nodes, checksStore }, { signal });
      } catch (error) {
        breakdowns[index] = explained(error, seed, deadlineMs);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(threads, seeds.length) }, work));
  } finally {
    await pool.destroy();
  }
  // Seeds are taken in order, so all before the first that broke have been run.
  const first = breakdowns.find((breakdown) => breakdown !== undefined);
  if (first !== undefined) throw first;
  return lives;
}

function explained(error: unknown, seed: number, deadlineMs: number): RunError {
  const isLate = error instanceof Error && error.name === "AbortError";
  const cause = isLate ? new Error(`a simulation did not end within ${deadlineMs} ms`) : error;
  return new RunError(cause, { seed });
}
