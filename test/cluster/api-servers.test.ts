import { describe, expect, test } from "vitest";
import type { Lease } from "../../src/api/objects.ts";
import { createCluster } from "../../src/cluster/cluster.ts";
import type { ClusterOptions } from "../../src/cluster/cluster-options.ts";
import type { Fault } from "../../src/kernel/faults.ts";
import { aPod, DrivenCluster, keepsTo, second } from "./driven-cluster.ts";

const three = { nodes: 3, threads: 0, apiServers: 3 };

describe("a cluster with several API servers", () => {
  test("runs pods, whichever server each of its parts keeps to", async () => {
    await using driven = await DrivenCluster.start(three);
    for (const name of ["a", "b", "c"]) driven.create(aPod(name));
    await driven.until(() => ["a", "b", "c"].every((name) => driven.phase(name) === "Running"));
    await driven.run(second);

    const { servers } = driven.cluster;
    const pods = servers.map((server) => JSON.stringify([...server.objects("", "pods")]));
    expect(new Set(pods).size).toBe(1);
    const writers = new Set(
      ["a", "b", "c"].flatMap((name) =>
        driven
          .facts(name)
          .filter(({ kind }) => kind === "stored")
          .map(({ actor }) => actor),
      ),
    );
    expect(writers.size).toBeGreaterThan(1);
  });

  test("has the same history whenever it runs, another with other lags, and none to choose alone", async () => {
    const hashOf = async (options: ClusterOptions): Promise<string> => {
      await using driven = await DrivenCluster.start({ nodes: 2, threads: 0, ...options });
      driven.create(aPod("a"));
      await driven.run(30 * second);
      return await driven.cluster.traceHash();
    };
    const apiServers = 3;

    expect(await hashOf({ apiServers })).toBe(await hashOf({ apiServers }));
    expect(await hashOf({ apiServers, apiServerLagsUs: [0, 0, 90_000] })).not.toBe(
      await hashOf({ apiServers }),
    );
    expect(await hashOf({ recordDecisions: true })).toBe(await hashOf({}));
  });

  test("goes on when one of them is not heard from: whoever kept to it asks another", async () => {
    const faults = ["api-2", "api-3"].map((server): Fault => ({
      atUs: 30 * second,
      kind: "partition",
      between: [server, "*"],
    }));
    const decisions = Object.fromEntries([
      keepsTo("scheduler", 1, 1, 3),
      keepsTo("kubelet:node-1", 1, 1, 3),
      keepsTo("kubelet:node-2", 1, 2, 3),
      keepsTo("kubelet:node-3", 1, 0, 3),
    ]);
    await using driven = await DrivenCluster.start({ ...three, faults, decisions });
    await driven.run(150 * second);
    for (const name of ["a", "b", "c"]) driven.create(aPod(name));
    await driven.until(
      () => ["a", "b", "c"].every((name) => driven.phase(name) === "Running"),
      60 * second,
    );

    const { server, nowUs } = driven.cluster;
    const leases = [...server.objects("coordination.k8s.io", "leases")] as unknown as Lease[];
    for (const { spec } of leases) {
      expect(Date.parse(spec?.renewTime ?? "")).toBeGreaterThan(nowUs / 1_000 - 20_000);
    }
  });

  test("shows the past to a kubelet that begins anew with a server that is behind", async () => {
    // As in kubernetes#59848: two nodes run one identity.
    const decisions = Object.fromEntries([
      keepsTo("kubelet:node-1", 1, 0, 2),
      keepsTo("kubelet:node-2", 1, 0, 2),
      keepsTo("kubelet:node-1", 2, 1, 2),
    ]);
    await using driven = await DrivenCluster.start({
      nodes: 2,
      threads: 0,
      apiServers: 2,
      decisions,
      faults: [
        { atUs: 40 * second, kind: "hold", between: ["etcd", "api-2"], forUs: 120 * second },
        { atUs: 80 * second, kind: "crash", actor: "kubelet:node-1", forUs: second },
      ],
    });
    const { startUs } = driven.cluster.options;
    const until = (seconds: number): Promise<void> =>
      driven.run(startUs + seconds * second - driven.cluster.nowUs);
    const runsOf = (actor: string): number =>
      driven.facts("web").filter((fact) => fact.actor === actor && fact.kind === "podRunning")
        .length;

    driven.create(aPod("web", { nodeName: "node-1" }));
    await until(50);
    driven.remove("web", 0);
    await until(60);
    driven.create(aPod("web", { nodeName: "node-2" }));
    await until(79);
    expect([runsOf("kubelet:node-1"), runsOf("kubelet:node-2")]).toEqual([1, 1]);

    await until(120);
    expect([runsOf("kubelet:node-1"), runsOf("kubelet:node-2")]).toEqual([2, 1]);
    expect(driven.pod("web")?.spec.nodeName).toBe("node-2");
    await until(220);
    const stops = driven.facts("web").filter(({ kind }) => kind === "podStopped");
    expect(stops.map(({ actor }) => actor)).toEqual(["kubelet:node-1", "kubelet:node-1"]);
  });
});

describe("options of API servers that make no sense are refused", () => {
  test.each([
    [{ apiServers: 0 }, "apiServers must be an integer from 1 to 16, not 0"],
    [
      { apiServers: 2, apiServerLagsUs: [1, 2, 3] },
      "apiServerLagsUs must be a time in µs for each API server, not [1,2,3]",
    ],
    [{ apiServerLagsUs: [-1] }, /^apiServerLagsUs\[0\] must be an integer from 0 to/],
    [
      { faults: [{ atUs: 0, kind: "hold", between: ["etcd", "api-1"] }] },
      /^faults\[0\]\.between must be about actors of this cluster, .*, not "etcd"$/,
    ],
  ])("%j", async (options, message) => {
    const starting = createCluster({ threads: 0, ...options } as ClusterOptions);
    await expect(starting).rejects.toThrow(message);
  });
});
