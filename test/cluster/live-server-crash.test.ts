import { request as secureRequest } from "node:https";
import { afterEach, describe, expect, test } from "vitest";
import { parseJournal } from "../../src/cluster/journal.ts";
import {
  type LiveCluster,
  type LiveClusterOptions,
  startLiveCluster,
} from "../../src/cluster/live-cluster.ts";
import { replayJournal } from "../../src/cluster/replay.ts";
import type { Fault } from "../../src/kernel/faults.ts";
import { aPod } from "./driven-cluster.ts";
import { LiveClient } from "./live-client.ts";
import { MemoryJournal } from "./recorded-session.ts";

const pods = "/api/v1/namespaces/default/pods";
const second = 1_000_000;
const step = (duration: string): string => `/podrace/v1/time/step?for=${duration}`;

/** Down from 60 s to 120 s after the start. */
const crashOf = (actor: string): Fault => ({
  atUs: 60 * second,
  kind: "crash",
  actor,
  forUs: 60 * second,
});

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** A cluster whose time stands still. */
async function start(options: LiveClusterOptions): Promise<LiveCluster> {
  const live = await startLiveCluster({
    plainHttp: true,
    nodes: 1,
    threads: 0,
    speed: 0,
    startUs: 0,
    ...options,
  });
  closing.push(() => live.stop());
  return live;
}

function clientOf(address: string | undefined): LiveClient {
  const client = new LiveClient(address ?? "");
  closing.push(() => client.close());
  return client;
}

describe("an API server of a live cluster that crashes", () => {
  test("breaks its clients' connections, answers nobody, and serves again when it is back", async () => {
    const journal = new MemoryJournal();
    const live = await start({ faults: [crashOf("api-1")], journal });
    const client = clientOf(live.addresses[0]);
    await client.send("POST", pods, aPod("before"));
    const watch = await client.watch(`${pods}?watch=true`);
    // While it answers this, it goes down.
    expect((await client.send("POST", step("70s"))).code).toBe(200);
    await watch.ended;

    await expect(client.send("GET", pods)).rejects.toThrow(/socket hang up|ECONNRESET/);
    await expect(client.send("POST", pods, aPod("lost"))).rejects.toThrow();
    expect(await client.json<object>("/podrace/v1/api-servers")).toMatchObject({
      apiServers: [{ name: "api-1", isServing: false }],
    });
    await client.send("POST", step("60s"));
    const { items } = await client.json<{ items: readonly object[] }>(pods);
    expect(items).toMatchObject([{ metadata: { name: "before" }, status: { phase: "Running" } }]);
    await client.send("POST", pods, aPod("after"));

    await live.stop();
    const parsed = parseJournal(journal.text);
    const { cluster, ...replayed } = await replayJournal(parsed);
    await cluster.close();
    expect(replayed.traceHash).toBe(parsed.end?.traceHash);
    expect(replayed.objectsHash).toBe(parsed.end?.objectsHash);
  });

  test("leaves the other servers' clients alone", async () => {
    const live = await start({ apiServers: 2, faults: [crashOf("api-2")] });
    const [first, other] = live.addresses.map(clientOf) as [LiveClient, LiveClient];
    const [kept, cut] = [
      await first.watch(`${pods}?watch=true`),
      await other.watch(`${pods}?watch=true`),
    ];
    await first.send("POST", step("61s"));
    await cut.ended;
    await first.send("POST", pods, aPod("web"));
    await expect(other.send("GET", `${pods}/web`)).rejects.toThrow();
    await first.send("POST", step("60s"));

    expect((await other.send("GET", `${pods}/web`)).code).toBe(200);
    expect(kept.events()).toBeGreaterThan(0);
  });

  test("breaks connections over TLS, too", async () => {
    const live = await start({ plainHttp: false, faults: [crashOf("api-1")] });
    const { address } = live;
    const ask = (method: string, path: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const tls = {
          ca: address.authorityPem,
          cert: address.clientCertificatePem,
          key: address.clientKeyPem,
        };
        const sent = secureRequest(`${address.server}${path}`, { method, ...tls }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        sent.on("error", reject).end();
      });
    expect(await ask("GET", pods)).toBe(200);
    expect(await ask("POST", step("61s"))).toBe(200);
    await expect(ask("GET", pods)).rejects.toThrow();
    expect(await ask("POST", step("60s"))).toBe(200);
    expect(await ask("GET", pods)).toBe(200);
  });
});
