import type { Layout } from "../../src/cluster/cluster.ts";
import type { ClusterOptions } from "../../src/cluster/cluster-options.ts";
import type { ExploreOptions } from "../../src/cluster/fault-options.ts";
import type { DecisionMap } from "../../src/kernel/decisions.ts";
import { aPod, DrivenCluster, type Outcome, second } from "./driven-cluster.ts";

/** Faults of every kind, so many that each run of a minute has some of most. */
export const everything: ExploreOptions = {
  untilUs: 150 * second,
  loss: { perMillion: 20_000 },
  delay: { perMillion: 100_000, maxUs: 3 * second },
  duplicate: { perMillion: 50_000, maxUs: 2 * second },
  tie: { perMillion: 50_000 },
  partition: { perMillion: 60_000, maxUs: 20 * second },
  hold: { perMillion: 40_000, maxUs: 20 * second },
  crash: { perMillion: 60_000, maxUs: 15 * second },
  pause: { perMillion: 60_000, maxUs: 10 * second },
  slow: { perMillion: 60_000, maxUs: 10 * second },
  clock: { perMillion: 60_000, maxUs: 20 * second },
};

/** The same, and what can befall a simulated etcd. */
export const everythingOfEtcd: ExploreOptions = {
  ...everything,
  fsync: { perMillion: 20_000, maxUs: 10 * second },
  leader: { perMillion: 80_000, maxUs: 15 * second },
  unsynced: { perMillion: 700_000 },
  compaction: { perMillion: 200_000 },
};

const shell = (script: string) => ({ name: "c", image: "busybox", command: ["sh", "-c", script] });

/** What should become of the pods of the story in the end. */
export const wanted = {
  "pod-0": "Running",
  "pod-1": "Running",
  "pod-2": "Succeeded",
  "pod-3": "Failed",
  "pod-4": "gone",
  "pod-5": "Running",
  "pod-6": "Running",
  "pod-7": "gone",
};

/** Only pods that run have a sandbox. */
export const wantedSandboxes = Object.fromEntries(
  Object.entries(wanted).map(([name, phase]) => [name, phase === "Running" ? 1 : 0]),
);

export interface StoryUnderFaults {
  readonly outcome: Outcome;
  readonly decisions: DecisionMap;
  /** What became of the pods: a phase, or `gone`. */
  readonly pods: Readonly<Record<string, string>>;
  /** How many sandboxes of each pod there are on the nodes, whatever the API server says. */
  readonly sandboxes: Readonly<Record<string, number>>;
}

/**
 * A few pods of all sorts come and go in the first minutes, whatever goes wrong; then there is time to
 * recover.
 */
export async function storyUnderFaults(
  options: ClusterOptions,
  layout?: Layout,
): Promise<StoryUnderFaults> {
  await using driven = await DrivenCluster.started({ nodes: 5, ...options }, layout);
  const specs = [
    {},
    { image: "alpine" },
    { containers: [shell("sleep 20")], restartPolicy: "Never" as const },
    { containers: [shell("sleep 30; exit 4")], restartPolicy: "Never" as const },
    {},
    { containers: [shell("sleep 3600")] },
    { containers: [{ name: "a", image: "nginx" }, shell("sleep 3600")] },
    { containers: [shell("sleep 3600")], terminationGracePeriodSeconds: 5 },
  ];
  for (const [index, spec] of specs.entries()) {
    driven.create(aPod(`pod-${index}`, spec), (30 + index * 7) * second);
    // While controllers are down, a namespace may lack what pods need: asked again, then.
    if (index !== 4 && index !== 7) driven.create(aPod(`pod-${index}`, spec), 200 * second);
  }
  // While the API server is down nobody hears, nor while etcd has no leader: asked again, then.
  for (const laterUs of [0, 100 * second]) {
    driven.remove("pod-4", 0, 100 * second + laterUs);
    driven.remove("pod-7", undefined, 110 * second + laterUs);
  }
  await driven.run(500 * second);
  const names = Object.keys(wanted);
  return {
    outcome: await driven.outcome(),
    decisions: await driven.cluster.decisions(),
    pods: Object.fromEntries(names.map((name) => [name, driven.phase(name) ?? "gone"])),
    sandboxes: Object.fromEntries(names.map((name) => [name, sandboxesOf(driven, name)])),
  };
}

function sandboxesOf(driven: DrivenCluster, name: string): number {
  const calls = driven.facts(name).map(({ data }) => data["call"]);
  const count = (wantedCall: string): number => calls.filter((call) => call === wantedCall).length;
  return count("RunPodSandbox") - count("StopPodSandbox");
}
