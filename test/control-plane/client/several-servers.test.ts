import { beforeEach, describe, expect, test } from "vitest";
import { ApiClient } from "../../../src/control-plane/client/api-client.ts";
import { Informer } from "../../../src/control-plane/client/informer.ts";
import { Chance } from "../../../src/kernel/chance.ts";
import { type DecisionMap, Decisions } from "../../../src/kernel/decisions.ts";
import { Network } from "../../../src/kernel/network.ts";
import { aConfigMap } from "../apiserver/objects.ts";
import { ServersUnderTest } from "../apiserver/servers-under-test.ts";

const configMaps = { group: "", version: "v1", plural: "configmaps" };

let servers: ServersUnderTest;
let heard: string[];
beforeEach(() => {
  servers = new ServersUnderTest();
  heard = [];
});

/** A client of the second server, then of the third, whose links fail as decided. */
function aClient(overrides: DecisionMap): ApiClient {
  const { timeline, second, third } = servers;
  const decisions = new Decisions({ chance: new Chance(1), overrides });
  return new ApiClient({
    actor: { id: 20, name: "kcm:test" },
    timeline,
    server: second.server,
    others: [third.server],
    username: "system:kube-controller-manager",
    latencyUs: 500,
    network: new Network(decisions, [], timeline.nowUs),
  });
}

function create(client: ApiClient, name: string): void {
  const object = { ...aConfigMap(name), metadata: { name, namespace: "default" } };
  client.create(configMaps, object, (error) => heard.push(error?.message ?? `${name} created`));
}

/** Which servers carried requests out. */
function servants(): readonly string[] {
  return servers.trace
    .facts()
    .filter(({ kind, subject }) => kind === "stored" && subject.startsWith("configmaps/"))
    .map(({ actor }) => actor);
}

const lossOfRequest = { "loss/kcm:test→api-2/configmaps/#1": 1 };

describe("a client of several API servers", () => {
  test("keeps to one while that answers", () => {
    const client = aClient({});
    for (const name of ["a", "b"]) create(client, name);
    servers.pass(1);
    create(client, "c");
    servers.pass(1);

    expect(servants()).toEqual(["api-2", "api-2", "api-2"]);
  });

  test("goes on to the next when it gets no answer, once for all that it has asked", () => {
    const client = aClient({ ...lossOfRequest, "loss/kcm:test→api-2/configmaps/#2": 1 });
    for (const name of ["a", "b"]) create(client, name);
    servers.pass(46);
    for (const name of ["c", "d"]) create(client, name);
    servers.pass(1);

    const lost = "http2: client connection lost";
    expect(heard).toEqual([lost, lost, "c created", "d created"]);
    expect(servants()).toEqual(["api-3", "api-3"]);
  });

  test("takes its watches with it", () => {
    const client = aClient({ "loss/kcm:test→api-2/configmaps/#3": 1 });
    const informer = new Informer(client, configMaps);
    informer.addHandlers({ onAdd: ({ metadata }) => heard.push(`add ${metadata.name}`) });
    informer.start();
    servers.pass(1);
    // From here on the second server hears of nothing, and so says nothing that could be lost.
    servers.second.isCut = true;
    servers.first.create("configmaps", aConfigMap("a"));
    servers.pass(10);
    expect(heard).toEqual([]);

    create(client, "b");
    servers.pass(48);

    expect(heard).toEqual(["http2: client connection lost", "add a"]);
  });
});
