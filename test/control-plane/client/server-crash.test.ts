import { beforeEach, describe, expect, test } from "vitest";
import { ApiClient } from "../../../src/control-plane/client/api-client.ts";
import { Informer } from "../../../src/control-plane/client/informer.ts";
import { ActorFaults } from "../../../src/kernel/actor-faults.ts";
import { Chance } from "../../../src/kernel/chance.ts";
import { type DecisionMap, Decisions } from "../../../src/kernel/decisions.ts";
import type { ActorFault, LinkFault } from "../../../src/kernel/faults.ts";
import { Network } from "../../../src/kernel/network.ts";
import { askedList, RecordedWatch } from "../apiserver/api-driver.ts";
import { aConfigMap } from "../apiserver/objects.ts";
import { startUs } from "../apiserver/server-under-test.ts";
import { type LateServer, ServersUnderTest } from "../apiserver/servers-under-test.ts";

const configMaps = { group: "", version: "v1", plural: "configmaps" };
const second = 1_000_000;

let servers: ServersUnderTest;
let heard: string[];
beforeEach(() => {
  servers = new ServersUnderTest();
  heard = [];
});

/** Lets a server crash at a time, seconds after the start; for good, without an end. */
function crash({ server }: LateServer, at: number, forSeconds?: number): void {
  const { timeline } = servers;
  const gate = new ActorFaults(timeline, new Decisions({ chance: new Chance(1) }), () => {});
  timeline.setGate(gate);
  const { actor } = server;
  const forUs = forSeconds === undefined ? {} : { forUs: Math.round(forSeconds * second) };
  const fault: ActorFault = {
    kind: "crash",
    atUs: Math.round(at * second),
    actor: actor.name,
    ...forUs,
  };
  const victim = { actor, crash: () => server.crash(), restart: () => server.restart() };
  gate.add(victim, [fault], startUs);
}

/** A client of some servers, in their order, 0.5 ms away. */
function aClient(
  chosen: readonly LateServer[],
  overrides: DecisionMap = {},
  faults: readonly LinkFault[] = [],
): ApiClient {
  const decisions = new Decisions({ chance: new Chance(1), overrides });
  const [first, ...others] = chosen.map(({ server }) => server);
  if (first === undefined) throw new Error("a client has a server");
  return new ApiClient({
    actor: { id: 20, name: "kcm:test" },
    timeline: servers.timeline,
    server: first,
    others,
    username: "system:kube-controller-manager",
    latencyUs: 500,
    network: new Network(decisions, faults, startUs),
  });
}

/** Lets time pass until so many seconds after the start. */
function until(seconds: number): void {
  const { timeline } = servers;
  servers.pass((startUs + Math.round(seconds * second) - timeline.nowUs) / second);
}

function create(client: ApiClient, name: string): void {
  const object = { ...aConfigMap(name), metadata: { name, namespace: "default" } };
  client.create(configMaps, object, (error) => {
    const ms = (servers.timeline.nowUs - startUs) / 1_000;
    heard.push(`${ms} ${error?.message ?? `${name} created`}`);
  });
}

function inform(client: ApiClient): Informer {
  const informer = new Informer(client, configMaps);
  informer.addHandlers({
    onAdd: ({ metadata }) => heard.push(`add ${metadata.name}`),
    onDelete: ({ metadata }) => heard.push(`delete ${metadata.name}`),
  });
  informer.start();
  return informer;
}

const lost = "http2: client connection lost";
const refused = "connect: connection refused";

describe("a client whose API server crashes", () => {
  test("hears one way later that what it has asked is lost, and nothing was done", () => {
    crash(servers.first, 1.0002, 60);
    const client = aClient([servers.first]);
    until(1);
    create(client, "a");
    until(1.1);

    expect(heard).toEqual([`1000.7 ${lost}`]);
    expect(servers.second.list("configmaps").items).toEqual([]);
  });

  test("never has it done by the next life of that server", () => {
    crash(servers.first, 1.0002, 0.000_1);
    const client = aClient([servers.first]);
    until(1);
    create(client, "a");
    until(1.1);
    create(client, "b");
    until(60);

    expect(heard).toEqual([`1000.7 ${lost}`, "1101 b created"]);
    expect(names(servers.first)).toEqual(["b"]);
  });

  test("gets the answers that were on their way", () => {
    crash(servers.first, 1.000_7, 60);
    const client = aClient([servers.first]);
    until(1);
    create(client, "a");
    until(1.1);

    expect(heard).toEqual(["1001 a created"]);
  });

  test("is refused while it is down, and served when it is back", () => {
    crash(servers.first, 1, 60);
    const client = aClient([servers.first]);
    until(2);
    create(client, "a");
    until(61.5);
    create(client, "b");
    until(62);

    expect(heard).toEqual([`2001 ${refused}`, "61501 b created"]);
  });

  test("goes on to the next server as soon as it knows", () => {
    crash(servers.second, 1);
    const client = aClient([servers.second, servers.third]);
    inform(client);
    until(1.001);
    create(client, "a");
    until(2.2);

    expect(heard).toEqual(["1002 a created", "add a"]);
  });

  test("finds out after 45 s when the word of it gets lost, and lists again then", () => {
    crash(servers.first, 1, 10);
    const client = aClient([servers.first], {}, [
      { atUs: 0.9 * second, kind: "partition", between: ["api-1", "kcm:test"], forUs: second },
    ]);
    inform(client);
    until(20);
    servers.first.create("configmaps", aConfigMap("a"));
    until(45.9);
    expect(heard).toEqual([]);
    until(47.1);
    expect(heard).toEqual(["add a"]);
  });

  test("is not told twice of a watch that its server had ended before", () => {
    crash(servers.second, 5);
    const client = aClient([servers.second, servers.third]);
    const watch = new RecordedWatch();
    // Of a revision that the cache does not know how to go on from.
    client.watch({ ...configMaps, fieldSelector: "", resourceVersion: "1" }, watch);
    until(10);

    expect(watch.lines).toHaveLength(1);
    expect(watch.lines[0]).toMatch(/too old resource version/);
  });
});

describe("an informer whose API server crashes", () => {
  test("has what there is soon after that is back, and all that comes", () => {
    crash(servers.first, 1, 10);
    const informer = inform(aClient([servers.first]));
    servers.first.create("configmaps", aConfigMap("old"));
    until(2);
    // Others write meanwhile.
    servers.second.create("configmaps", aConfigMap("new"));
    servers.second.remove("configmaps", "old");
    until(10.9);
    expect([...informer.objects()].map(({ metadata }) => metadata.name)).toEqual(["old"]);
    until(12.1);
    expect([...informer.objects()].map(({ metadata }) => metadata.name)).toEqual(["new"]);
    servers.second.create("configmaps", aConfigMap("newer"));
    until(12.2);
    expect(heard).toEqual(["add old", "delete old", "add new", "add newer"]);
  });
});

describe("an API server that is back", () => {
  test("goes on with watches from its list on, and not from before", () => {
    const old = String(servers.first.server.revision);
    crash(servers.first, 1, 1);
    until(1.5);
    servers.second.create("configmaps", aConfigMap("a"));
    until(2);
    const listed = String(servers.first.server.revision);
    const tooOld = servers.first.watch("configmaps", { resourceVersion: old });
    const current = servers.first.watch("configmaps", { resourceVersion: listed });
    servers.second.create("configmaps", aConfigMap("b"));

    expect(tooOld.lines[0]).toMatch(/too old resource version/);
    expect(current.lines.map((line) => line.split("@")[0])).toEqual(["ADDED b"]);
  });

  test("has nothing, and answers nobody, until it has heard from the store", () => {
    servers.second.lagMs = 3_000;
    servers.first.create("configmaps", aConfigMap("a"));
    crash(servers.second, 1, 1);
    const client = aClient([servers.second]);
    until(4);
    expect([servers.second.server.isServing, names(servers.second)]).toEqual([false, []]);
    create(client, "b");
    until(5);
    expect([servers.second.server.isServing, names(servers.second)]).toEqual([true, ["a"]]);
    create(client, "c");
    until(6);

    expect(heard).toEqual([`4001 ${refused}`, "5001 c created"]);
  });

  test("asks again when what the store says gets lost", () => {
    servers.first.create("configmaps", aConfigMap("a"));
    crash(servers.second, 1, 1);
    servers.second.isCut = true;
    until(3.5);
    expect(servers.second.server.isServing).toBe(false);
    servers.second.isCut = false;
    until(5);
    expect(names(servers.second)).toEqual(["a"]);
  });

  test("never answers what a life before was asked", () => {
    servers.second.lagMs = 1_000;
    crash(servers.second, 1, 1);
    until(0.5);
    servers.first.create("configmaps", aConfigMap("a"));
    // It waits until the cache is as new as the store.
    const list = askedList(servers.second, "configmaps");
    until(60);
    expect(list).toEqual({});
  });
});

function names({ server }: LateServer): readonly (string | undefined)[] {
  return [...server.objects("", "configmaps")].map(({ metadata }) => metadata.name);
}
