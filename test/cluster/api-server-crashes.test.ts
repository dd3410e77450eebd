import { describe, expect, test } from "vitest";
import type { Lease } from "../../src/api/objects.ts";
import { openDataDirectory } from "../../src/cluster/data-directory.ts";
import type { Fault } from "../../src/kernel/faults.ts";
import { dataDirectory } from "../control-plane/store/file/data-directory.ts";
import { aPod, DrivenCluster, keepsTo, second } from "./driven-cluster.ts";
import { crashingServers, informersUnderCrashes, storyOfCrashes } from "./server-crash-stories.ts";

const elapsed = ({ cluster }: DrivenCluster): number =>
  (cluster.nowUs - cluster.options.startUs) / second;

const until = async (driven: DrivenCluster, seconds: number): Promise<void> =>
  driven.run(Math.round((seconds - elapsed(driven)) * second));

const crash = (actor: string, at: number, seconds: number): Fault => ({
  atUs: at * second,
  kind: "crash",
  actor,
  forUs: seconds * second,
});

describe("a lone API server that crashes", () => {
  test("serves nobody while it is down, and everybody after", async () => {
    await using driven = await DrivenCluster.start({
      nodes: 2,
      threads: 0,
      faults: [crash("api-1", 30, 40)],
    });
    driven.create(aPod("before"));
    await driven.until(() => driven.phase("before") === "Running");
    await until(driven, 31);
    driven.create(aPod("lost"));
    await until(driven, 69);
    expect(driven.pod("before")).toBeUndefined();
    expect(driven.cluster.isReady).toBe(false);
    await until(driven, 71);
    expect(driven.phase("before")).toBe("Running");
    expect(driven.pod("lost")).toBeUndefined();
    expect(driven.cluster.isReady).toBe(true);
    driven.create(aPod("after"));
    await driven.until(() => driven.phase("after") === "Running", 20 * second);
    await until(driven, 200);
    expect(driven.cluster.facts("actors/api-1").map(({ kind }) => kind)).toEqual([
      "actorCrashed",
      "actorRestarted",
    ]);
  });

  test("is told by kubelets what happened meanwhile, and tells them what it could not", async () => {
    const script = { name: "c", image: "busybox", command: ["sh", "-c", "sleep 12"] };
    await using driven = await DrivenCluster.start({
      nodes: 1,
      threads: 0,
      faults: [crash("api-1", 30, 20), crash("scheduler", 30.2, 5)],
    });
    driven.create(aPod("job", { containers: [script], restartPolicy: "Never" }));
    await driven.until(() => driven.phase("job") === "Running");
    await until(driven, 29);
    driven.create(aPod("late"), 999_000);
    await until(driven, 51);
    expect(driven.phase("late")).toBe("Pending");
    await driven.until(
      () => driven.phase("job") === "Succeeded" && driven.phase("late") === "Running",
      15 * second,
    );
    await driven.run(11 * second);
    const { spec } = [
      ...driven.cluster.server.objects("coordination.k8s.io", "leases"),
    ][0] as Lease;
    expect(Date.parse(spec?.renewTime ?? "")).toBeGreaterThan(
      driven.cluster.nowUs / 1_000 - 11_000,
    );
  });

  test("is down when nodes would register, and they register when it is back", async () => {
    await using driven = await DrivenCluster.start({
      nodes: 2,
      threads: 0,
      faults: [{ ...crash("api-1", 0, 30), atUs: 1 }],
    });
    expect(elapsed(driven)).toBeGreaterThan(30);
    expect(elapsed(driven)).toBeLessThan(50);
  });

  test("does not hold up the disk of a cluster that keeps its state", async () => {
    const data = openDataDirectory(dataDirectory());
    const faults = [crash("api-1", 30, 1)];
    const options = { nodes: 1, threads: 0, faults };
    await using driven = await DrivenCluster.start(options, { data });
    // On their way when it goes down: one is answered to nobody, but done.
    const { simulation, options: started } = driven.cluster;
    const crashUs = started.startUs + 30 * second - simulation.openUs;
    for (const us of [-2, -1, 1]) driven.create(aPod(`at${us}`), crashUs + us);
    await until(driven, 60);
    const phases = [-2, -1, 1].map((us) => driven.phase(`at${us}`));
    expect(phases).toEqual(["Running", "Running", undefined]);
    expect(driven.refusals).toEqual([]);
  });
});

describe("one of three API servers that crashes", () => {
  const decisions = Object.fromEntries([
    keepsTo("scheduler", 1, 1, 3),
    keepsTo("kubelet:node-1", 1, 1, 3),
    keepsTo("kubelet:node-2", 1, 2, 3),
    keepsTo("kubelet:node-3", 1, 0, 3),
  ]);
  const three = { nodes: 3, threads: 0, apiServers: 3, decisions };

  test("is missed for moments: whoever kept to it goes on with another", async () => {
    const faults: readonly Fault[] = [{ atUs: 30 * second, kind: "crash", actor: "api-2" }];
    await using driven = await DrivenCluster.start({ ...three, faults });
    await until(driven, 31);
    for (const name of ["a", "b", "c"]) driven.create(aPod(name));
    await driven.until(
      () => ["a", "b", "c"].every((name) => driven.phase(name) === "Running"),
      8 * second,
    );
    const nodes = new Set(["a", "b", "c"].map((name) => driven.pod(name)?.spec.nodeName));
    expect(nodes.size).toBe(3);
    expect(driven.cluster.servers[1]?.isServing).toBe(false);
  });

  test("has what the others have soon after it is back, and not while the store is out of reach", async () => {
    const faults: readonly Fault[] = [
      crash("api-2", 30, 20),
      { atUs: 45 * second, kind: "partition", between: ["etcd", "api-2"], forUs: 20 * second },
    ];
    await using driven = await DrivenCluster.start({ ...three, faults });
    await until(driven, 40);
    driven.create(aPod("a"));
    const [first, crashed] = driven.cluster.servers;
    await until(driven, 64);
    expect(crashed?.isServing).toBe(false);
    await until(driven, 67);
    expect(crashed?.isServing).toBe(true);
    expect([...(crashed?.objects("", "pods") ?? [])]).toEqual([...first.objects("", "pods")]);
  });
});

describe("three API servers that crash by chance", { timeout: 120_000 }, () => {
  test("have one history, which their sparse map gives again", async () => {
    const explored = await storyOfCrashes({ threads: 0, seed: 3, explore: crashingServers });
    expect(explored.crashes).toBeGreaterThan(5);
    expect(await storyOfCrashes({ threads: 0, seed: 3, explore: crashingServers })).toEqual(
      explored,
    );
    const { decisions } = explored;
    expect(Object.keys(decisions).some((key) => key.startsWith("crash/api-2/#"))).toBe(true);
    expect(await storyOfCrashes({ threads: 0, seed: 3, decisions })).toEqual(explored);
  });

  test("have the same objects in the end, and every pod runs, whatever the seed", async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const story = await storyOfCrashes({ threads: 0, seed, explore: crashingServers });
      expect({ seed, phases: new Set(story.phases) }).toEqual({
        seed,
        phases: new Set(["Running"]),
      });
      expect({ seed, contents: new Set(story.contents).size }).toEqual({ seed, contents: 1 });
    }
  });

  test("leave every informer with what the store has, whatever the seed", () => {
    const sums = { written: 0, failed: 0 };
    for (let seed = 1; seed <= 30; seed++) {
      const { informers, store, written, failed } = informersUnderCrashes(seed);
      sums.written += written;
      sums.failed += failed;
      expect(informers).toHaveLength(6);
      for (const informer of informers) {
        expect({ seed, informer }).toEqual({ seed, informer: store });
      }
    }
    expect(sums.written).toBeGreaterThan(10_000);
    expect(sums.failed).toBeGreaterThan(100);
  });
});
