import { type PodLife, simulatePodLife } from "../src/cluster/pod-life.ts";
import { guardAmbientSources } from "../src/kernel/ambient-guard.ts";
import type { PodLifeJob } from "../src/cluster/sweep.ts";

guardAmbientSources();

/** One whole simulation: what Piscina runs. */
export default function simulate({ image, ...options }: PodLifeJob): Promise<PodLife> {
  return simulatePodLife(image, options);
}
