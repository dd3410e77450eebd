import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { rfc3339Micro } from "../../src/api/time.ts";
import { type LiveCluster, startLiveCluster } from "../../src/cluster/live-cluster.ts";
import { parseStretch, type StretchBody, type TimeBody } from "../../src/cluster/time-control.ts";
import { LiveClient } from "./live-client.ts";

const second = 1_000_000;
const pods = "/api/v1/namespaces/default/pods";

let live: LiveCluster;
let client: LiveClient;
beforeAll(async () => {
  live = await startLiveCluster({ nodes: 1, threads: 0, plainHttp: true, speed: 0 });
  client = new LiveClient(live.address.server);
});
afterAll(async () => {
  client.close();
  await live.stop();
});

/** Paused and settled. */
beforeEach(async () => {
  await turn("speed?to=0");
  await stretch("until-settled");
});

async function turn(action: string): Promise<TimeBody> {
  const { code, text } = await client.send("POST", `/podrace/v1/time/${action}`);
  expect(code).toBe(200);
  return JSON.parse(text) as TimeBody;
}

async function stretch(action: string): Promise<StretchBody> {
  return (await turn(action)) as StretchBody;
}

function time(): Promise<TimeBody> {
  return client.json<TimeBody>("/podrace/v1/time");
}

function aPod(name: string, image = "nginx", command?: readonly string[]): object {
  return { metadata: { name }, spec: { containers: [{ name: "c", image, command }] } };
}

describe("GET /podrace/v1/time", () => {
  test("says what time it is, how fast it passes, and whether there is anything to do", async () => {
    const body = await time();

    expect(body).toEqual({
      now: rfc3339Micro(body.nowUs),
      nowUs: expect.any(Number),
      speed: 0,
      settled: true,
    });
    await client.send("POST", pods, aPod("noticed"));
    expect(await time()).toMatchObject({ speed: 0, settled: false });
    await client.send("DELETE", `${pods}/noticed?gracePeriodSeconds=0`);
  });

  test("moves a paused clock by what requests need to keep their order, 1 µs each", async () => {
    const before = await time();
    const after = await time();

    expect(after.nowUs - before.nowUs).toBe(1);
  });
});

describe("the speed", () => {
  test.each([
    ["0", 0],
    ["0.5", 0.5],
    ["1", 1],
    ["1000000", 1_000_000],
    ["max", "max"],
  ])("can be %s", async (to, speed) => {
    expect(await turn(`speed?to=${to}`)).toMatchObject({ speed });
    expect(await time()).toMatchObject({ speed });
  });

  test.each(["", "fast", "-1", "1000001", "Infinity", "NaN"])("cannot be %j", async (to) => {
    const { code, text } = await client.send("POST", `/podrace/v1/time/speed?to=${to}`);

    expect(code).toBe(400);
    expect(JSON.parse(text)).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: `to: Invalid value: "${to}": must be a number from 0 to 1000000, or max`,
      reason: "BadRequest",
      code: 400,
    });
    expect(await time()).toMatchObject({ speed: 0 });
  });

  test.each([
    ["pause", "50"],
    ["pause", "max"],
    ["speed?to=0", "0.5"],
  ])("after %s is what it was before, %s, when time goes on", async (action, speed) => {
    await turn(`speed?to=${speed}`);
    expect(await turn(action)).toMatchObject({ speed: 0 });
    await turn("pause");
    const { speed: resumed } = await turn("resume");
    await turn("resume");

    expect(String(resumed)).toBe(speed);
  });

  test("stays what it is when nothing was paused", async () => {
    await turn("speed?to=7");

    expect(await turn("resume")).toMatchObject({ speed: 7 });
  });

  test("of a cluster that was started paused is 1 when time goes on", async () => {
    const paused = await startLiveCluster({ nodes: 0, threads: 0, plainHttp: true, speed: 0 });
    const other = new LiveClient(paused.address.server);
    const { text } = await other.send("POST", "/podrace/v1/time/resume");
    other.close();
    await paused.stop();

    expect(JSON.parse(text)).toMatchObject({ speed: 1 });
  });

  test.each([-1, Number.NaN])("of a cluster cannot be %d from the start", async (speed) => {
    await expect(startLiveCluster({ speed })).rejects.toThrow("speed must be a number from 0");
  });

  test("of max does not keep requests waiting", async () => {
    await turn("speed?to=max");
    const { nowUs: before } = await time();
    for (let request = 0; request < 20; request++) await time();
    const { nowUs: after } = await turn("pause");

    expect(after).toBeGreaterThan(before);
    const { nowUs: paused } = await time();
    // The window under way ends, and that is all.
    expect(paused - after).toBeLessThanOrEqual(10_000);
  });
});

describe("a step", () => {
  test("goes through that much time, and says what it cost", async () => {
    // No event is left that could expire on the way, which would be a write, too.
    await stretch("step?for=2h");
    const before = await time();
    const body = await stretch("step?for=10m");

    expect(body).toEqual({
      now: rfc3339Micro(body.nowUs),
      nowUs: before.nowUs + 1 + 600 * second,
      speed: 0,
      settled: true,
      virtualSeconds: 600,
      facts: expect.any(Number),
      writes: expect.any(Number),
    });
    // One node: a lease every 10 s, its status every 5 minutes, each a request and a write.
    expect(body.writes).toBe(62);
    // Each of them is one fact.
    expect(body.facts).toBe(62);
  });

  test.each([
    ["1us", 1],
    ["250ms", 250_000],
    ["1m30s", 90 * second],
    ["8760h", 365 * 86_400 * second],
    ["8760h1us", undefined],
    ["0s", undefined],
    ["-1s", undefined],
  ])("of %s is %d µs long", (text, us) => {
    expect(parseStretch(text)).toBe(us);
  });

  test.each(["", "10", "0s", "-1s", "1d", "8761h", "forever"])("cannot be %j", async (length) => {
    const { code, text } = await client.send("POST", `/podrace/v1/time/step?for=${length}`);

    expect(code).toBe(400);
    expect(JSON.parse(text)).toMatchObject({
      reason: "BadRequest",
      message: `for: Invalid value: "${length}": must be a duration such as 10s or 1m30s, at most a year`,
    });
  });

  test("is what each gets who asks for one at the same time, and nobody less", async () => {
    const lengths = [1, 3, 2];
    const bodies = await Promise.all(lengths.map((length) => stretch(`step?for=${length}s`)));

    for (const [index, { virtualSeconds }] of bodies.entries()) {
      expect(virtualSeconds).toBeGreaterThanOrEqual(lengths[index] ?? 0);
      expect(virtualSeconds).toBeLessThanOrEqual(6);
    }
  });

  test("answers others while it goes on", async () => {
    const stepping = stretch("step?for=2h");
    const created = await client.send("POST", pods, aPod("meanwhile"));
    const { virtualSeconds } = await stepping;
    const pod = await client.json<{ status: { phase: string } }>(`${pods}/meanwhile`);

    expect(created.code).toBe(201);
    expect(virtualSeconds).toBe(7_200);
    expect(pod.status.phase).toBe("Running");
  });
});

describe("until-settled", () => {
  test("costs nothing when there is nothing to do", async () => {
    expect(await stretch("until-settled")).toMatchObject({
      settled: true,
      virtualSeconds: 0,
      facts: 0,
      writes: 0,
    });
  });

  test("goes on until pods run, and says what it cost", async () => {
    for (const name of ["a", "b", "c"]) await client.send("POST", pods, aPod(name));
    const body = await stretch("until-settled");
    const { items } = await client.json<{ items: { status: { phase: string } }[] }>(pods);

    expect(body.settled).toBe(true);
    expect(body.virtualSeconds).toBeGreaterThan(1);
    expect(body.virtualSeconds).toBeLessThan(30);
    expect(body.facts).toBeGreaterThan(30);
    expect(body.writes).toBeGreaterThan(9);
    expect(new Set(items.map(({ status }) => status.phase))).toEqual(new Set(["Running"]));
  });

  test("ends at its limit when a container keeps the cluster busy, and says that it is not", async () => {
    await client.send("POST", pods, aPod("busy", "busybox", ["sleep", "7200"]));
    const limited = await stretch("until-settled?limit=90s");
    expect(limited).toMatchObject({ settled: false, virtualSeconds: 90 });

    const unlimited = await stretch("until-settled");
    expect(unlimited).toMatchObject({ settled: false, virtualSeconds: 600 });
    await client.send("DELETE", `${pods}/busy?gracePeriodSeconds=0`);
    await stretch("until-settled");
  });

  test.each(["10", "0s", "soon"])("has no limit such as %j", async (limit) => {
    const { code, text } = await client.send(
      "POST",
      `/podrace/v1/time/until-settled?limit=${limit}`,
    );

    expect(code).toBe(400);
    expect(JSON.parse(text)).toMatchObject({
      message: `limit: Invalid value: "${limit}": must be a duration such as 10s or 1m30s, at most a year`,
    });
  });

  test("is settled in spite of a watch that somebody holds, bookmarks and a time limit included", async () => {
    const watch = await client.watch(
      `${pods}?watch=true&allowWatchBookmarks=true&timeoutSeconds=3600`,
    );
    const body = await stretch("until-settled");
    watch.cut();

    expect(body).toMatchObject({ settled: true, virtualSeconds: 0 });
  });
});

describe("what the dial does not have", () => {
  test.each([
    ["POST", "/podrace/v1/time", 405],
    ["DELETE", "/podrace/v1/time", 405],
    ["GET", "/podrace/v1/time/pause", 405],
    ["GET", "/podrace/v1/time/step?for=1s", 405],
    ["PUT", "/podrace/v1/time/speed?to=3", 405],
    ["POST", "/podrace/v1/time/rewind", 404],
    ["POST", "/podrace/v1/time/pause/now", 404],
    ["GET", "/podrace/v1/timer", 404],
    ["GET", "/podrace/v1/", 404],
    ["GET", "/podrace/v2/time", 404],
  ])("%s %s is answered with %d, and turns nothing", async (method, path, expected) => {
    const { code } = await client.send(method, path);

    expect(code).toBe(expected);
    expect(await time()).toMatchObject({ speed: 0 });
  });

  test("is said in a Status", async () => {
    const { text } = await client.send("GET", "/podrace/v1/time/pause");

    expect(JSON.parse(text)).toMatchObject({
      kind: "Status",
      reason: "MethodNotAllowed",
      message: expect.stringContaining("podrace"),
    });
  });
});

describe("GET /podrace/v1/trace", () => {
  test("tells the facts of a subject in order, each with its actor and thread", async () => {
    await client.send("POST", pods, aPod("traced"));
    await stretch("until-settled");
    const subject = "pods/default/traced";
    const body = await client.json<{
      subject: string;
      nowUs: number;
      facts: { kind: string; actor: string; thread: string; atUs: number; subject: string }[];
    }>(`/podrace/v1/trace?subject=${subject}`);
    const kinds = body.facts.map(({ kind }) => kind);

    expect(body.subject).toBe(subject);
    expect(kinds.slice(0, 3)).toEqual(["requestReceived", "admitted", "stored"]);
    expect(kinds).toContain("podRunning");
    expect(body.facts.every((fact) => fact.thread === "main" && fact.subject === subject)).toBe(
      true,
    );
    expect(body.facts.map(({ atUs }) => atUs)).toEqual(
      body.facts.map(({ atUs }) => atUs).toSorted((left, right) => left - right),
    );
  });

  test("knows nothing of what there never was", async () => {
    expect(await client.json("/podrace/v1/trace?subject=pods/default/nobody")).toMatchObject({
      facts: [],
    });
  });

  test.each([
    [
      "GET",
      "/podrace/v1/trace",
      400,
      "subject: Required value: must be e.g. pods/default/my-nginx",
    ],
    ["POST", "/podrace/v1/trace?subject=pods/default/a", 405, "podrace"],
  ])("%s %s is refused with %d", async (method, path, expected, words) => {
    const { code, text } = await client.send(method, path);

    expect(code).toBe(expected);
    expect((JSON.parse(text) as { message: string }).message).toContain(words);
  });
});
