import { describe, expect, test } from "vitest";
import { createCluster, type Layout } from "../../src/cluster/cluster.ts";
import type { ClusterOptions } from "../../src/cluster/cluster-options.ts";
import { componentUser, type RequestContext } from "../../src/control-plane/apiserver/request.ts";
import { isApiError } from "../../src/api/errors.ts";
import { aPod, DrivenCluster, second } from "./driven-cluster.ts";

const simulated = { nodes: 3, threads: 0, simulatedEtcd: true } as const;
const checked: Layout = { checksStore: true };

/** Goes on to so many seconds after the start. */
async function until(driven: DrivenCluster, seconds: number): Promise<void> {
  await driven.run(driven.cluster.options.startUs + seconds * second - driven.cluster.nowUs);
}

async function runs(driven: DrivenCluster, names: readonly string[]): Promise<void> {
  await driven.until(() => names.every((name) => driven.phase(name) === "Running"));
}

/** Creates a pod at an API server, and says what the client is told: a Status, or `created`. */
function create(driven: DrivenCluster, name: string, server = driven.cluster.server) {
  const answer: { said?: unknown; atSeconds?: number } = {};
  const { simulation, options } = driven.cluster;
  const resource = server.resources.find("", "v1", "pods") as RequestContext["resource"];
  const context = { resource, namespace: "default", name, subresource: "", dryRun: false };
  simulation.timeline.input(simulation.openUs, server.actor, () =>
    server.create(
      { ...context, user: componentUser("podrace"), client: "kubectl" },
      aPod(name),
      (error) => {
        answer.atSeconds = (driven.cluster.nowUs - options.startUs) / second;
        answer.said = isApiError(error) ? error.status : (error ?? "created");
      },
    ),
  );
  return answer;
}

const names = ["a", "b", "c"];

describe("a cluster with a simulated etcd", { timeout: 60_000 }, () => {
  test("runs pods, on one API server or several", async () => {
    for (const apiServers of [1, 3]) {
      await using driven = await DrivenCluster.start({ ...simulated, apiServers }, checked);
      for (const name of names) driven.create(aPod(name));
      await runs(driven, names);
      await driven.run(second);
      const { servers } = driven.cluster;
      const pods = servers.map((server) => JSON.stringify([...server.objects("", "pods")]));
      expect(new Set(pods).size).toBe(1);
      expect(driven.refusals).toEqual([]);
    }
  });

  test("takes what was just made on another server for granted", async () => {
    await using driven = await DrivenCluster.start(
      { ...simulated, apiServers: 2, apiServerLagsUs: [1_000, 5 * second] },
      checked,
    );
    const [first, second_] = driven.cluster.servers;
    const resource = first.resources.find("", "v1", "namespaces") as RequestContext["resource"];
    const context = { resource, namespace: "", name: "dev", subresource: "", dryRun: false };
    const by = { user: componentUser("podrace"), client: "kubectl" };
    const maps = first.resources.find("", "v1", "configmaps") as RequestContext["resource"];
    const said: unknown[] = [];
    const { simulation } = driven.cluster;
    simulation.timeline.input(simulation.openUs, first.actor, () => {
      const dev = { apiVersion: "v1", kind: "Namespace", metadata: { name: "dev" } };
      first.create({ ...context, ...by }, dev, () => {
        const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "m" } };
        const at = { ...context, ...by, resource: maps, namespace: "dev", name: "m" };
        second_?.create(at, map, (error) => said.push(error?.message ?? "created"));
      });
    });
    await driven.run(second);
    expect(said).toEqual(["created"]);
  });

  test("is slower, and has another history, than one that keeps its objects in memory", async () => {
    const hashOf = async (options: ClusterOptions): Promise<string> => {
      await using driven = await DrivenCluster.start({ nodes: 2, threads: 0, ...options });
      driven.create(aPod("a"));
      await driven.run(20 * second);
      return await driven.cluster.traceHash();
    };
    const memory = await hashOf({});
    expect(await hashOf({ simulatedEtcd: false })).toBe(memory);
    const simulatedHash = await hashOf({ simulatedEtcd: true });
    expect(simulatedHash).not.toBe(memory);
    expect(await hashOf({ simulatedEtcd: {} })).toBe(simulatedHash);
    expect(await hashOf({ simulatedEtcd: { fsyncUs: 3_000 } })).not.toBe(simulatedHash);
  });
});

describe("what users see of an etcd that fails:", { timeout: 60_000 }, () => {
  test("without a leader a creation is a 500 in etcd's words, and later all pods run", async () => {
    await using driven = await DrivenCluster.start(
      {
        ...simulated,
        faults: [{ atUs: 60 * second, kind: "loseLeader", forUs: 20 * second }],
      },
      checked,
    );
    await until(driven, 59.5);
    const before = create(driven, "a");
    await until(driven, 65);
    const during = create(driven, "b");
    await until(driven, 90);
    const after = create(driven, "b");
    await runs(driven, ["a", "b"]);

    expect(before.said).toBe("created");
    expect(during.said).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: "etcdserver: no leader",
      code: 500,
    });
    expect(after.said).toBe("created");
    // The kubelet's news of its pod were refused; it said them again.
    const stored = driven.facts("a").filter(({ kind }) => kind === "stored");
    const startUs = driven.cluster.options.startUs;
    expect(stored.at(-1)?.data["phase"]).toBe("Running");
    expect((stored.at(-1)?.atUs ?? 0) - startUs).toBeGreaterThan(80 * second);
    expect(driven.cluster.facts("actors/etcd").map(({ kind }) => kind)).toEqual([
      "leaderLost",
      "leaderElected",
    ]);
  });

  test("a slow fsync makes writes slow, and one of more than 7 s lets them time out", async () => {
    await using driven = await DrivenCluster.start(
      {
        ...simulated,
        faults: [
          { atUs: 60 * second, kind: "slowFsync", extraUs: 2 * second, forUs: 10 * second },
          { atUs: 80 * second, kind: "slowFsync", extraUs: 9 * second, forUs: 10 * second },
        ],
      },
      checked,
    );
    await until(driven, 61);
    const slow = create(driven, "a");
    await until(driven, 81);
    const late = create(driven, "b");
    await until(driven, 110);
    const again = create(driven, "b");
    await runs(driven, ["a", "b"]);

    expect(slow.said).toBe("created");
    expect(slow.atSeconds).toBeGreaterThan(63);
    expect(late.said).toMatchObject({ code: 500, message: "etcdserver: request timed out" });
    expect(again.said).toMatchObject({ reason: "AlreadyExists" });
  });

  test("while it is down creations are refused, and nothing that was acknowledged is lost", async () => {
    await using driven = await DrivenCluster.start(
      {
        ...simulated,
        apiServers: 2,
        faults: [{ atUs: 60 * second, kind: "crash", actor: "etcd", forUs: 30 * second }],
      },
      checked,
    );
    await until(driven, 59.9);
    const before = create(driven, "a");
    await until(driven, 70);
    const during = create(driven, "b");
    await until(driven, 95);
    const after = create(driven, "b");
    await runs(driven, ["a", "b"]);

    expect([before.said, after.said]).toEqual(["created", "created"]);
    expect(during.said).toMatchObject({ code: 500 });
    expect((during.said as Error).message).toMatch(/connection refused|cannot be reached/);
    const revisions = driven.cluster.servers.map(({ revision }) => revision);
    expect(Math.min(...revisions)).toBeGreaterThan(0);
  });

  test("what a crash loses of acknowledged writes, without fsync, is gone from caches, too", async () => {
    const at = { atUs: 62 * second, kind: "crash", actor: "etcd", forUs: second } as const;
    await using driven = await DrivenCluster.start({
      ...simulated,
      simulatedEtcd: { unsafeNoFsync: true },
      faults: [at],
      decisions: { "unsynced/etcd/#1": 1_000 },
    });
    await until(driven, 45);
    const known = create(driven, "a");
    await until(driven, 61.5);
    const revision = driven.cluster.server.revision;
    const lost = create(driven, "b");
    await until(driven, 61.9);
    expect([known.said, lost.said]).toEqual(["created", "created"]);
    expect(driven.pod("b")).toBeDefined();
    await until(driven, 70);

    expect(driven.pod("b")).toBeUndefined();
    expect(driven.phase("a")).toBe("Running");
    const recovered = driven.cluster.facts("actors/etcd").at(-1);
    expect(recovered?.kind).toBe("storeRecovered");
    expect(recovered?.data["revision"]).toBeLessThanOrEqual(revision);
    const again = create(driven, "b");
    await runs(driven, ["b"]);
    expect(again.said).toBe("created");
  });

  test("history that is compacted under a cache that was cut off makes it begin anew", async () => {
    await using driven = await DrivenCluster.start(
      {
        ...simulated,
        apiServers: 2,
        faults: [
          { atUs: 60 * second, kind: "partition", between: ["etcd", "api-2"], forUs: 60 * second },
          { atUs: 90 * second, kind: "compact" },
        ],
      },
      checked,
    );
    const [first, other] = driven.cluster.servers;
    const ended: unknown[] = [];
    const watch = (): void => {
      const server = other as typeof first;
      const resource = server.resources.find("", "v1", "pods") as RequestContext["resource"];
      const context = { resource, namespace: "", name: "", subresource: "", dryRun: false };
      const from = { labelSelector: "", fieldSelector: "", resourceVersion: "" };
      server.watch(
        { ...context, user: componentUser("podrace"), client: "kubectl" },
        {
          ...from,
          allowWatchBookmarks: false,
          resourceVersionMatch: "",
          sendInitialEvents: undefined,
        },
        { event: () => {}, bookmark: () => {}, error: (status) => ended.push(status.code) },
      );
    };
    await until(driven, 55);
    watch();
    await until(driven, 80);
    driven.create(aPod("a"));
    await until(driven, 200);

    expect(ended).toEqual([410]);
    const pods = [first, other].map((server) => [...(server?.objects("", "pods") ?? [])].length);
    expect(pods).toEqual([1, 1]);
    expect(driven.phase("a")).toBe("Running");
  });

  test("events that etcd could not forget are forgotten a little later", async () => {
    const faults = [{ atUs: 3_600 * second, kind: "loseLeader", forUs: 300 * second }] as const;
    await using driven = await DrivenCluster.start({ ...simulated, nodes: 1, faults });
    const events = (): number => [...driven.cluster.server.objects("", "events")].length;
    await until(driven, 3_500);
    expect(events()).toBeGreaterThan(0);
    await until(driven, 3_890);
    expect(events()).toBeGreaterThan(0);
    await until(driven, 4_000);
    expect(events()).toBe(0);
  });

  test("a watch that is late makes a cache late, while writes go through", async () => {
    await using driven = await DrivenCluster.start(
      {
        ...simulated,
        faults: [
          {
            atUs: 60 * second,
            kind: "delay",
            between: ["etcd", "api-1"],
            stream: "changes",
            extraUs: 20 * second,
            forUs: 30 * second,
          },
        ],
      },
      checked,
    );
    await until(driven, 61);
    const written = create(driven, "a");
    await until(driven, 80);
    expect(written.said).toBe("created");
    expect(written.atSeconds).toBeLessThan(61.1);
    expect(driven.pod("a")).toBeUndefined();
    await runs(driven, ["a"]);
  });
});

describe("options of a simulated etcd that make no sense are refused", () => {
  test.each([
    [{ simulatedEtcd: 5 }, /^simulatedEtcd must be true, or latencyUs, fsyncUs, .*, not 5$/],
    [{ simulatedEtcd: { fsync: 1 } }, /^simulatedEtcd\.fsync must be absent: /],
    [{ simulatedEtcd: { fsyncUs: -1 } }, /^simulatedEtcd\.fsyncUs must be an integer from 0 to/],
    [{ simulatedEtcd: { unsafeNoFsync: 1 } }, "simulatedEtcd.unsafeNoFsync must be true or false"],
    [
      { faults: [{ atUs: 1, kind: "loseLeader" }] },
      /^faults\[0\] must be absent without simulatedEtcd/,
    ],
    [
      { explore: { leader: { perMillion: 1, maxUs: 1 } } },
      /^explore\.leader must be absent without simulatedEtcd/,
    ],
    [
      { apiServers: 2, faults: [{ atUs: 1, kind: "crash", actor: "etcd" }] },
      /^faults\[0\]\.actor must be an actor: etcd is one by simulatedEtcd, not "etcd"$/,
    ],
    [
      { simulatedEtcd: true, faults: [{ atUs: 1, kind: "compact", keepRevisions: -1 }] },
      /^faults\[0\]\.keepRevisions must be an integer from 0 to/,
    ],
    [
      { simulatedEtcd: true, faults: [{ atUs: 1, kind: "slowFsync" }] },
      /^faults\[0\]\.extraUs must be an integer from 1 to/,
    ],
  ])("%j", async (options, message) => {
    const starting = createCluster({ threads: 0, ...options } as ClusterOptions);
    await expect(starting).rejects.toThrow(message);
  });
});
