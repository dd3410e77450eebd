import { describe, expect, test } from "vitest";
import type { Pod } from "../../src/api/objects.ts";
import { aPod, DrivenCluster, second } from "../cluster/driven-cluster.ts";
import { everything } from "../cluster/explored-stories.ts";

const seeds = 300;

const shell = (script: string) => ({ name: "c", image: "busybox", command: ["sh", "-c", script] });

/** Kinds of pods, and what becomes of each in the end; absent for one that never settles. */
const kinds: readonly (readonly [spec: Parameters<typeof aPod>[1], phase: string | undefined])[] = [
  [{ image: "nginx" }, "Running"],
  [{ containers: [shell("sleep 3600")], terminationGracePeriodSeconds: 5 }, "Running"],
  [{ containers: [shell("sleep 3; exit 1")] }, undefined],
  [{ containers: [shell("sleep 2")], restartPolicy: "Never" }, "Succeeded"],
  [{ containers: [{ name: "a", image: "nginx" }, shell("sleep 3600")] }, "Running"],
  [
    {
      initContainers: [{ ...shell("sleep 15"), name: "first" }],
      containers: [{ name: "c", image: "alpine" }],
    },
    "Running",
  ],
  [
    {
      initContainers: [{ ...shell("sleep 3600"), name: "side", restartPolicy: "Always" }],
      containers: [shell("sleep 30")],
      restartPolicy: "Never",
    },
    "Succeeded",
  ],
  [
    {
      initContainers: [{ ...shell("exit 3"), name: "bad" }],
      containers: [shell("sleep 30")],
      restartPolicy: "Never",
    },
    "Failed",
  ],
  [{ image: "pause", hostNetwork: true }, "Running"],
  [{ image: "gone" }, "Pending"],
];

const withAlpine = (pod: Pod): Pod => ({
  ...pod,
  spec: {
    ...pod.spec,
    containers: pod.spec.containers.map((container) => ({ ...container, image: "alpine:3" })),
  },
});

/** What is wrong with a pod long after the last fault; empty when nothing is. */
function problems(driven: DrivenCluster, name: string, wanted: string | undefined): string[] {
  const calls = driven.facts(name).map(({ data }) => data["call"]);
  const count = (call: string): number => calls.filter((each) => each === call).length;
  const sandboxes = count("RunPodSandbox") - count("StopPodSandbox");
  const pod = driven.pod(name);
  const phase = pod?.status?.phase ?? "gone";
  const isOver = ["Succeeded", "Failed", "gone"].includes(phase);
  const isBound = pod?.spec.nodeName !== undefined;
  const found: string[] = [];
  if (sandboxes !== Number(isBound && !isOver)) found.push(`${name}: ${sandboxes} sandboxes`);
  if (pod?.metadata.deletionTimestamp !== undefined) found.push(`${name}: is still being deleted`);
  if (pod !== undefined && wanted !== undefined && phase !== wanted)
    found.push(`${name}: ${phase}`);
  return found;
}

describe("thirty pods of all sorts on six nodes", () => {
  test(`end as they should once ${seeds} seeds of faults are over`, async () => {
    for (let seed = 1; seed <= seeds; seed++) {
      await using driven = await DrivenCluster.started({
        nodes: 6,
        threads: 0,
        seed,
        absentImages: ["gone"],
        explore: { ...everything, swarm: seed % 2 === 0 },
      });
      const wanted = new Map<string, string | undefined>();
      for (let index = 0; index < 30; index++) {
        const [spec, phase] = kinds[index % kinds.length] as (typeof kinds)[number];
        const name = `pod-${index}`;
        const cameUs = (30 + index * 3) * second + index * 137_137;
        const livedUs = 2 * second + ((index * 7_333_331) % (40 * second));
        driven.create(aPod(name, spec), cameUs);
        if (index % 4 === 1) driven.remove(name, undefined, cameUs + livedUs);
        if (index % 8 === 2) driven.remove(name, 0, cameUs + livedUs);
        const changes = index % 5 === 3;
        if (changes) driven.update(name, withAlpine, cameUs + Math.floor(livedUs / 2));
        wanted.set(name, changes ? undefined : phase);
      }
      await driven.run(800 * second);
      const found = [...wanted].flatMap(([name, phase]) => problems(driven, name, phase));
      expect({ seed, found }).toEqual({ seed, found: [] });
    }
  });
});
