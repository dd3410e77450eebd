import { describe, expect, test } from "vitest";
import { parseJournal } from "../../src/cluster/journal.ts";
import { type LiveCluster, startLiveCluster } from "../../src/cluster/live-cluster.ts";
import { replayJournal } from "../../src/cluster/replay.ts";
import { RestoreError, restoreLiveCluster } from "../../src/cluster/restore.ts";
import { decodeSnapshot, encodeSnapshot, journalOf } from "../../src/cluster/snapshot.ts";
import { gunzipSync, gzipSync } from "node:zlib";
import { letChaosLoose } from "./chaotic-clients.ts";
import { LiveClient } from "./live-client.ts";
import { MemoryJournal, recordSession } from "./recorded-session.ts";
import { twoFutures } from "./two-futures.ts";

const pods = "/api/v1/namespaces/default/pods";
const small = { nodes: 1, threads: 0, plainHttp: true, speed: 0 };

function aPod(name: string): object {
  return { metadata: { name }, spec: { containers: [{ name: "c", image: "nginx" }] } };
}

/** A small cluster, used and saved. */
async function saved(
  use: (client: LiveClient, live: LiveCluster) => Promise<void>,
): Promise<Uint8Array> {
  const live = await startLiveCluster(small);
  const client = new LiveClient(live.address.server);
  try {
    await use(client, live);
    return await live.snapshot();
  } finally {
    client.close();
    await live.stop();
  }
}

describe("a restored cluster", () => {
  test("has the future that the original had, whatever was under way", async () => {
    const { moment, original, restored } = await twoFutures(0, 0);

    expect(moment).toEqual({
      runs: "Running",
      crashes: "Running CrashLoopBackOff",
      leaves: "Running leaving",
      "is-nowhere": expect.stringMatching(/^Pending (ErrImagePull|ImagePullBackOff)$/),
      starts: "Pending ContainerCreating",
      "is-new": "Pending",
    });
    expect(restored.inputs.map(([atUs, , url]) => [atUs, url])).toEqual(
      original.inputs.map(([atUs, , url]) => [atUs, url]),
    );
    expect(restored.facts).toEqual(original.facts);
    expect(restored.end).toEqual(original.end);
  });

  test("can be saved again, at once: nothing has changed", async () => {
    const bytes = await saved(async (client) => {
      await client.send("POST", pods, aPod("a"));
    });
    const live = await restoreLiveCluster(bytes, { plainHttp: true, speed: 0 });
    const again = await live.snapshot();
    await live.stop();

    expect(decodeSnapshot(again).summary).toEqual(decodeSnapshot(bytes).summary);
    expect(journalOf(decodeSnapshot(again))).toEqual(journalOf(decodeSnapshot(bytes)));
  });

  test("is recorded from the first start on: its journal can be replayed", async () => {
    const bytes = await saved(async (client) => {
      await client.send("POST", pods, aPod("a"));
      await client.json(pods);
    });
    const journal = new MemoryJournal();
    const live = await restoreLiveCluster(bytes, { plainHttp: true, speed: 0, journal });
    const client = new LiveClient(live.address.server);
    const watch = await client.watch(`${pods}?watch=true`);
    await client.send("POST", pods, aPod("b"));
    watch.cut();
    await client.send("POST", "/podrace/v1/time/step?for=20s");
    client.close();
    await live.stop();
    const parsed = parseJournal(journal.text);
    const { cluster, traceHash, objectsHash } = await replayJournal(parsed);
    await cluster.close();

    expect({ traceHash, objectsHash }).toEqual({
      traceHash: parsed.end?.traceHash,
      objectsHash: parsed.end?.objectsHash,
    });
    expect([...cluster.server.objects("", "pods")].map(({ metadata }) => metadata.name)).toEqual([
      "a",
      "b",
    ]);
  });

  test("goes on at its own speed, with requests answered", async () => {
    const bytes = await saved(async (client) => {
      await client.send("POST", pods, aPod("a"));
    });
    const live = await restoreLiveCluster(bytes, { plainHttp: true, speed: Infinity });
    const client = new LiveClient(live.address.server);
    await client.send("POST", pods, aPod("b"));
    await client.send("POST", "/podrace/v1/time/until-settled");
    const { items } = await client.json<{ items: { status: { phase: string } }[] }>(pods);
    client.close();
    await live.stop();

    expect(items.map(({ status }) => status.phase)).toEqual(["Running", "Running"]);
  });

  test("is refused when its history comes out differently, with both hashes and both versions", async () => {
    const { summary, compressed } = decodeSnapshot(
      await saved(async (client) => {
        await client.send("POST", pods, aPod("a"));
      }),
    );
    const text = gunzipSync(compressed).toString();
    const other = text
      .replaceAll('"nodes":1,', '"nodes":2,')
      .replace(/"podrace":"[^"]*"/, '"podrace":"9"');
    const bytes = encodeSnapshot({ summary, compressed: gzipSync(other) });
    const restoring = restoreLiveCluster(bytes, { plainHttp: true });

    await expect(restoring).rejects.toThrow(RestoreError);
    await expect(restoring).rejects.toThrow(
      new RegExp(
        `trace hash [0-9a-f]{16}, saved ${summary.traceHash} .* saved by podrace 9, this is \\d`,
      ),
    );
  });
});

describe("a snapshot of a cluster in the middle of chaos", () => {
  test.each([
    [1, 21],
    [50, 22],
    [Infinity, 23],
  ])("is a moment that can be come to again, at speed %d", async (speed, seed) => {
    const live = await startLiveCluster({ nodes: 3, threads: 0, plainHttp: true, speed });
    const client = new LiveClient(live.address.server);
    const chaos = letChaosLoose(client, { clients: 6, deeds: 20, seed });
    const snapshots: Uint8Array[] = [];
    for (let moment = 0; moment < 3; moment++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      snapshots.push(await live.snapshot());
    }
    await chaos;
    client.close();
    await live.stop();

    for (const bytes of snapshots) {
      const restored = await restoreLiveCluster(bytes, { plainHttp: true, speed: 0 });
      const { time } = decodeSnapshot(await restored.snapshot()).summary;
      await restored.stop();
      expect(time).toBe(decodeSnapshot(bytes).summary.time);
    }
  });

  test("has the requests that only look in it, too, where they keep a slow API server busy", async () => {
    const live = await startLiveCluster({
      ...small,
      nodes: 3,
      speed: 20,
      faults: [
        { atUs: 0, kind: "slow", actor: "api-1", extraUs: 3_000 },
        { atUs: 9_000_000, kind: "crash", actor: "kubelet:node-2", forUs: 3_000_000 },
      ],
      explore: { delay: { perMillion: 100_000, maxUs: 200_000 }, loss: { perMillion: 10_000 } },
    });
    const client = new LiveClient(live.address.server);
    await letChaosLoose(client, { clients: 4, deeds: 15, seed: 25, turnTheClock: false });
    const bytes = await live.snapshot();
    client.close();
    await live.stop();
    const restored = await restoreLiveCluster(bytes, { plainHttp: true, speed: 0 });
    const again = await restored.snapshot();
    await restored.stop();
    const { inputs } = journalOf(decodeSnapshot(bytes));

    expect(inputs.some((input) => "request" in input && input.request.method === "GET")).toBe(true);
    expect(inputs.some((input) => "gone" in input)).toBe(true);
    expect(decodeSnapshot(again).summary).toEqual(decodeSnapshot(bytes).summary);
  });

  test("needs none of the requests that only look: history is the same without them", async () => {
    const { journal, history } = await recordSession(
      { nodes: 3, threads: 0, speed: 30 },
      async (client) => {
        await letChaosLoose(client, { clients: 6, deeds: 25, seed: 24 });
      },
    );
    const parsed = parseJournal(journal);
    const inputs = parsed.inputs.filter(
      (input) => "request" in input && !["GET", "HEAD"].includes(input.request.method),
    );
    const { cluster, traceHash, objectsHash } = await replayJournal({ ...parsed, inputs });
    await cluster.close();

    expect(inputs.length).toBeLessThan(parsed.inputs.length);
    expect({ traceHash, objectsHash }).toEqual({
      traceHash: history.traceHash,
      objectsHash: parsed.end?.objectsHash,
    });
  });
});

describe("POST /podrace/v1/snapshot", () => {
  test("answers with the snapshot's bytes; what comes in meanwhile is answered after it", async () => {
    const live = await startLiveCluster({ ...small, nodes: 2 });
    const client = new LiveClient(live.address.server);
    await client.send("POST", pods, aPod("before"));
    const url = `${live.address.server}/podrace/v1/snapshot`;
    const [first, { code }, second] = await Promise.all([
      fetch(url, { method: "POST" }),
      client.send("POST", pods, aPod("meanwhile")),
      fetch(url, { method: "POST" }),
    ]);
    const { summary } = decodeSnapshot(new Uint8Array(await first.arrayBuffer()));
    const later = decodeSnapshot(new Uint8Array(await second.arrayBuffer()));
    client.close();
    await live.stop();

    expect(first.headers.get("content-type")).toBe("application/octet-stream");
    expect(code).toBe(201);
    expect(summary).toMatchObject({ nodes: 2, podrace: expect.stringMatching(/^\d/) });
    expect(journalOf(later).end).toMatchObject({ traceHash: later.summary.traceHash });
  });

  test("has in it only what decides, however much was looked at", async () => {
    const bytes = await saved(async (client) => {
      await client.send("POST", pods, aPod("a"));
      for (let times = 0; times < 20; times++) await client.json(pods);
      const watch = await client.watch(`${pods}?watch=true`);
      watch.cut();
      await watch.ended;
      await client.send("POST", "/podrace/v1/time/step?for=1s");
      await client.send("DELETE", `${pods}/nobody`);
    });

    expect(
      journalOf(decodeSnapshot(bytes)).inputs.map(
        (input) => "request" in input && input.request.method,
      ),
    ).toEqual(["POST", "DELETE"]);
  });

  test.each(["GET", "DELETE"])("is no %s", async (method) => {
    const live = await startLiveCluster({ ...small, nodes: 0 });
    const answer = await fetch(`${live.address.server}/podrace/v1/snapshot`, { method });
    await live.stop();

    expect(answer.status).toBe(405);
  });

  test("is refused where not all that comes in is kept: with etcd's door open", async () => {
    const live = await startLiveCluster({ ...small, nodes: 0, etcdPort: 0 });
    const answer = await fetch(`${live.address.server}/podrace/v1/snapshot`, { method: "POST" });
    const text = await answer.text();
    await live.stop();

    expect(answer.status).toBe(405);
    expect(text).toContain("there are no snapshots of this cluster: what comes in at etcd's door");
  });

  test("is refused by a cluster that has stopped, rather than never answered", async () => {
    const live = await startLiveCluster({ ...small, nodes: 0 });
    await live.stop();

    await expect(live.snapshot()).rejects.toThrow("time has stopped for good");
  });
});
