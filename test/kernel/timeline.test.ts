import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvariantError } from "../../src/kernel/invariant.ts";
import { Link } from "../../src/kernel/link.ts";
import { type ActorRef, Timeline } from "../../src/kernel/timeline.ts";

const etcd: ActorRef = { id: 1, name: "etcd" };
const api: ActorRef = { id: 2, name: "api-1" };
const kubelet: ActorRef = { id: 1_000, name: "kubelet:node-1" };

describe("what is due at the same time", () => {
  test("is handled inputs first, then messages, then timers", () => {
    const timeline = new Timeline();
    const handled: string[] = [];
    timeline.setTimer(etcd, 10, () => handled.push("timer"));
    timeline.deliver(10, kubelet, etcd, () => handled.push("message"));
    timeline.input(10, kubelet, () => handled.push("input"));
    timeline.runBefore(11);

    expect(handled).toEqual(["input", "message", "timer"]);
  });

  test("goes to the actor with the lower id first, then from the sender with the lower id", () => {
    const timeline = new Timeline();
    const handled: string[] = [];
    timeline.deliver(5, etcd, kubelet, () => handled.push("etcd→kubelet"));
    timeline.deliver(5, kubelet, api, () => handled.push("kubelet→api"));
    timeline.deliver(5, etcd, api, () => handled.push("etcd→api"));
    timeline.runBefore(6);

    expect(handled).toEqual(["etcd→api", "kubelet→api", "etcd→kubelet"]);
  });

  test("keeps the order in which one sender sent it", () => {
    const timeline = new Timeline();
    const handled: number[] = [];
    for (let sent = 0; sent < 100; sent++) timeline.deliver(5, etcd, api, () => handled.push(sent));
    timeline.runBefore(6);

    expect(handled).toEqual(Array.from({ length: 100 }, (_none, sent) => sent));
  });

  test("does not depend on the order in which senders got to send", () => {
    const senders = [etcd, api, kubelet];
    const run = (order: readonly ActorRef[]): readonly string[] => {
      const timeline = new Timeline();
      const handled: string[] = [];
      for (const from of order) timeline.deliver(1, from, api, () => handled.push(from.name));
      timeline.runBefore(2);
      return handled;
    };
    fc.assert(
      fc.property(fc.shuffledSubarray(senders, { minLength: 3 }), (order) => {
        expect(run(order)).toEqual(run(senders));
      }),
    );
  });
});

describe("a timeline", () => {
  test("handles each thing at the time it was due", () => {
    const timeline = new Timeline(1_000);
    const times: number[] = [];
    for (const delayUs of [30, 10, 20]) {
      timeline.setTimer(etcd, delayUs, () => times.push(timeline.nowUs));
    }
    timeline.runBefore(2_000);

    expect(times).toEqual([1_010, 1_020, 1_030]);
    expect(timeline.nowUs).toBe(1_030);
  });

  test("handles what a handler puts on it, if that is due in the same run", () => {
    const timeline = new Timeline();
    const times: number[] = [];
    const tick = (): void => {
      times.push(timeline.nowUs);
      timeline.setTimer(etcd, 10, tick);
    };
    timeline.setTimer(etcd, 10, tick);
    timeline.runBefore(40);

    expect(times).toEqual([10, 20, 30]);
    expect(timeline.nextDueUs).toBe(40);
  });

  test("stops before the end of a run, not at it", () => {
    const timeline = new Timeline();
    let isHandled = false;
    timeline.setTimer(etcd, 10, () => (isHandled = true));
    timeline.runBefore(10);
    expect(isHandled).toBe(false);
    timeline.runBefore(11);
    expect(isHandled).toBe(true);
  });

  test("does not call a cancelled timer, even one cancelled at the time it is due", () => {
    const timeline = new Timeline();
    const handled: string[] = [];
    const early = timeline.setTimer(etcd, 10, () => handled.push("early"));
    const late = timeline.setTimer(api, 20, () => handled.push("late"));
    timeline.setTimer(etcd, 20, () => late.cancel());
    early.cancel();
    timeline.runBefore(100);

    expect(handled).toEqual([]);
    expect(timeline.pending).toBe(0);
  });

  test("cancelling a timer that went off does nothing", () => {
    const timeline = new Timeline();
    let times = 0;
    const timer = timeline.setTimer(etcd, 10, () => times++);
    timeline.runBefore(11);
    timer.cancel();
    timeline.setTimer(etcd, 10, () => times++);
    timeline.runBefore(100);

    expect(times).toBe(2);
  });

  test("names the actor whose handler runs, for error messages", () => {
    const timeline = new Timeline();
    const names: (string | undefined)[] = [];
    timeline.setTimer(api, 1, () => names.push(timeline.running));
    timeline.runBefore(2);

    expect([...names, timeline.running]).toEqual(["api-1", undefined]);
  });
});

describe("time", () => {
  test("past is not reached by messages, inputs or timers", () => {
    const timeline = new Timeline(100);
    const nothing = (): void => {};

    expect(() => timeline.deliver(99, etcd, api, nothing)).toThrow(InvariantError);
    expect(() => timeline.input(99, api, nothing)).toThrow("nothing reaches api-1 in the past");
    expect(() => timeline.setTimer(api, -1, nothing)).toThrow(InvariantError);
    expect(timeline.pending).toBe(0);
  });

  test("has nothing between its µs", () => {
    const timeline = new Timeline(100);
    expect(() => timeline.setTimer(api, 0.5, () => {})).toThrow(
      "time is whole µs for api-1, not 100.5",
    );
    expect(() => timeline.deliver(Number.NaN, etcd, api, () => {})).toThrow(InvariantError);
    expect(() => timeline.input(Infinity, api, () => {})).toThrow(InvariantError);
  });

  test("past is not gone back to", () => {
    const timeline = new Timeline(100);
    timeline.moveTo(150);

    expect(timeline.nowUs).toBe(150);
    expect(() => timeline.moveTo(149)).toThrow("virtual time never runs backwards");
  });

  test("does not jump over what is still due", () => {
    const timeline = new Timeline();
    timeline.setTimer(etcd, 10, () => {});
    timeline.moveTo(10);

    expect(() => timeline.moveTo(11)).toThrow("time does not jump over what is due");
  });
});

describe("timers that are set again", () => {
  test("wake in the total order, between those that are set anew", () => {
    const timeline = new Timeline();
    const woken: string[] = [];
    for (const [index, actor] of [api, etcd].entries()) {
      let timer = timeline.setBackgroundTimer(actor, 5 + index, function beat() {
        woken.push(`${timeline.nowUs} ${actor.name}`);
        timer = timeline.setTimerAgain(timer, actor, 10, beat);
      });
    }
    timeline.setTimer(api, 15, () => woken.push("15 once"));
    timeline.setTimer(api, 20, () => woken.push("20 once"));
    timeline.runBefore(30);

    expect(woken).toEqual([
      `5 ${api.name}`,
      `6 ${etcd.name}`,
      "15 once",
      `15 ${api.name}`,
      `16 ${etcd.name}`,
      "20 once",
      `25 ${api.name}`,
      `26 ${etcd.name}`,
    ]);
    expect(timeline.isSettled).toBe(true);
  });

  test("may be taken back", () => {
    const timeline = new Timeline();
    let beats = 0;
    let timer = timeline.setBackgroundTimer(etcd, 5, function beat() {
      beats++;
      timer = timeline.setTimerAgain(timer, etcd, 10, beat);
    });
    timeline.runBefore(10);
    timer.cancel();
    timeline.runBefore(100);

    expect(beats).toBe(1);
  });
});

describe("a link", () => {
  test("delivers in order, each message one latency after it was sent", () => {
    const timeline = new Timeline(1_000);
    const link = new Link(timeline, etcd, api, 500);
    const received: (readonly [number, string])[] = [];
    link.send(() => received.push([timeline.nowUs, "first"]));
    link.send(() => received.push([timeline.nowUs, "second"]));
    timeline.setTimer(etcd, 200, () => link.send(() => received.push([timeline.nowUs, "third"])));
    timeline.runBefore(5_000);

    expect(received).toEqual([
      [1_500, "first"],
      [1_500, "second"],
      [1_700, "third"],
    ]);
  });
});
