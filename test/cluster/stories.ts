import type { Layout } from "../../src/cluster/cluster.ts";
import type { ClusterOptions } from "../../src/cluster/cluster-options.ts";
import type { Fact } from "../../src/kernel/trace.ts";
import { aPod, DrivenCluster, type Outcome, second } from "./driven-cluster.ts";

/** The first story: a pod is asked for, runs, is deleted, and is gone. */
export async function seedStory(
  options: ClusterOptions,
  layout?: Layout,
): Promise<Outcome & { readonly facts: readonly Fact[]; readonly refusals: readonly string[] }> {
  await using driven = await DrivenCluster.start(options, layout);
  driven.create(aPod("my-nginx"));
  await driven.until(() => driven.phase("my-nginx") === "Running");
  driven.remove("my-nginx");
  await driven.until(() => driven.pod("my-nginx") === undefined);
  await driven.run(15 * second);
  return {
    ...(await driven.outcome()),
    facts: driven.facts("my-nginx"),
    refusals: driven.refusals,
  };
}

/** Sixty pods of all sorts on forty nodes of three runtimes, coming, crashing, changing and going. */
export async function crowdedStory(options: ClusterOptions, layout?: Layout): Promise<Outcome> {
  const pools = [
    { name: "docker", nodes: 10, runtime: "docker" },
    { name: "crio", nodes: 10, runtime: "cri-o" },
  ] as const;
  const whole = { nodes: 20, pools, absentImages: ["gone"], ...options };
  await using driven = await DrivenCluster.start(whole, layout);
  for (let index = 0; index < 60; index++) {
    const name = `pod-${index}`;
    const cameUs = index * 137_137;
    const kind = kindsOfPods[index % kindsOfPods.length] as (typeof kindsOfPods)[number];
    driven.create(aPod(name, kind), cameUs);
    const livedUs = 2 * second + ((index * 733_331) % (40 * second));
    if (index % 4 === 1) driven.remove(name, undefined, cameUs + livedUs);
    if (index % 8 === 2) driven.remove(name, 0, cameUs + livedUs);
    // Some go while they pull, are created or start.
    if (index % 8 === 6) driven.remove(name, 1, cameUs + ((index * 91_003) % (2 * second)));
    if (index % 5 === 3) {
      const image = (pod: { readonly name: string }) => ({ ...pod, image: "alpine:3" });
      driven.update(
        name,
        (pod) => ({ ...pod, spec: { ...pod.spec, containers: pod.spec.containers.map(image) } }),
        cameUs + Math.floor(livedUs / 2),
      );
    }
  }
  await driven.run(90 * second);
  return await driven.outcome();
}

const shell = (script: string) => ({ name: "c", image: "busybox", command: ["sh", "-c", script] });

const kindsOfPods = [
  { image: "nginx" },
  { containers: [shell("sleep 3600")], terminationGracePeriodSeconds: 5 },
  { containers: [shell("sleep 3; exit 1")] },
  { image: "gone" },
  { containers: [shell("sleep 2")], restartPolicy: "Never" },
  { image: "registry.invalid/team/web" },
  {
    containers: [
      { name: "a", image: "nginx" },
      { name: "b", image: "nginx" },
    ],
  },
  {
    initContainers: [{ ...shell("sleep 1"), name: "first" }],
    containers: [{ name: "c", image: "alpine" }],
  },
  { image: "unheard-of:1" },
  { containers: [shell("exit 2")], restartPolicy: "OnFailure" },
  { image: "pause", hostNetwork: true },
] as const;
