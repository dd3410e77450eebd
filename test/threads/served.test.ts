import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Pod } from "../../src/api/objects.ts";
import { type LiveCluster, serveCluster } from "../../src/cluster/live-cluster.ts";
import { LiveClient } from "../cluster/live-client.ts";
import { DrivenCluster, second } from "../cluster/driven-cluster.ts";

const pods = 150;
const path = "/api/v1/namespaces/default/pods";

describe("after a run in virtual time", () => {
  let live: LiveCluster;
  let client: LiveClient;

  beforeAll(async () => {
    const driven = await DrivenCluster.start({ nodes: 5, threads: 2, factsMax: 0 });
    // The very same spec, as a controller has it: its pods become rows of one template.
    const spec = { containers: [{ name: "main", image: "nginx:1.29" }] };
    for (let index = 0; index < pods; index++) {
      const metadata = { name: `web-${index}`, namespace: "default", labels: { app: "web" } };
      driven.create({ apiVersion: "v1", kind: "Pod", metadata, spec }, index * 1_000);
    }
    await driven.cluster.advance(30 * second);
    live = await serveCluster(driven.cluster, { plainHttp: true, speed: 0 });
    client = new LiveClient(live.address.server);
  });
  afterAll(async () => {
    client.close();
    await live.stop();
  });

  test("every pod is there over HTTP, page by page, complete", async () => {
    const listed: Pod[] = [];
    let next = "";
    let revision = "";
    do {
      const list = await client.json<{
        readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
        readonly items: readonly Pod[];
      }>(`${path}?limit=40${next && `&continue=${encodeURIComponent(next)}`}`);
      listed.push(...list.items);
      revision ||= list.metadata.resourceVersion;
      expect(list.metadata.resourceVersion).toBe(revision);
      next = list.metadata.continue ?? "";
    } while (next !== "");

    expect(new Set(listed.map(({ metadata }) => metadata.uid)).size).toBe(pods);
    for (const { metadata, spec, status } of listed) {
      expect(metadata).toMatchObject({ labels: { app: "web" }, generation: 1 });
      expect(spec).toMatchObject({ serviceAccountName: "default", nodeName: expect.any(String) });
      const [volume] = spec.volumes ?? [];
      expect(spec.containers[0]?.volumeMounts?.[0]?.name).toBe(volume?.name);
      expect(status).toMatchObject({
        phase: "Running",
        qosClass: "BestEffort",
        podIP: expect.stringMatching(/^10\.244\./),
        containerStatuses: [{ ready: true, state: { running: {} }, image: expect.any(String) }],
      });
      expect(status?.conditions?.map(({ type, status: value }) => `${type}=${value}`)).toEqual([
        "PodReadyToStartContainers=True",
        "Initialized=True",
        "Ready=True",
        "ContainersReady=True",
        "PodScheduled=True",
      ]);
    }
    expect(new Set(listed.map(({ spec }) => spec.volumes?.[0]?.name)).size).toBe(pods);
  });

  test("one pod reads as it does in the list, and a watch goes on from there", async () => {
    const one = await client.json<Pod>(`${path}/web-7`);
    const list = await client.json<{
      items: readonly Pod[];
      metadata: { resourceVersion: string };
    }>(`${path}?fieldSelector=metadata.name=web-7`);
    const { apiVersion: _version, kind: _kind, ...rest } = one;
    expect(list.items).toEqual([rest]);

    const from = list.metadata.resourceVersion;
    const watch = await client.watch(`${path}?watch=true&resourceVersion=${from}`);
    expect((await client.send("DELETE", `${path}/web-7?gracePeriodSeconds=0`)).code).toBe(200);
    await expect.poll(watch.events).toBe(1);
    watch.cut();
  });

  test("its events and its nodes' leases are there, too", async () => {
    const events = await client.json<{ items: readonly { reason: string; count: number }[] }>(
      "/api/v1/namespaces/default/events?fieldSelector=involvedObject.name=web-3",
    );
    expect(events.items.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(["Scheduled", "Created", "Started"]),
    );
    const leases = await client.json<{ items: readonly { spec: { holderIdentity: string } }[] }>(
      "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases",
    );
    expect(leases.items.map(({ spec }) => spec.holderIdentity)).toContain("node-5");
  });
});
