import { beforeEach, describe, expect, test } from "vitest";
import { WorkQueue } from "../../../src/control-plane/client/work-queue.ts";
import { Timeline } from "../../../src/kernel/timeline.ts";

const actor = { id: 20, name: "kcm:test" };

let timeline: Timeline;
/** What was worked on, with its time in ms. */
let worked: string[];
beforeEach(() => {
  timeline = new Timeline();
  worked = [];
});

describe("a work queue", () => {
  test("works on keys in the order they came", () => {
    const queue = aQueue();
    for (const key of ["c", "a", "b"]) queue.add(key);
    pass(1);

    expect(worked).toEqual(["0 c", "0 a", "0 b"]);
  });

  test("works on a key once, however often it was added before its turn", () => {
    const queue = aQueue();
    for (const key of ["a", "b", "a", "a", "b"]) queue.add(key);
    pass(1);

    expect(worked).toEqual(["0 a", "0 b"]);
  });

  test("works on one key at a time", () => {
    const ends: (() => void)[] = [];
    const queue = aQueue((_key, done) => void ends.push(done));
    queue.add("a");
    queue.add("b");
    pass(1);
    expect(worked).toEqual(["0 a"]);

    ends[0]?.();
    pass(1);
    expect(worked).toEqual(["0 a", "1 b"]);
  });

  test("works on as many keys at a time as it has workers, never twice on one", () => {
    const ends: (() => void)[] = [];
    const queue = aQueue((_key, done) => void ends.push(done), 2);
    for (const key of ["a", "b", "c"]) queue.add(key);
    queue.add("a");
    pass(1);
    expect(worked).toEqual(["0 a", "0 b"]);

    queue.add("a");
    ends[1]?.();
    pass(1);
    expect(worked).toEqual(["0 a", "0 b", "1 c"]);

    ends[2]?.();
    pass(1);
    expect(worked).toHaveLength(3);

    ends[0]?.();
    pass(1);
    expect(worked).toEqual(["0 a", "0 b", "1 c", "3 a"]);
  });

  test("works again on a key that was added while it was worked on, once, and after the others", () => {
    const ends: (() => void)[] = [];
    const queue = aQueue((_key, done) => void ends.push(done));
    queue.add("a");
    pass(1);
    queue.add("b");
    queue.add("a");
    queue.add("a");
    pass(1);
    expect(worked).toEqual(["0 a"]);

    for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
      end();
      pass(1);
    }
    expect(worked).toEqual(["0 a", "2 b", "3 a"]);
  });

  test("works on a key that comes when everything is done", () => {
    const queue = aQueue();
    queue.add("a");
    pass(5);
    queue.add("a");
    pass(5);

    expect(worked).toEqual(["0 a", "5 a"]);
  });

  test("takes a key up again after a failure: 5 ms later, 10, 20, 40", () => {
    let failures = 5;
    const queue = aQueue((_key, done) => done(failures-- > 0 ? new Error("not yet") : undefined));
    queue.add("a");
    pass(1_000);

    expect(worked).toEqual(["0 a", "5 a", "15 a", "35 a", "75 a", "155 a"]);
  });

  test("waits 1,000 seconds at most", () => {
    const queue = aQueue((_key, done) => done(new Error("never")));
    queue.add("a");
    pass(10_000_000);

    const times = worked.map((line) => Number(line.split(" ")[0]));
    const gaps = times.slice(1).map((time, index) => time - (times[index] as number));
    expect(gaps.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(gaps.at(-1)).toBe(1_000_000);
  });

  test("forgets failures after a success", () => {
    const outcomes = [new Error("1"), new Error("2"), undefined, new Error("3"), undefined];
    const queue = aQueue((_key, done) => done(outcomes.shift()));
    queue.add("a");
    pass(100);
    queue.add("a");
    pass(100);

    expect(worked).toEqual(["0 a", "5 a", "15 a", "100 a", "105 a"]);
  });

  test("counts failures of each key by itself, and works on others meanwhile", () => {
    const queue = aQueue((key, done) => done(key === "bad" ? new Error("no") : undefined));
    queue.add("bad");
    queue.add("good");
    pass(6);
    queue.add("good");
    pass(1);

    expect(worked).toEqual(["0 bad", "0 good", "5 bad", "6 good"]);
  });

  test("takes a failed key up at once when it is added anew", () => {
    const outcomes = [new Error("1"), undefined];
    const queue = aQueue((_key, done) => done(outcomes.shift()));
    queue.add("a");
    pass(1);
    queue.add("a");
    pass(1);

    expect(worked).toEqual(["0 a", "1 a"]);
  });
});

describe("a key added for later", () => {
  test("comes then", () => {
    const queue = aQueue();
    queue.addAfter("a", 20_000);
    queue.add("b");
    pass(100);

    expect(worked).toEqual(["0 b", "20 a"]);
  });

  test("comes at the earliest time it was asked for", () => {
    const queue = aQueue();
    queue.addAfter("later-first", 50_000);
    queue.addAfter("later-first", 20_000);
    queue.addAfter("sooner-first", 30_000);
    queue.addAfter("sooner-first", 90_000);
    pass(200);

    expect(worked).toEqual(["20 later-first", "30 sooner-first"]);
  });

  test("may be asked for again after it came", () => {
    const queue = aQueue();
    queue.addAfter("a", 10_000);
    pass(10);
    queue.addAfter("a", 10_000);
    pass(10);

    expect(worked).toEqual(["10 a", "20 a"]);
  });
});

function aQueue(
  work: (key: string, done: (error?: Error) => void) => void = (_key, done) => done(),
  workers?: number,
): WorkQueue {
  const reconcile = (key: string, done: (error?: Error) => void): void => {
    worked.push(`${timeline.nowUs / 1_000} ${key}`);
    work(key, done);
  };
  return new WorkQueue(timeline, actor, reconcile, workers);
}

function pass(ms: number): void {
  const untilUs = timeline.nowUs + ms * 1_000;
  timeline.runBefore(untilUs + 1);
  timeline.moveTo(untilUs);
}
