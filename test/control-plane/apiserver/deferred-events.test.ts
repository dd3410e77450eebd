import { beforeEach, describe, expect, test } from "vitest";
import { EventRow } from "../../../src/control-plane/apiserver/stored/event-row.ts";
import { ServerUnderTest } from "./server-under-test.ts";

const words = { type: "Normal", reason: "Started", message: "Container started" } as const;
const source = { component: "kubelet", host: "n1" };

let api: ServerUnderTest;
beforeEach(() => {
  api = new ServerUnderTest();
});

/** What a component records of a pod, now. */
function record(name: string, to = api): string {
  const subject = { apiVersion: "v1", kind: "Pod", namespace: "default", name, uid: `u-${name}` };
  const row = new EventRow(subject, words, source, { us: to.timeline.nowUs, number: 0 });
  to.server.createEvent({ user: to.at("events").user, client: "kubelet:n1" }, row, () => {});
  return row.name;
}

describe("events that nobody has read", () => {
  test("are counted as writes, and read as what they are", () => {
    const { revision } = api.server;
    const names = ["web", "db"].map((name) => record(name));
    expect(api.server.revision).toBe(revision + 2);

    const { items } = api.list("events");
    expect(items.map(({ metadata }) => metadata.name)).toEqual(names.toSorted());
    expect(items.map(({ metadata }) => metadata.resourceVersion)).toEqual([
      String(revision + 2),
      String(revision + 1),
    ]);
  });

  test("are told to a watch that resumes from before them, in order with those that were made", () => {
    record("a");
    const { revision } = api.server;
    record("b");
    api.list("events");
    record("c");
    api.remove("events", api.list("events").items[0]?.metadata.name ?? "");
    record("d");

    const watch = api.watch("events", { resourceVersion: String(revision) });
    record("e");

    expect(watch.lines.map((line) => line.replace(/\.[0-9a-f]+@.*/, ""))).toEqual([
      "ADDED b",
      "ADDED c",
      "DELETED a",
      "ADDED d",
      "ADDED e",
    ]);
  });

  test("are told to a watch at once while there is one", () => {
    const watch = api.watch("events", { resourceVersion: "0" });
    record("a");
    expect(watch.lines).toHaveLength(1);
    watch.stop();
    record("b");
    expect(api.list("events").items).toHaveLength(2);
  });

  test("cannot be resumed from before what is compacted", () => {
    api = new ServerUnderTest(undefined, 20);
    const { revision } = api.server;
    for (let number = 0; number < 60; number++) {
      record(`pod-${number}`);
      api.pass(1);
    }
    const watch = api.watch("events", { resourceVersion: String(revision) });
    expect(watch.lines[0]).toMatch(/^ERROR 410 too old resource version/);
    const late = api.watch("events", { resourceVersion: String(api.server.revision - 5) });
    expect(late.lines).toHaveLength(5);
  });

  test("are forgotten an hour after they were written, whether somebody read them or not", () => {
    record("a");
    api.pass(1_800);
    record("b");
    api.pass(1_860);
    expect(api.list("events").items.map(({ metadata }) => metadata.name?.split(".")[0])).toEqual([
      "b",
    ]);
    record("c");
    api.pass(1_800);
    expect(api.list("events").items.map(({ metadata }) => metadata.name?.split(".")[0])).toEqual([
      "c",
    ]);
  });

  test("are kept apart from those that somebody else writes", () => {
    record("a");
    api.create("events", {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: "theirs" },
      involvedObject: { kind: "Pod", namespace: "default", name: "web" },
      reason: "Tested",
      type: "Normal",
    });
    record("b");
    expect(api.list("events").items).toHaveLength(3);
  });
});
