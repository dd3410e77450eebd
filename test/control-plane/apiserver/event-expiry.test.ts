import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../../src/api/objects.ts";
import { aConfigMap } from "./objects.ts";
import { refusalOf } from "./refusal.ts";
import { ServerUnderTest } from "./server-under-test.ts";

const hourSeconds = 3_600;

describe("an event", () => {
  test("is forgotten an hour after it was written, within a minute", () => {
    const api = new ServerUnderTest();
    api.create("events", anEvent("web.1"));
    const watch = api.watch("events", { resourceVersion: String(api.server.revision) });

    api.pass(hourSeconds - 1);
    expect(watch.lines).toEqual([]);
    api.pass(61);

    expect(watch.lines).toEqual([`DELETED web.1@${api.server.revision}`]);
    expect(refusalOf(() => api.get("events", "web.1")).code).toBe(404);
  });

  test("lives an hour longer when it happens again", () => {
    const api = new ServerUnderTest();
    api.create("events", anEvent("web.1"));
    api.create("events", anEvent("web.2"));
    api.pass(hourSeconds / 2);
    api.update("events", "web.1", (stored) => ({ ...stored, count: 2 }));

    api.pass(hourSeconds / 2 + 60);
    expect(namesOf(api)).toEqual(["web.1"]);

    api.pass(hourSeconds / 2);
    expect(namesOf(api)).toEqual([]);
  });

  test("that somebody deleted and wrote anew is not forgotten with the old one", () => {
    const api = new ServerUnderTest();
    api.create("events", anEvent("web.1"));
    api.pass(hourSeconds - 10);
    api.remove("events", "web.1");
    api.create("events", anEvent("web.1"));

    api.pass(120);

    expect(namesOf(api)).toEqual(["web.1"]);
  });

  test("is the only kind of object that is forgotten", () => {
    const api = new ServerUnderTest();
    api.create("configmaps", aConfigMap("settings"));

    api.pass(3 * hourSeconds);

    expect(api.get("configmaps", "settings")).toBeDefined();
  });
});

describe("the server", () => {
  test("forgets old history, but leaves every reader five minutes", () => {
    const api = new ServerUnderTest();
    const old = String(api.server.revision);
    api.create("configmaps", aConfigMap("settings"));
    const exactly = { resourceVersion: old, resourceVersionMatch: "Exact" };

    api.pass(599);
    expect(api.list("configmaps", exactly).items).toEqual([]);
    api.pass(1);

    expect(refusalOf(() => api.list("configmaps", exactly))).toMatchObject({
      code: 410,
      reason: "Expired",
    });
    expect(api.list("configmaps").items).toHaveLength(1);
  });
});

function anEvent(name: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name },
    involvedObject: { kind: "Pod", namespace: "default", name: "web" },
    reason: "Tested",
    type: "Normal",
  };
}

function namesOf(api: ServerUnderTest): (string | undefined)[] {
  return api.list("events").items.map(({ metadata }) => metadata.name);
}

describe("a server to which much is written", () => {
  test("forgets history before five minutes are over, but keeps the latest changes", () => {
    const api = new ServerUnderTest(undefined, 1_000);
    const first = api.create("configmaps", aConfigMap("settings"));
    const exactly = (revision: number) => ({
      resourceVersion: String(revision),
      resourceVersionMatch: "Exact",
    });
    const write = (count: number): void => {
      for (let index = 0; index < count; index++) {
        api.replace("configmaps", aConfigMap("settings", { n: `${api.server.revision}` }));
      }
    };

    write(1_900);
    api.pass(1);
    expect(api.list("configmaps", exactly(Number(first.metadata.resourceVersion))).items).toEqual([
      first,
    ]);

    write(200);
    api.pass(1);
    const { revision } = api.server;
    expect(refusalOf(() => api.list("configmaps", exactly(revision - 1_300))).code).toBe(410);
    expect(api.list("configmaps", exactly(revision - 900)).items).toHaveLength(1);
  });
});
