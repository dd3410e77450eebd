import { beforeEach, describe, expect, test } from "vitest";
import type { ApiClient } from "../../../src/control-plane/client/api-client.ts";
import { ConnectionLostError } from "../../../src/control-plane/client/connection.ts";
import { EventRecorder } from "../../../src/control-plane/client/event-recorder.ts";
import { Informer } from "../../../src/control-plane/client/informer.ts";
import { Chance } from "../../../src/kernel/chance.ts";
import { type DecisionMap, Decisions } from "../../../src/kernel/decisions.ts";
import type { LinkFault } from "../../../src/kernel/faults.ts";
import { Network } from "../../../src/kernel/network.ts";
import { aConfigMap } from "../apiserver/objects.ts";
import { ServerUnderTest } from "../apiserver/server-under-test.ts";
import { clientOf } from "./client-under-test.ts";

const configMaps = { group: "", version: "v1", plural: "configmaps" };
const second = 1_000_000;

let api: ServerUnderTest;
let heard: string[];
beforeEach(() => {
  api = new ServerUnderTest();
  heard = [];
});

/** A client whose links fail as decided, or as the faults say. */
function aClient(overrides: DecisionMap, faults: readonly LinkFault[] = []): ApiClient {
  const decisions = new Decisions({ chance: new Chance(1), overrides });
  return clientOf(api, "kcm:test", 20, new Network(decisions, faults, api.timeline.nowUs));
}

function create(client: ApiClient, name: string): void {
  const startUs = api.timeline.nowUs;
  const object = { ...aConfigMap(name), metadata: { name, namespace: "default" } };
  client.create(configMaps, object, (error) => {
    const seconds = (api.timeline.nowUs - startUs) / second;
    heard.push(`${seconds} ${error === undefined ? "created" : error.constructor.name}`);
  });
}

function inform(client: ApiClient): Informer {
  const informer = new Informer(client, configMaps);
  informer.addHandlers({
    onAdd: ({ metadata }) => heard.push(`add ${metadata.name}`),
    onUpdate: ({ metadata }) => heard.push(`update ${metadata.name}`),
    onDelete: ({ metadata }) => heard.push(`delete ${metadata.name}`),
  });
  informer.start();
  api.pass(1);
  return informer;
}

const there = "kcm:test→api-1/configmaps";
const back = "api-1→kcm:test/configmaps";

describe("a request", () => {
  test("that is lost ends with an error after 45 s, and nothing was done", () => {
    create(aClient({ [`loss/${there}/#1`]: 1 }), "a");
    api.pass(44);
    expect(heard).toEqual([]);
    api.pass(2);
    expect(heard).toEqual([`45 ${ConnectionLostError.name}`]);
    expect(() => api.get("configmaps", "a")).toThrow("not found");
  });

  test("whose answer is lost ends the same way, and was carried out", () => {
    create(aClient({ [`loss/${back}/#1`]: 1 }), "a");
    api.pass(46);
    expect(heard).toEqual([`45 ${ConnectionLostError.name}`]);
    expect(api.get("configmaps", "a").metadata.name).toBe("a");
  });

  test("that arrives twice is answered once", () => {
    create(aClient({ [`duplicate/${there}/#1`]: 100 }), "a");
    api.pass(60);
    expect(heard).toEqual(["0.001 created"]);
  });

  test("whose answer comes too late is not answered twice", () => {
    create(aClient({ [`delay/${back}/#1`]: 50 * second }), "a");
    api.pass(100);
    expect(heard).toEqual([`45 ${ConnectionLostError.name}`]);
  });

  test("of a component that crashed is carried out, and answered to nobody", () => {
    const client = aClient({});
    create(client, "a");
    client.close();
    api.pass(60);
    expect(heard).toEqual([]);
    expect(api.get("configmaps", "a").metadata.name).toBe("a");
  });
});

describe("an event that is counted up", () => {
  test("is counted once, even if the request comes twice", () => {
    const recorder = new EventRecorder(aClient({ "duplicate/kcm:test→api-1/events/#2": 1_000 }));
    const source = { component: "test", host: "" };
    const failed = { type: "Warning", reason: "Failed", message: "again" } as const;
    const subject = { apiVersion: "v1", kind: "Pod", namespace: "default", name: "web", uid: "u" };
    for (let times = 0; times < 2; times++) {
      recorder.record(subject, failed, source);
      api.pass(1);
    }
    const events = [...api.server.objects("", "events")];
    expect(events.map((event) => event["count"])).toEqual([2]);
  });
});

describe("an informer whose watch", () => {
  test("loses an event hears nothing more until it notices, then it has everything", () => {
    // The second message of this stream after the list is the second event.
    const informer = inform(aClient({ [`loss/${back}/#3`]: 1 }));
    for (const name of ["a", "b", "c"]) api.create("configmaps", aConfigMap(name));
    api.remove("configmaps", "a");
    api.pass(44);
    expect(heard).toEqual(["add a"]);
    api.pass(3);
    expect(heard).toEqual(["add a", "delete a", "add b", "add c"]);
    api.create("configmaps", aConfigMap("d"));
    api.pass(1);
    expect([...informer.objects()].map(({ metadata }) => metadata.name)).toEqual(["b", "c", "d"]);
  });

  test("never reaches the server asks again", () => {
    inform(aClient({ [`loss/${there}/#2`]: 1 }));
    api.create("configmaps", aConfigMap("a"));
    api.pass(47);
    expect(heard).toEqual(["add a"]);
  });

  test("hears an event twice tells of it once", () => {
    inform(aClient({ [`duplicate/${back}/#2`]: 1 }));
    api.create("configmaps", aConfigMap("a"));
    api.pass(1);
    expect(heard).toEqual(["add a"]);
  });

  test("is held is behind until it is released", () => {
    const faults: readonly LinkFault[] = [
      { atUs: 2 * second, kind: "hold", between: ["api-1", "*"], oneWay: true, forUs: 30 * second },
    ];
    inform(aClient({}, faults));
    api.pass(2);
    api.create("configmaps", aConfigMap("a"));
    api.pass(28);
    expect(heard).toEqual([]);
    api.pass(3);
    expect(heard).toEqual(["add a"]);
  });

  test("is of a component that crashed is let go by the server", () => {
    const client = aClient({});
    inform(client);
    client.close();
    api.create("configmaps", aConfigMap("a"));
    api.pass(1);
    expect(heard).toEqual([]);
  });
});
