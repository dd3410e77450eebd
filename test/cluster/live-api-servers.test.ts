import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KubeObject } from "../../src/api/objects.ts";
import { parseJournal } from "../../src/cluster/journal.ts";
import { type LiveCluster, startLiveCluster } from "../../src/cluster/live-cluster.ts";
import { replayJournal } from "../../src/cluster/replay.ts";
import { aPod } from "./driven-cluster.ts";
import { LiveClient } from "./live-client.ts";
import { MemoryJournal } from "./recorded-session.ts";

const pods = "/api/v1/namespaces/default/pods";
const second = 1_000_000;

interface ApiServers {
  readonly apiServers: readonly {
    readonly name: string;
    readonly address: string;
    readonly revision: number;
    readonly behind: number;
  }[];
}

describe("several API servers of a live cluster", () => {
  const journal = new MemoryJournal();
  let live: LiveCluster;
  let clients: readonly LiveClient[];
  beforeAll(async () => {
    live = await startLiveCluster({
      plainHttp: true,
      nodes: 1,
      threads: 0,
      speed: 0,
      apiServers: 3,
      apiServerLagsUs: [0, second, 60 * second],
      journal,
    });
    clients = live.addresses.map((address) => new LiveClient(address));
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await live.stop();
  });

  test("have a port each, and the first is the cluster's address", async () => {
    expect(new Set(live.addresses).size).toBe(3);
    expect(live.addresses[0]).toBe(live.address.server);
    const { apiServers } = await (clients[1] as LiveClient).json<ApiServers>(
      "/podrace/v1/api-servers",
    );
    expect(apiServers.map(({ name, address }) => [name, `http://${address}`])).toEqual([
      ["api-1", live.addresses[0]],
      ["api-2", live.addresses[1]],
      ["api-3", live.addresses[2]],
    ]);
  });

  test("take writes on any port, and show them as far as their caches are, or the client asks", async () => {
    const [first, next, last] = clients as [LiveClient, LiveClient, LiveClient];
    await first.send("POST", "/podrace/v1/time/step?for=60s");
    const { code } = await next.send("POST", pods, aPod("web"));
    await first.send("POST", "/podrace/v1/time/step?for=2s");
    const found = async (client: LiveClient, query = ""): Promise<(string | undefined)[]> => {
      const { items } = await client.json<{ items: KubeObject[] }>(`${pods}${query}`);
      return items.map(({ metadata }) => metadata.name);
    };

    expect(code).toBe(201);
    expect(await found(first, "?resourceVersion=0")).toEqual(["web"]);
    expect(await found(next, "?resourceVersion=0")).toEqual(["web"]);
    expect(await found(last, "?resourceVersion=0")).toEqual([]);
    const past = await last.send("GET", `${pods}/web?resourceVersion=0`);
    expect([past.code, (await last.send("GET", `${pods}/web`)).code]).toEqual([404, 200]);
    const { apiServers } = await first.json<ApiServers>("/podrace/v1/api-servers");
    const [none = 1, few = 0, many = 0] = apiServers.map(({ behind }) => behind);
    expect([none, many > few]).toEqual([0, true]);

    const consistent = found(last);
    await first.send("POST", "/podrace/v1/time/step?for=3s");
    expect(await consistent).toEqual(["web"]);
    const ahead = last.send("GET", `${pods}?resourceVersion=999999`);
    await first.send("POST", "/podrace/v1/time/step?for=3s");
    expect((await ahead).code).toBe(504);
  });

  test("are asked again in a replay, each what it was asked", async () => {
    await live.stop();
    const { end } = parseJournal(journal.text);
    const { cluster, ...replayed } = await replayJournal(parseJournal(journal.text));
    await cluster.close();

    expect(replayed).toMatchObject({ traceHash: end?.traceHash, objectsHash: end?.objectsHash });
    expect(journal.text).toContain('"apiServer":"api-3"');
  });
});
