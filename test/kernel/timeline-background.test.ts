import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Link } from "../../src/kernel/link.ts";
import { type ActorRef, type TimerHandle, Timeline } from "../../src/kernel/timeline.ts";

const api: ActorRef = { id: 2, name: "api-1" };
const kubelet: ActorRef = { id: 1_000, name: "kubelet:node-1" };
const nothing = (): void => {};

describe("a timeline is settled", () => {
  test("when nothing is due, or only what was set as background work", () => {
    const timeline = new Timeline();
    expect(timeline.isSettled).toBe(true);

    timeline.setBackgroundTimer(kubelet, 10, nothing);
    expect(timeline.isSettled).toBe(true);
  });

  test.each([
    ["a timer", (timeline: Timeline) => void timeline.setTimer(api, 10, nothing)],
    ["a message", (timeline: Timeline) => timeline.deliver(10, kubelet, api, nothing)],
    ["an input", (timeline: Timeline) => timeline.input(10, api, nothing)],
  ])("not while %s is due, and again once it was handled", (_what, put) => {
    const timeline = new Timeline();
    put(timeline);
    timeline.runBefore(10);
    expect(timeline.isSettled).toBe(false);

    timeline.runBefore(11);
    expect(timeline.isSettled).toBe(true);
  });

  test("once the last timer that is no background work was taken back", () => {
    const timeline = new Timeline();
    const first = timeline.setTimer(api, 10, nothing);
    const second = timeline.setTimer(api, 10, nothing);
    first.cancel();
    first.cancel();
    expect(timeline.isSettled).toBe(false);

    second.cancel();
    expect(timeline.isSettled).toBe(true);
  });

  test("whatever is taken back of its background work", () => {
    const timeline = new Timeline();
    timeline.setTimer(api, 20, nothing);
    timeline.setBackgroundTimer(kubelet, 10, nothing).cancel();
    const late = timeline.setBackgroundTimer(kubelet, 10, nothing);
    timeline.runBefore(15);
    late.cancel();

    expect(timeline.isSettled).toBe(false);
  });

  test("even if a timer is taken back by itself, or after it went off", () => {
    const timeline = new Timeline();
    const timer = timeline.setTimer(api, 10, () => timer.cancel());
    timeline.runBefore(20);
    timer.cancel();
    expect(timeline.isSettled).toBe(true);

    timeline.setTimer(api, 10, nothing);
    expect(timeline.isSettled).toBe(false);
  });
});

describe("what background work sets going", () => {
  test("is background work, through timers, messages and links, however long it goes on", () => {
    const timeline = new Timeline();
    const link = new Link(timeline, kubelet, api, 5);
    const seen: (readonly [string, boolean])[] = [];
    const note = (what: string): void => void seen.push([what, timeline.isBackground]);
    timeline.setBackgroundTimer(kubelet, 10, () => {
      note("heartbeat");
      link.send(() => {
        note("renewal");
        timeline.setTimer(api, 5, () => {
          note("flush");
          timeline.deliver(timeline.nowUs + 5, api, kubelet, () => note("watch event"));
        });
      });
    });
    for (let untilUs = 0; untilUs < 40; untilUs++) {
      timeline.runBefore(untilUs);
      expect(timeline.isSettled).toBe(true);
    }

    expect(seen).toEqual([
      ["heartbeat", true],
      ["renewal", true],
      ["flush", true],
      ["watch event", true],
    ]);
  });

  test("does not taint what is handled after it, nor what comes from outside", () => {
    const timeline = new Timeline();
    timeline.setBackgroundTimer(kubelet, 10, nothing);
    timeline.setTimer(api, 10, () => {
      expect(timeline.isBackground).toBe(false);
      timeline.setTimer(api, 10, nothing);
    });
    timeline.runBefore(11);
    expect(timeline.isSettled).toBe(false);
    timeline.runBefore(21);

    timeline.setBackgroundTimer(kubelet, 10, nothing);
    timeline.runBefore(32);
    expect(timeline.isBackground).toBe(false);
    timeline.setTimer(api, 10, nothing);
    expect(timeline.isSettled).toBe(false);
  });

  test("does not make an input of the same time one", () => {
    const timeline = new Timeline();
    timeline.setBackgroundTimer(kubelet, 10, () => timeline.input(15, api, nothing));
    timeline.runBefore(11);

    expect(timeline.isSettled).toBe(false);
  });

  test("is real work when its sender says so: a shard's messages say it for themselves", () => {
    const timeline = new Timeline();
    timeline.setBackgroundTimer(kubelet, 10, () =>
      timeline.deliver(20, kubelet, api, nothing, false),
    );
    timeline.runBefore(11);
    expect(timeline.isSettled).toBe(false);
    timeline.runBefore(21);

    timeline.setTimer(kubelet, 10, () => timeline.deliver(50, kubelet, api, nothing, true));
    timeline.runBefore(40);
    expect(timeline.isSettled).toBe(true);
  });
});

describe("what real work sets going", () => {
  test("is real work, unless it is set as background work", () => {
    const timeline = new Timeline();
    timeline.input(10, api, () => timeline.setBackgroundTimer(kubelet, 10, nothing));
    timeline.runBefore(11);
    expect(timeline.isSettled).toBe(true);

    timeline.input(15, api, () => timeline.setTimer(kubelet, 10, nothing));
    timeline.runBefore(22);
    expect(timeline.isSettled).toBe(false);
    timeline.runBefore(26);
    expect(timeline.isSettled).toBe(true);
  });
});

describe("whatever is set, sent, set going and taken back", () => {
  interface Plan {
    readonly kind: "timer" | "backgroundTimer" | "message" | "input";
    readonly delayUs: number;
    /** Which of the timers so far to take back, if any. */
    readonly cancels: number | undefined;
    readonly then: readonly Plan[];
  }
  const { plan } = fc.letrec<{ plan: Plan }>((tie) => ({
    plan: fc.record({
      kind: fc.constantFrom("timer", "backgroundTimer", "message", "input"),
      delayUs: fc.nat(20),
      cancels: fc.option(fc.nat(30), { nil: undefined }),
      then: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.constant([]),
        fc.array(tie("plan"), { maxLength: 3 }),
      ),
    }),
  }));

  test("a timeline is settled exactly when no real work is due", () => {
    fc.assert(
      fc.property(fc.array(plan, { minLength: 1, maxLength: 8 }), (plans) => {
        const timeline = new Timeline();
        const timers: { readonly handle: TimerHandle; readonly token: object }[] = [];
        const realWork = new Set<object>();
        const put = ({ kind, delayUs, cancels, then }: Plan): void => {
          const token = {};
          const isReal = kind === "input" || (kind !== "backgroundTimer" && !timeline.isBackground);
          if (isReal) realWork.add(token);
          const handle = (): void => {
            realWork.delete(token);
            expect(timeline.isBackground).toBe(!isReal);
            for (const next of then) put(next);
          };
          const atUs = timeline.nowUs + delayUs;
          if (kind === "timer")
            timers.push({ token, handle: timeline.setTimer(api, delayUs, handle) });
          else if (kind === "backgroundTimer")
            timers.push({ token, handle: timeline.setBackgroundTimer(api, delayUs, handle) });
          else if (kind === "message") timeline.deliver(atUs, kubelet, api, handle);
          else timeline.input(atUs, api, handle);
          const cancelled = cancels === undefined ? undefined : timers[cancels];
          cancelled?.handle.cancel();
          if (cancelled !== undefined) realWork.delete(cancelled.token);
          expect(timeline.isSettled).toBe(realWork.size === 0);
        };
        for (const each of plans) put(each);
        while (timeline.pending > 0) {
          timeline.runBefore(timeline.nextDueUs + 1);
          expect(timeline.isSettled).toBe(realWork.size === 0);
        }
        expect(timeline.isSettled).toBe(true);
      }),
    );
  });
});
