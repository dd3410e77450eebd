import { Piscina } from "piscina";
import { coreCount } from "./machine.ts";
import type { PodLife } from "./pod-life.ts";

/** One simulation of a sweep: plain, it is cloned. */
export interface PodLifeJob {
  readonly seed: number;
  readonly image: string;
  readonly nodes: number;
}

/**
 * The same pod's life under many seeds, one whole simulation a task, as many at once as there are
 * cores. Results come in the order of the seeds, whichever was done first.
 */
export async function sweepPodLives(options: {
  readonly seeds: readonly number[];
  /** Default `nginx`. */
  readonly image?: string;
  /** Nodes of each cluster. Default 3. */
  readonly nodes?: number;
  /** Threads. Default: one a core. */
  readonly threads?: number;
}): Promise<readonly PodLife[]> {
  const { seeds, image = "nginx", nodes = 3, threads = coreCount() } = options;
  const pool = new Piscina<PodLifeJob, PodLife>({
    filename: import.meta.resolve("#workers/simulation-task"),
    minThreads: Math.min(threads, seeds.length),
    maxThreads: threads,
  });
  try {
    return await Promise.all(seeds.map((seed) => pool.run({ seed, image, nodes })));
  } finally {
    await pool.destroy();
  }
}
