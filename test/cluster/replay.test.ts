import { describe, expect, test } from "vitest";
import { type JournalEntry, parseJournal } from "../../src/cluster/journal.ts";
import { startLiveCluster } from "../../src/cluster/live-cluster.ts";
import { objectsHash } from "../../src/cluster/objects-hash.ts";
import { replayJournal } from "../../src/cluster/replay.ts";
import { letChaosLoose } from "./chaotic-clients.ts";
import { LiveClient } from "./live-client.ts";
import { changedBody, MemoryJournal, recordSession, replaySession } from "./recorded-session.ts";

const second = 1_000_000;
const pods = "/api/v1/namespaces/default/pods";
const configMaps = "/api/v1/namespaces/default/configmaps";

function aPod(name: string): object {
  return { metadata: { name }, spec: { containers: [{ name: "c", image: "nginx" }] } };
}

describe("a session that is replayed", () => {
  test.each([
    [1, 1],
    [30, 2],
    [300, 3],
  ])(
    "comes to the same, whatever its clients did, at speed %d",
    { timeout: 30_000 },
    async (speed, seed) => {
      const { journal, history } = await recordSession(
        { nodes: 3, threads: 0, speed },
        async (client) => {
          const codes = await letChaosLoose(client, { clients: 8, deeds: 25, seed });
          expect([...codes.keys()]).toEqual(expect.arrayContaining([200, 201, 400, 404, 409]));
          expect(codes.get(500)).toBeUndefined();
        },
      );

      expect(await replaySession(journal)).toEqual(history);
    },
  );

  test("comes to the same with all that went wrong in it", { timeout: 30_000 }, async () => {
    const odds = { perMillion: 60_000, maxUs: 5 * second };
    const { journal, history } = await recordSession(
      {
        nodes: 3,
        threads: 0,
        speed: 300,
        faults: [{ atUs: 30 * second, kind: "crash", actor: "scheduler", forUs: 20 * second }],
        explore: { loss: odds, delay: odds, duplicate: odds, crash: odds, slow: odds, clock: odds },
        decisions: { "pause/api-1/#6": 5 * second },
      },
      async (client) => {
        await letChaosLoose(client, { clients: 4, deeds: 25, seed: 5 });
        await client.send("POST", "/podrace/v1/time/step?for=60s");
      },
    );

    expect(history.facts.some(({ kind }) => kind === "actorCrashed")).toBe(true);
    expect(history.facts.some(({ kind }) => kind === "actorPaused")).toBe(true);
    expect(await replaySession(journal)).toEqual(history);
    expect(await replaySession(journal, 2)).toEqual(history);
  });

  test("comes to the same when nobody asked for anything", async () => {
    const { journal, history } = await recordSession({ nodes: 2, threads: 0 }, async () => {});

    expect(await replaySession(journal)).toEqual(history);
  });

  test("comes to the same when it went as fast as it goes", async () => {
    const { journal, history } = await recordSession(
      { nodes: 1, threads: 0, speed: Infinity },
      async (client) => {
        await client.send("POST", pods, aPod("fast"));
        await client.send("DELETE", `${pods}/fast`);
        await client.send("POST", "/podrace/v1/time/pause");
        await client.send("POST", pods, aPod("late"));
      },
    );

    expect(await replaySession(journal)).toEqual(history);
  });

  test("has seen what another one with one other word in it has not", async () => {
    const { journal, history } = await recordSession({ nodes: 1, threads: 0 }, async (client) => {
      await client.send("POST", configMaps, { metadata: { name: "c" }, data: { word: "race" } });
    });
    const changed = changedBody(journal, (body) => body.replace('"race"', '"pace"'));
    const first = await replayJournal(parseJournal(journal));
    const other = await replayJournal(parseJournal(changed));
    await Promise.all([first.cluster.close(), other.cluster.close()]);

    expect(first.objectsHash).toBe(parseJournal(journal).end?.objectsHash);
    expect(other.objectsHash).not.toBe(first.objectsHash);
    // No fact tells what is in a ConfigMap.
    expect(other.traceHash).toBe(history.traceHash);
  });

  test("has a history of its own when a request asks for something else", async () => {
    const { journal, history } = await recordSession({ nodes: 1, threads: 0 }, async (client) => {
      await client.send("POST", pods, aPod("a"));
      await client.send("POST", "/podrace/v1/time/step?for=10s");
    });
    const changed = changedBody(journal, (body) => body.replace("nginx", "redis"));

    expect((await replaySession(changed)).traceHash).not.toBe(history.traceHash);
  });
});

describe("a moment of a session", () => {
  test("is the cluster as it was then, with what had come in until then", async () => {
    const moments: number[] = [];
    const { journal } = await recordSession({ nodes: 1, threads: 0, speed: 0 }, async (client) => {
      for (const name of ["a", "b", "c"]) {
        await client.send("POST", pods, aPod(name));
        await client.send("POST", "/podrace/v1/time/step?for=20s");
        moments.push((await client.json<{ nowUs: number }>("/podrace/v1/time")).nowUs);
      }
      await client.send("DELETE", `${pods}?gracePeriodSeconds=0`);
    });
    const found: unknown[] = [];
    for (const untilUs of moments) {
      const { cluster, nowUs } = await replayJournal(parseJournal(journal), { untilUs });
      found.push([nowUs, [...cluster.server.objects("", "pods")].map(nameAndPhase)]);
      await cluster.close();
    }

    expect(found).toEqual([
      [moments[0], ["a Running"]],
      [moments[1], ["a Running", "b Running"]],
      [moments[2], ["a Running", "b Running", "c Running"]],
    ]);
  });

  test("in the middle of a pod's start shows it half started", async () => {
    const { journal } = await recordSession({ nodes: 1, threads: 0, speed: 0 }, async (client) => {
      await client.send("POST", pods, aPod("a"));
      await client.send("POST", "/podrace/v1/time/until-settled");
    });
    const created = parseJournal(journal).inputs[0]?.atUs ?? 0;
    const untilUs = created + 300_000;
    const { cluster, nowUs } = await replayJournal(parseJournal(journal), { untilUs });
    const kinds = cluster.facts("pods/default/a").map(({ kind }) => kind);
    await cluster.close();

    expect(nowUs).toBe(untilUs);
    expect(kinds).toContain("podSeen");
    expect(kinds).not.toContain("podRunning");
  });

  test("before its start is its start, and after its end is its end", async () => {
    const { journal, history } = await recordSession({ nodes: 1, threads: 0 }, async (client) => {
      await client.send("POST", pods, aPod("a"));
    });
    const parsed = parseJournal(journal);
    const before = await replayJournal(parsed, { untilUs: 0 });
    const after = await replayJournal(parsed, { untilUs: history.nowUs + 3_600 * second });
    await Promise.all([before.cluster.close(), after.cluster.close()]);

    expect(before).toMatchObject({ nowUs: parsed.options.startUs, inputs: 0 });
    expect(after).toMatchObject({ nowUs: history.nowUs, traceHash: history.traceHash });
  });
});

describe("a session that was cut off", () => {
  /** All but its end, as a killed process leaves it. */
  async function aCutSession(): Promise<{ readonly text: string; readonly lastUs: number }> {
    const { journal } = await recordSession({ nodes: 1, threads: 0, speed: 0 }, async (client) => {
      await client.send("POST", pods, aPod("a"));
    });
    const text = journal.slice(0, journal.lastIndexOf("\n", journal.length - 2) + 1);
    return { text, lastUs: parseJournal(text).inputs.at(-1)?.atUs ?? 0 };
  }

  test("is replayed up to what came in last", async () => {
    const { text, lastUs } = await aCutSession();
    const { nowUs, inputs, cluster } = await replayJournal(parseJournal(text));
    await cluster.close();

    expect({ nowUs, inputs }).toEqual({ nowUs: lastUs, inputs: 1 });
  });

  test("goes on beyond that when asked for a later moment: what broke it may be there", async () => {
    const { text, lastUs } = await aCutSession();
    const untilUs = lastUs + 60 * second;
    const { nowUs, cluster } = await replayJournal(parseJournal(text), { untilUs });
    const found = [...cluster.server.objects("", "pods")].map(nameAndPhase);
    await cluster.close();

    expect([nowUs, found]).toEqual([untilUs, ["a Running"]]);
  });
});

describe("a recording", () => {
  test("ends with its end, whatever is under way when the cluster stops", async () => {
    for (let round = 0; round < 5; round++) {
      const journal = new MemoryJournal();
      // Long windows, so that it stops in the middle of one.
      const options = { nodes: 2, threads: 0, kubeletLatencyUs: 400_000 };
      const live = await startLiveCluster({ ...options, plainHttp: true, journal });
      const client = new LiveClient(live.address.server);
      await Promise.all(Array.from({ length: 20 }, () => client.watch(`${pods}?watch=true`)));
      const requests = Array.from({ length: 20 }, (_none, number) =>
        client.send("POST", pods, aPod(`p-${number}`)).catch(() => undefined),
      );
      requests.push(client.send("POST", "/podrace/v1/time/step?for=1h").catch(() => undefined));
      for (let turn = 0; turn < round * 3; turn++) await new Promise(setImmediate);
      await live.stop();
      await Promise.all(requests);
      client.close();
      const { end } = parseJournal(journal.text);
      const { traceHash, objectsHash: objects } = await replayed(journal.text);

      expect({ traceHash, objects }).toEqual({
        traceHash: end?.traceHash,
        objects: objectsHash(live.cluster),
      });
    }
  });

  test("has one end, however often the cluster is stopped", async () => {
    const journal = new MemoryJournal();
    const live = await startLiveCluster({ nodes: 0, threads: 0, plainHttp: true, journal });
    await Promise.all([live.stop(), live.stop()]);
    await live.stop();

    expect(parseJournal(journal.text).end).toBeDefined();
  });

  test("that cannot go on ends the run", async () => {
    const journal = new FullJournal(3);
    const live = await startLiveCluster({ nodes: 1, threads: 0, plainHttp: true, journal });
    const client = new LiveClient(live.address.server);
    await client.send("GET", "/version");
    await client.send("GET", "/version");
    void client.send("GET", "/version").catch(() => undefined);
    const failure = await live.failed;
    client.close();
    await live.stop();

    expect(failure).toEqual(new Error("no space left"));
    expect(parseJournal(journal.text)).toMatchObject({ inputs: { length: 2 }, end: undefined });
  });

  test("whose end cannot be written is an error, and the cluster is closed all the same", async () => {
    const journal = new FullJournal(1);
    const live = await startLiveCluster({ nodes: 1, threads: 0, plainHttp: true, journal });

    await expect(live.stop()).rejects.toThrow("no space left");
    await expect(fetch(`${live.address.server}/version`)).rejects.toThrow();
  });
});

/** A journal on a disk that is full after some lines. */
class FullJournal extends MemoryJournal {
  #room: number;

  constructor(lines: number) {
    super();
    this.#room = lines;
  }

  override write(entry: JournalEntry): void {
    if (this.#room-- <= 0) throw new Error("no space left");
    super.write(entry);
  }
}

async function replayed(text: string): ReturnType<typeof replayJournal> {
  const result = await replayJournal(parseJournal(text));
  await result.cluster.close();
  return result;
}
function nameAndPhase(pod: object): string {
  const { metadata, status } = pod as { metadata: { name: string }; status: { phase: string } };
  return `${metadata.name} ${status.phase}`;
}
