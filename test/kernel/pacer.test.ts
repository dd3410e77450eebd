import { afterEach, describe, expect, test } from "vitest";
import { Pacer } from "../../src/kernel/pacer.ts";
import { Simulation } from "../../src/kernel/simulation.ts";
import { type ActorRef, Timeline } from "../../src/kernel/timeline.ts";
import { HandClock } from "./hand-clock.ts";
import { TimerPart } from "./timer-part.ts";

const api: ActorRef = { id: 2, name: "api-1" };
const kubelet: ActorRef = { id: 1_000, name: "kubelet:node-1" };
const latencyUs = 10_000;
const startUs = 1_767_225_600_000_000;

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

function aPacedRun(options: { readonly speed?: number; readonly isLate?: boolean } = {}) {
  const clock = new HandClock();
  const timeline = new Timeline(startUs);
  const part = new TimerPart(timeline, options.isLate);
  const simulation = new Simulation(timeline, [part], latencyUs);
  const failures: unknown[] = [];
  const pacer = new Pacer({
    simulation,
    wallClock: clock,
    speed: options.speed ?? 1,
    onFailure: (error) => failures.push(error),
  });
  stops.push(() => pacer.stop());
  /** When the timers of `every` went off, µs after the start. */
  const ticks: number[] = [];
  const every = (intervalUs: number): void => {
    timeline.setTimer(api, intervalUs, () => {
      ticks.push(timeline.nowUs - startUs);
      every(intervalUs);
    });
  };
  return { clock, timeline, part, simulation, pacer, failures, ticks, every };
}

describe("live time", () => {
  test.each([
    [1, 100_000],
    [10, 1_000_000],
    [0.5, 50_000],
  ])("passes %d times as fast as real time", async (speed, virtualUs) => {
    const { clock, timeline, pacer, ticks, every } = aPacedRun({ speed });
    every(virtualUs);
    pacer.start();
    await clock.pass(99);
    expect(ticks).toEqual([]);
    await clock.pass(1);
    await clock.pass(50);

    expect(ticks).toEqual([virtualUs]);
    expect(timeline.nowUs - startUs).toBeGreaterThanOrEqual(virtualUs);
  });

  test("handles what is due at its own time, however late the machine is", async () => {
    const { clock, pacer, ticks, every } = aPacedRun();
    every(30_000);
    pacer.start();
    await clock.pass(100);

    expect(ticks).toEqual([30_000, 60_000, 90_000]);
  });

  test("stands still at speed 0, except for what comes from outside", async () => {
    const { clock, timeline, pacer, ticks, every } = aPacedRun({ speed: 0 });
    every(10);
    pacer.start();
    await clock.pass(3_600_000);
    expect(ticks).toEqual([]);
    expect(clock.hasAlarm).toBe(false);

    const answered: number[] = [];
    for (let request = 0; request < 3; request++) {
      pacer.submit(api, () => answered.push(timeline.nowUs - startUs));
      await clock.rest();
    }
    expect(answered).toEqual([1, 2, 3]);
  });

  test("does not wait at all at speed Infinity", async () => {
    const { clock, pacer, ticks, every } = aPacedRun({ speed: Infinity });
    every(3_600_000_000);
    pacer.start();
    await clock.rest();

    expect(ticks.length).toBeGreaterThan(10);
    expect(ticks[9]).toBe(36_000_000_000);
  });

  test("at speed Infinity rests when nothing is due, until something comes from outside", async () => {
    const { clock, timeline, pacer } = aPacedRun({ speed: Infinity });
    pacer.start();
    await clock.rest();
    expect(timeline.nowUs).toBe(startUs);

    let isHandled = false;
    pacer.submit(api, () => (isHandled = true));
    await clock.rest();
    expect(isHandled).toBe(true);
  });

  test("sleeps when nothing is due, rather than look again and again", async () => {
    const { clock, simulation, pacer, every } = aPacedRun();
    every(60_000_000);
    pacer.start();
    await clock.pass(59_000);

    expect(simulation.windows).toBe(0);
    expect(clock.hasAlarm).toBe(true);
  });

  test("goes on from where it is when its speed changes", async () => {
    const { clock, pacer, ticks, every } = aPacedRun();
    every(100_000);
    pacer.start();
    await clock.pass(150);
    pacer.setSpeed(0);
    await clock.pass(10_000);
    expect(ticks).toEqual([100_000]);
    pacer.setSpeed(10);
    await clock.pass(5);

    expect(ticks).toEqual([100_000, 200_000]);
    expect(pacer.speed).toBe(10);
  });
});

describe("an input", () => {
  test("is stamped with the present, and handled at that time", async () => {
    const { clock, timeline, pacer } = aPacedRun();
    pacer.start();
    await clock.pass(250);
    let handledAtUs = 0;
    const stampedUs = pacer.submit(api, () => (handledAtUs = timeline.nowUs));
    await clock.rest();

    expect(stampedUs).toBe(startUs + 250_000);
    expect(handledAtUs).toBe(stampedUs);
  });

  test("is stamped after what was handled at this very moment", async () => {
    const { clock, timeline, pacer, every, ticks } = aPacedRun();
    every(100_000);
    pacer.start();
    await clock.pass(100);
    await clock.rest();
    expect(ticks).toEqual([100_000]);

    expect(pacer.submit(api, () => {})).toBeGreaterThan(timeline.nowUs);
  });

  test("wakes a run that sleeps until something far away", async () => {
    const { clock, pacer, every } = aPacedRun();
    every(3_600_000_000);
    pacer.start();
    await clock.pass(1_000);
    let isHandled = false;
    pacer.submit(api, () => (isHandled = true));
    await clock.rest();

    expect(isHandled).toBe(true);
  });

  test("that comes before the last one was handled is handled after it", async () => {
    const { clock, pacer } = aPacedRun({ speed: 0 });
    const handled: number[] = [];
    pacer.start();
    for (let request = 0; request < 5; request++) pacer.submit(api, () => handled.push(request));
    await clock.rest();

    expect(handled).toEqual([0, 1, 2, 3, 4]);
  });

  test.each([1, 10, Infinity])(
    "that comes while parts are at work is stamped past their window, at speed %d",
    async (speed) => {
      const { clock, timeline, part, simulation, pacer, failures } = aPacedRun({
        speed,
        isLate: true,
      });
      const answered: number[] = [];
      part.timeline.setTimer(kubelet, 50_000, () => {});
      part.timeline.setTimer(kubelet, 90_000_000, () => {});
      const step = part.step.bind(part);
      part.step = (endUs) => {
        const stepped = step(endUs);
        const stampedUs = pacer.submit(api, () => {
          // What it sets going reaches the part, whose clock is past the hub's.
          part.receive(timeline.nowUs + latencyUs, api, kubelet, () => {
            answered.push(part.timeline.nowUs);
          });
        });
        expect(stampedUs).toBeGreaterThanOrEqual(endUs);
        expect(simulation.openUs).toBeLessThanOrEqual(stampedUs);
        part.step = step;
        return stepped;
      };
      pacer.start();
      await clock.pass(100);
      await clock.pass(100);

      expect(failures).toEqual([]);
      expect(answered).toHaveLength(1);
    },
  );
});

describe("a sprint", () => {
  test("goes through a stretch of virtual time at once, and the pace goes on from there", async () => {
    const { clock, timeline, pacer, ticks, every } = aPacedRun();
    every(60_000_000);
    pacer.start();
    await pacer.step(150_000_000);
    expect(ticks).toEqual([60_000_000, 120_000_000]);
    expect(timeline.nowUs - startUs).toBe(150_000_000);
    await clock.pass(29_999);
    expect(ticks).toHaveLength(2);
    await clock.pass(1);
    await clock.rest();

    expect(ticks).toHaveLength(3);
  });

  test("steps a run that is paused", async () => {
    const { pacer, ticks, every } = aPacedRun({ speed: 0 });
    every(10_000);
    pacer.start();
    await pacer.step(10_000);
    await pacer.step(10_000);

    expect(ticks).toEqual([10_000, 20_000]);
  });

  test("ends as soon as only background work is due, and says so", async () => {
    const { timeline, pacer } = aPacedRun({ speed: 0 });
    timeline.setTimer(api, 2_000_000, () => {});
    timeline.setBackgroundTimer(api, 10_000_000, () => {});
    pacer.start();

    expect(await pacer.runUntilSettled(60_000_000)).toBe(true);
    expect(timeline.nowUs - startUs).toBe(2_000_000);
  });

  test("ends at its limit when a run never settles", async () => {
    const { timeline, pacer, every } = aPacedRun({ speed: 0 });
    every(1_000_000);
    pacer.start();

    expect(await pacer.runUntilSettled(5_000_000)).toBe(false);
    expect(timeline.nowUs - startUs).toBe(5_000_000);
  });

  test("is given up when the run stops", async () => {
    const { pacer } = aPacedRun({ speed: 0 });
    const settled = pacer.runUntilSettled(5_000_000);
    await pacer.stop();

    expect(await settled).toBe(false);
  });
});

describe("a run that fails", () => {
  test("is reported once, and stops", async () => {
    const { clock, timeline, pacer, failures, every, ticks } = aPacedRun();
    every(20_000);
    timeline.setTimer(api, 50_000, () => {
      throw new RangeError("broken");
    });
    pacer.start();
    await clock.pass(1_000);

    expect(failures).toEqual([new RangeError("broken")]);
    expect(ticks).toEqual([20_000, 40_000]);
    pacer.submit(api, () => ticks.push(0));
    await clock.pass(1_000);
    expect(failures).toHaveLength(1);
    expect(ticks).toHaveLength(2);
  });

  test("is reported once when a part fails, too", async () => {
    const { clock, part, pacer, failures } = aPacedRun({ isLate: true });
    part.timeline.setTimer(kubelet, 1_000, () => {});
    part.step = () => Promise.reject(new Error("the thread died"));
    pacer.start();
    await clock.pass(100);

    expect(failures).toEqual([new Error("the thread died")]);
  });

  test("can still be stopped", async () => {
    const { clock, timeline, pacer, failures } = aPacedRun();
    timeline.setTimer(api, 1, () => {
      throw new RangeError("broken");
    });
    pacer.start();
    await clock.pass(10);
    await pacer.stop();

    expect(failures).toHaveLength(1);
  });
});

describe("stopping", () => {
  test.each([0, 1, Infinity])("settles while nothing is due, at speed %d", async (speed) => {
    const { clock, pacer } = aPacedRun({ speed });
    pacer.start();
    await clock.rest();
    await pacer.stop();

    expect(clock.hasAlarm).toBe(false);
  });

  test("settles before it was started, and twice", async () => {
    const { pacer } = aPacedRun();
    await pacer.stop();
    await pacer.stop();
  });

  test("waits for the window under way and handles nothing after it", async () => {
    const { clock, timeline, part, pacer } = aPacedRun({ isLate: true });
    const history: string[] = [];
    part.timeline.setTimer(kubelet, 10_000, () => {
      part.send(part.timeline.nowUs + latencyUs, kubelet, api, () => history.push("too late"));
      history.push("stepped");
      stopped = pacer.stop().then(() => history.push("stopped"));
    });
    let stopped: Promise<unknown> = Promise.resolve();
    pacer.start();
    await clock.pass(10);
    await clock.rest();
    await stopped;
    await clock.pass(1_000);

    expect(history).toEqual(["stepped", "stopped"]);
    expect(timeline.pending).toBe(1);
  });
});

describe("time that stands still", () => {
  /** Something that takes as long as the test says. */
  function anAct(): {
    readonly act: () => Promise<string>;
    readonly finish: () => void;
    begun: boolean;
  } {
    let finish: () => void = () => {};
    const done = new Promise<void>((resolve) => void (finish = resolve));
    const one = {
      begun: false,
      finish: () => finish(),
      act: async () => {
        one.begun = true;
        await done;
        return "done";
      },
    };
    return one;
  }

  test("waits for what is done in it, then goes on", async () => {
    const { clock, pacer, ticks, every } = aPacedRun();
    every(10_000);
    pacer.start();
    await clock.pass(10);
    const { act, finish } = anAct();
    const result = pacer.standStill(act);
    await clock.pass(50);
    expect(ticks).toEqual([10_000]);
    finish();
    await clock.pass(1);

    expect(await result).toBe("done");
    expect(ticks).toEqual([10_000, 20_000, 30_000, 40_000, 50_000, 60_000]);
  });

  test("does so in a pause, and in the middle of a stretch that is gone through at once", async () => {
    for (const speed of [0, 1]) {
      const { clock, pacer, ticks, every } = aPacedRun({ speed });
      every(1_000_000);
      pacer.start();
      const step = pacer.step(3_600_000_000);
      const { act, finish } = anAct();
      const result = pacer.standStill(act);
      await clock.rest();
      const before = ticks.length;
      finish();
      await Promise.all([step, result]);

      expect(before).toBeLessThan(3_600);
      expect(ticks).toHaveLength(3_600);
    }
  });

  test("is for one at a time", async () => {
    const { clock, pacer } = aPacedRun();
    pacer.start();
    const [first, second] = [anAct(), anAct()];
    const results = Promise.all([pacer.standStill(first.act), pacer.standStill(second.act)]);
    await clock.rest();
    expect([first.begun, second.begun]).toEqual([true, false]);
    first.finish();
    second.finish();

    expect(await results).toEqual(["done", "done"]);
  });

  test("ends the run when what is done in it fails", async () => {
    const { clock, pacer, failures } = aPacedRun();
    pacer.start();
    const result = pacer.standStill(() => Promise.reject(new Error("broken")));

    await expect(result).rejects.toThrow("broken");
    await clock.rest();
    expect(failures).toEqual([new Error("broken")]);
  });

  test("does not come once time has stopped, and says so to whoever waits for it", async () => {
    const { clock, pacer } = aPacedRun();
    pacer.start();
    const first = anAct();
    const waiting = [pacer.standStill(first.act), pacer.standStill(first.act)];
    const settled = Promise.allSettled(waiting);
    await clock.rest();
    const stopping = pacer.stop();
    first.finish();
    await stopping;

    expect(await settled).toEqual([
      { status: "fulfilled", value: "done" },
      { status: "rejected", reason: new Error("time has stopped for good") },
    ]);
    await expect(pacer.standStill(first.act)).rejects.toThrow("time has stopped for good");
  });
});
