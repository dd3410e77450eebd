import { type PodLife, simulatePodLife } from "../src/cluster/pod-life.ts";
import { checkStores } from "../src/cluster/store-checks.ts";
import { guardAmbientSources } from "../src/kernel/ambient-guard.ts";
import type { PodLifeJob } from "../src/cluster/sweep.ts";

guardAmbientSources();

/** One whole simulation: what Piscina runs. */
export default function simulate({ image, checksStore, ...options }: PodLifeJob): Promise<PodLife> {
  if (checksStore) checkStores();
  return simulatePodLife(image, options);
}
