import { type PodLife, simulatePodLife } from "../src/cluster/pod-life.ts";
import type { PodLifeJob } from "../src/cluster/sweep.ts";

/** One whole simulation: what Piscina runs. */
export default function simulate({ image, ...options }: PodLifeJob): Promise<PodLife> {
  return simulatePodLife(image, options);
}
