import { beforeEach, describe, expect, test } from "vitest";
import type { Event as CoreEvent } from "../../../src/api/objects.ts";
import { EventRecorder } from "../../../src/control-plane/client/event-recorder.ts";
import { ServerUnderTest } from "../apiserver/server-under-test.ts";
import { clientOf } from "./client-under-test.ts";

const subject = {
  apiVersion: "v1",
  kind: "Pod",
  namespace: "default",
  name: "web",
  uid: "u1",
  resourceVersion: "7",
};
const source = { component: "default-scheduler", host: "" };
const refused = { type: "Warning", reason: "FailedScheduling", message: "0/1 nodes" } as const;

let api: ServerUnderTest;
let recorder: EventRecorder;
beforeEach(() => {
  api = new ServerUnderTest();
  recorder = new EventRecorder(clientOf(api));
});

describe("an event", () => {
  test("says what happened to what, when, and who says so", () => {
    recorder.record(subject, refused, source);
    api.pass(1);

    const [event, ...others] = eventsOf();
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      metadata: { namespace: "default" },
      involvedObject: {
        apiVersion: "v1",
        kind: "Pod",
        namespace: "default",
        name: "web",
        uid: "u1",
        resourceVersion: "7",
      },
      ...refused,
      source: { component: "default-scheduler" },
      reportingComponent: "default-scheduler",
      reportingInstance: "",
      firstTimestamp: "2026-01-01T00:00:00Z",
      lastTimestamp: "2026-01-01T00:00:00Z",
      count: 1,
      eventTime: null,
    });
    expect(event?.metadata.name).toMatch(/^web\.[0-9a-f]{16}$/);
  });

  test("of a node's component names the node", () => {
    recorder.record({ ...subject, fieldPath: "spec.containers{main}" }, refused, {
      ...source,
      host: "n1",
    });
    api.pass(1);

    expect(eventsOf()[0]).toMatchObject({
      source: { component: "default-scheduler", host: "n1" },
      reportingInstance: "n1",
      involvedObject: { fieldPath: "spec.containers{main}" },
    });
  });

  test("of what is in no namespace is in the default one", () => {
    recorder.record(
      { apiVersion: "v1", kind: "Node", namespace: "", name: "n1", uid: "n1" },
      refused,
      source,
    );
    api.pass(1);

    const [event] = eventsOf();
    expect(event?.metadata.namespace).toBe("default");
    expect(event?.involvedObject).toEqual({
      apiVersion: "v1",
      kind: "Node",
      name: "n1",
      uid: "n1",
    });
  });

  test("that happens again is counted up, with the time of the last", () => {
    recorder.record(subject, refused, source);
    api.pass(30);
    recorder.record(subject, refused, source);
    recorder.record(subject, refused, source);
    api.pass(1);

    expect(eventsOf()).toMatchObject([
      {
        count: 3,
        firstTimestamp: "2026-01-01T00:00:00Z",
        lastTimestamp: "2026-01-01T00:00:30Z",
      },
    ]);
  });

  test("of another message, reason, container or object is another event", () => {
    recorder.record(subject, refused, source);
    recorder.record(subject, { ...refused, message: "0/2 nodes" }, source);
    recorder.record(subject, { ...refused, reason: "Other" }, source);
    recorder.record({ ...subject, fieldPath: "spec.containers{a}" }, refused, source);
    recorder.record({ ...subject, uid: "u2" }, refused, source);
    api.pass(1);

    expect(eventsOf()).toHaveLength(5);
    expect(new Set(eventsOf().map(({ metadata }) => metadata.name)).size).toBe(5);
    expect(eventsOf().every(({ count }) => count === 1)).toBe(true);
  });

  test("that somebody deleted, or that expired, is written anew when it happens again", () => {
    recorder.record(subject, refused, source);
    api.pass(1);
    api.remove("events", eventsOf()[0]?.metadata.name ?? "");
    recorder.record(subject, refused, source);
    api.pass(1);
    expect(eventsOf()).toMatchObject([{ count: 1, firstTimestamp: "2026-01-01T00:00:01Z" }]);

    api.pass(2 * 3_600);
    expect(eventsOf()).toEqual([]);
    recorder.record(subject, refused, source);
    api.pass(1);
    expect(eventsOf()).toMatchObject([{ count: 1 }]);
  });

  test("of which thousands of others happened since is written anew", () => {
    recorder.record(subject, refused, source);
    for (let number = 0; number < 4_096; number++) {
      recorder.record(subject, { ...refused, message: String(number) }, source);
      if (number % 500 === 0) api.pass(0.001);
    }
    recorder.record(subject, refused, source);
    api.pass(1);

    const again = eventsOf().filter(({ message }) => message === refused.message);
    expect(again.map(({ count }) => count)).toEqual([1, 1]);
  });
});

function eventsOf(): readonly CoreEvent[] {
  return api.list("events", {}, { namespace: "" }).items as unknown as readonly CoreEvent[];
}
