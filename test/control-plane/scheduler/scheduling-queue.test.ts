import { beforeEach, describe, expect, test } from "vitest";
import {
  type QueuedPod,
  SchedulingQueue,
} from "../../../src/control-plane/scheduler/scheduling-queue.ts";
import { Timeline } from "../../../src/kernel/timeline.ts";

let timeline: Timeline;
let queue: SchedulingQueue;
let woken: number;
beforeEach(() => {
  timeline = new Timeline();
  woken = 0;
  queue = new SchedulingQueue(timeline, { id: 10, name: "scheduler" }, () => woken++);
});

describe("active pods", () => {
  test("come by priority, then by arrival", () => {
    queue.add("a", 0);
    queue.add("b", 5);
    queue.add("c", 0);
    queue.add("d", 5);
    queue.add("e", -1);

    expect(drained()).toEqual(["b", "d", "a", "c", "e"]);
  });

  test("come in order however many there are", () => {
    const priorities = Array.from({ length: 200 }, (_none, index) => (index * 37) % 11);
    for (const [index, priority] of priorities.entries()) queue.add(String(index), priority);

    const expected = priorities
      .map((priority, index) => ({ priority, index }))
      .toSorted((left, right) => right.priority - left.priority || left.index - right.index);
    expect(drained()).toEqual(expected.map(({ index }) => String(index)));
  });

  test("are told of, each once however often it is added", () => {
    queue.add("a", 0);
    queue.add("a", 0);

    expect(woken).toBe(1);
    expect(queue.size).toBe(1);
    expect(drained()).toEqual(["a"]);
  });

  test("that are gone, or have a node, do not come", () => {
    queue.add("a", 0);
    queue.add("b", 0);
    queue.remove("a");

    expect(drained()).toEqual(["b"]);
    queue.remove("b");
    expect(queue.size).toBe(0);
  });

  test("that come back under the same name come last", () => {
    queue.add("a", 0);
    queue.add("b", 0);
    queue.remove("a");
    queue.add("a", 0);

    expect(drained()).toEqual(["b", "a"]);
  });
});

describe("a pod that could not be bound", () => {
  test("is tried again after a second, then two, four, eight, and ten at most", () => {
    queue.add("a", 0);
    for (const seconds of [1, 2, 4, 8, 10, 10]) {
      queue.putBack(next());
      pass(seconds - 0.001);
      expect(queue.next(), `${seconds} s`).toBeUndefined();
      pass(0.001);
      expect(queue.size).toBe(1);
      expect(woken).toBeGreaterThan(1);
    }
    expect(next()).toMatchObject({ key: "a", attempts: 6 });
  });

  test("is not tried again when it is gone", () => {
    queue.add("a", 0);
    const pod = next();
    queue.remove("a");
    queue.putBack(pod);

    pass(60);

    expect(queue.next()).toBeUndefined();
    expect(queue.size).toBe(0);
  });
});

describe("a pod that fits nowhere", () => {
  test("waits until the cluster changes", () => {
    park("a");
    pass(100);
    expect(queue.next()).toBeUndefined();

    queue.wakeUnschedulable();
    pass(0);

    expect(queue.next()?.key).toBe("a");
  });

  test("has its back-off first, when the cluster changes at once", () => {
    park("a");
    pass(0.4);
    queue.wakeUnschedulable();
    pass(0.599);
    expect(queue.next()).toBeUndefined();
    pass(0.001);

    expect(queue.next()?.key).toBe("a");
  });

  test("keeps the place of its priority among those that come to life", () => {
    queue.add("low", 0);
    queue.add("high", 9);
    for (let pod = queue.next(); pod; pod = queue.next()) queue.parkUnschedulable(pod);
    pass(20);

    queue.wakeUnschedulable();
    pass(0);

    expect(drained()).toEqual(["high", "low"]);
  });

  test("is tried again after five minutes, although nothing changed", () => {
    park("a");
    pass(299.999);
    expect(queue.next()).toBeUndefined();
    pass(0.001);

    expect(queue.next()?.key).toBe("a");
  });

  test("counts its five minutes from its last attempt", () => {
    park("a");
    pass(290);
    queue.wakeUnschedulable();
    pass(0);
    queue.parkUnschedulable(next());
    pass(290);
    expect(queue.next()).toBeUndefined();
    pass(10);

    expect(queue.next()?.key).toBe("a");
  });

  test("may be woken by a change of its own", () => {
    park("a");
    park("b");
    pass(20);

    queue.wake("a");
    queue.wake("nosuch");
    pass(0);

    expect(drained()).toEqual(["a"]);
  });

  test("is not woken when it is gone", () => {
    park("a");
    queue.remove("a");
    queue.wakeUnschedulable();
    pass(400);

    expect(queue.next()).toBeUndefined();
  });
});

function next(): QueuedPod {
  const pod = queue.next();
  if (pod === undefined) throw new Error("no pod is active");
  return pod;
}

function park(key: string): void {
  queue.add(key, 0);
  queue.parkUnschedulable(next());
}

function drained(): string[] {
  const keys: string[] = [];
  for (let pod = queue.next(); pod !== undefined; pod = queue.next()) keys.push(pod.key);
  return keys;
}

function pass(seconds: number): void {
  const untilUs = timeline.nowUs + Math.round(seconds * 1_000_000);
  timeline.runBefore(untilUs + 1);
  timeline.moveTo(untilUs);
}
