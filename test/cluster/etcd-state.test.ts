import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { KubeObject, Node, Pod } from "../../src/api/objects.ts";
import { type EtcdState, EtcdStateError, openEtcdState } from "../../src/cluster/etcd-state.ts";
import { type LiveCluster, startLiveCluster } from "../../src/cluster/live-cluster.ts";
import { DoorToMemory } from "./door-to-memory.ts";
import { aPod, DrivenCluster, second } from "./driven-cluster.ts";
import { LiveClient } from "./live-client.ts";

const timing = { ttlSeconds: 60, renewMs: 100, pollMs: 15 };
const pods = "/api/v1/namespaces/default/pods";

let etcd: DoorToMemory;
beforeEach(async () => {
  etcd = await DoorToMemory.open();
  onTestFinished(() => etcd.shut());
});

function openState(servesOnly = false): Promise<EtcdState> {
  return openEtcdState({ endpoints: [etcd.url], requestTimeoutMs: 1_000, servesOnly, timing });
}

/** A cluster whose time a test lets pass. */
async function startDriven(nodes = 1): Promise<DrivenCluster> {
  const driven = await DrivenCluster.start({ nodes, threads: 0 }, { data: await openState() });
  onTestFinished(() => driven.cluster.close());
  return driven;
}

/** A cluster that lives, and a client of it. */
async function startLive(servesOnly = false): Promise<{ live: LiveCluster; client: LiveClient }> {
  const live = await startLiveCluster({
    nodes: 1,
    threads: 0,
    plainHttp: true,
    speed: 20,
    data: await openState(servesOnly),
    servesOnly,
  });
  const client = new LiveClient(live.address.server);
  onTestFinished(async () => {
    client.close();
    await live.stop();
  });
  return { live, client };
}

async function phaseOf(client: LiveClient, name: string): Promise<string | undefined> {
  return (await client.json<Pod>(`${pods}/${name}`)).status?.phase;
}

function uidsOf(driven: DrivenCluster, plural: string): readonly (string | undefined)[] {
  return [...driven.cluster.server.objects("", plural)].map(({ metadata }) => metadata.uid);
}

function readyHeartbeat(driven: DrivenCluster): string {
  const [node] = [...driven.cluster.server.objects("", "nodes")] as unknown as readonly Node[];
  const ready = node?.status?.conditions?.find(({ type }) => type === "Ready");
  return ready?.lastHeartbeatTime ?? "";
}

describe("a cluster that keeps its state in an etcd", () => {
  test("goes on where another one was, and runs its pods again", async () => {
    const before = await startDriven();
    before.create(aPod("web"));
    await before.until(() => before.phase("web") === "Running");
    const [nodes, namespaces] = [uidsOf(before, "nodes"), uidsOf(before, "namespaces")];
    const heard = readyHeartbeat(before);
    const { nowUs } = before.cluster;
    await before.cluster.close();

    const after = await startDriven();
    expect(after.cluster.nowUs).toBeGreaterThan(nowUs - 20 * second);
    expect(uidsOf(after, "nodes")).toEqual(nodes);
    expect(new Set(uidsOf(after, "namespaces"))).toEqual(new Set(namespaces));
    expect(Date.parse(readyHeartbeat(after))).toBeGreaterThan(Date.parse(heard));
    const container = () => after.pod("web")?.status?.containerStatuses?.[0];
    await after.until(
      () => container()?.restartCount === 1 && container()?.state?.running !== undefined,
    );
    expect(container()?.lastState?.terminated).toMatchObject({ exitCode: 255, reason: "Unknown" });
  });

  test("does not leave its store behind, however fast its time passes", async () => {
    const driven = await startDriven();
    const startedUs = driven.cluster.nowUs;
    driven.create(aPod("web"));
    await driven.until(() => driven.phase("web") === "Running", 20 * second);

    expect(driven.cluster.nowUs - startedUs).toBeLessThan(10 * second);
  });

  test("can be served by others, who see what it writes, and it what they write", async () => {
    const driver = await startLive();
    const other = await startLive(true);
    expect(other.live.cluster.server.objects("", "nodes").next().value).toMatchObject({
      metadata: { name: "node-1" },
    });

    expect((await other.client.send("POST", pods, aPod("web"))).code).toBe(201);
    expect(await phaseOf(driver.client, "web")).toBeDefined();
    await vi.waitFor(async () => expect(await phaseOf(other.client, "web")).toBe("Running"), 5_000);
    expect((await driver.client.send("DELETE", `${pods}/web`)).code).toBe(200);
    await vi.waitFor(
      async () => expect((await other.client.send("GET", `${pods}/web`)).code).toBe(404),
      5_000,
    );
  });

  test("answers 504 while etcd is away, and goes on with what was under way when it is back", async () => {
    const { client } = await startLive();
    await client.send("POST", pods, aPod("web"));
    etcd.shut();
    const refused = await client.send("GET", `${pods}/web`);
    expect(refused.code).toBe(504);
    expect(JSON.parse(refused.text)).toMatchObject({
      reason: "Timeout",
      message:
        "Timeout: request did not complete within requested timeout - context deadline exceeded",
    });
    expect((await client.send("POST", pods, aPod("other"))).code).toBe(504);
    // What any revision will do for is in the cache.
    expect((await client.send("GET", `${pods}?resourceVersion=0`)).code).toBe(200);
    await etcd.openAgain();

    await vi.waitFor(async () => expect(await phaseOf(client, "web")).toBe("Running"), 10_000);
    expect((await client.send("POST", pods, aPod("later"))).code).toBe(201);
    await vi.waitFor(async () => expect(await phaseOf(client, "later")).toBe("Running"), 10_000);
  });

  test("begins its cache anew when history is compacted while it was cut off", async () => {
    const { client } = await startLive();
    await client.send("POST", pods, aPod("old"));
    await vi.waitFor(async () => expect(await phaseOf(client, "old")).toBe("Running"), 10_000);
    const watch = await client.watch(`${pods}?watch=true`);
    etcd.shut();
    const stored = etcd.get("/registry/pods/default/old") as KubeObject;
    etcd.put("/registry/pods/default/new", {
      ...stored,
      metadata: { ...stored.metadata, name: "new", uid: "another" },
    });
    etcd.put("/registry/last", stored);
    etcd.store.compact(etcd.store.revision, () => {});
    await etcd.openAgain();

    await watch.ended;
    await vi.waitFor(async () => {
      const { items } = await client.json<{ items: KubeObject[] }>(`${pods}?resourceVersion=0`);
      expect(items.map(({ metadata }) => metadata.name)).toEqual(["new", "old"]);
    }, 5_000);
  });

  test("ends, and says who drives it, when another process took over while it was cut off", async () => {
    const { live } = await startLive();
    const spec = { holderIdentity: "process 1 on elsewhere", acquireTime: "2026-01-01T00:00:00Z" };
    const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", spec };
    etcd.put("/registry/podrace/last-driver", { ...lease, metadata: { name: "podrace" } });
    etcd.endLeases();

    const failure = await live.failed;
    expect(failure).toBeInstanceOf(EtcdStateError);
    expect(failure.message).toBe(
      `etcd at ${etcd.url}: process 1 on elsewhere drives its nodes since 2026-01-01T00:00:00Z`,
    );
  });

  test("is not begun in an etcd that holds something else, or does not answer", async () => {
    etcd.put("/registry/namespaces/default", { metadata: {} } as KubeObject);
    await expect(openState()).rejects.toThrow(
      `etcd at ${etcd.url}: the value of /registry/namespaces/default in etcd cannot be read`,
    );
    etcd.shut();
    await expect(openState()).rejects.toThrow(EtcdStateError);
  });
});
