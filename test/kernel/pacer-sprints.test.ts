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
const second = 1_000_000;

/** Real time that passes when a test says so, and while the machine is at work. */
class BusyClock extends HandClock {
  #spentUs = 0;

  override nowUs(): number {
    return super.nowUs() + this.#spentUs;
  }

  /** Work that takes `us`, in the middle of whatever is going on. */
  spend(us: number): void {
    this.#spentUs += us;
  }
}

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

function aPacedRun(options: { readonly speed: number; readonly isLate?: boolean }) {
  const clock = new BusyClock();
  const timeline = new Timeline(startUs);
  const part = new TimerPart(timeline, options.isLate);
  const simulation = new Simulation(timeline, [part], latencyUs);
  const failures: unknown[] = [];
  const pacer = new Pacer({
    simulation,
    wallClock: clock,
    speed: options.speed,
    onFailure: (error) => failures.push(error),
  });
  stops.push(() => pacer.stop());
  /** Virtual time, µs after the start. */
  const now = (): number => timeline.nowUs - startUs;
  const ticks: number[] = [];
  const every = (intervalUs: number, workUs = 0): void => {
    timeline.setTimer(api, intervalUs, () => {
      clock.spend(workUs);
      ticks.push(now());
      every(intervalUs, workUs);
    });
  };
  /** What came from outside, and when it was handled. */
  const inputs: (readonly [string, number])[] = [];
  const input = (name: string, act: () => void = () => {}): number =>
    pacer.submit(api, () => {
      inputs.push([name, now()]);
      act();
    }) - startUs;
  return { clock, timeline, part, simulation, pacer, failures, now, ticks, every, inputs, input };
}

describe.each([0, 1, Infinity])("a step at speed %d", (speed) => {
  test("ends that much later, to the µs, and leaves the speed as it was", async () => {
    const { pacer, now, ticks, every } = aPacedRun({ speed: 0 });
    every(300_000);
    pacer.start();
    const stepped = pacer.step(second);
    pacer.setSpeed(speed);
    await stepped;

    expect(now()).toBe(second);
    expect(ticks).toEqual([300_000, 600_000, 900_000]);
    expect(pacer.speed).toBe(speed);
  });
});

describe("steps", () => {
  test("asked for at once each end when their time has come, in the order they were asked for", async () => {
    const { pacer, now } = aPacedRun({ speed: 0 });
    const ended: (readonly [string, number])[] = [];
    pacer.start();
    await Promise.all([
      pacer.step(2 * second).then(() => ended.push(["first", now()])),
      pacer.step(3 * second).then(() => ended.push(["second", now()])),
      pacer.step(second).then(() => ended.push(["third", now()])),
    ]);

    expect(ended).toEqual([
      ["first", 2 * second],
      ["second", 3 * second],
      ["third", 3 * second],
    ]);
  });

  test("one after the other add up", async () => {
    const { pacer, now } = aPacedRun({ speed: 0 });
    pacer.start();
    for (let step = 1; step <= 5; step++) {
      await pacer.step(second);
      expect(now()).toBe(step * second);
    }
  });

  test("wait for parts on other threads, and go on from where they are", async () => {
    const { pacer, part, timeline, now } = aPacedRun({ speed: 0, isLate: true });
    const history: number[] = [];
    part.timeline.setTimer(kubelet, 995_000, () => {
      part.send(part.timeline.nowUs + latencyUs, kubelet, api, () => history.push(timeline.nowUs));
    });
    pacer.start();
    await pacer.step(second);
    expect([now(), history]).toEqual([second, []]);
    await pacer.step(second);

    expect([now(), history]).toEqual([2 * second, [startUs + 1_005_000]]);
  });

  test("count from the present, not from what was handled last", async () => {
    const { clock, pacer, now } = aPacedRun({ speed: 1 });
    pacer.start();
    await clock.pass(700);
    await pacer.step(second);

    expect(now()).toBe(1_700_000);
  });

  test("go through all of it, whatever the dial says meanwhile", async () => {
    const { pacer, now, every, ticks, input } = aPacedRun({ speed: 1 });
    every(second);
    pacer.start();
    const stepped = pacer.step(60 * second);
    input("pause", () => pacer.setSpeed(0));
    await stepped;

    expect(now()).toBe(60 * second);
    expect(ticks).toHaveLength(60);
    expect(pacer.speed).toBe(0);
  });
});

describe("running until settled", () => {
  test("moves no time when there is nothing to do", async () => {
    const { pacer, timeline, now } = aPacedRun({ speed: 0 });
    timeline.setBackgroundTimer(api, second, () => {});
    pacer.start();

    expect(await pacer.runUntilSettled(60 * second)).toBe(true);
    expect(now()).toBe(0);
  });

  test("goes on through all that follows, heartbeats included, and no further", async () => {
    const { pacer, timeline, now } = aPacedRun({ speed: 0 });
    let heartbeats = 0;
    const beat = (): void => {
      heartbeats++;
      timeline.setBackgroundTimer(kubelet, second, beat);
    };
    timeline.setBackgroundTimer(kubelet, second, beat);
    timeline.setTimer(api, 2_500_000, () => timeline.setTimer(api, 2 * second, () => {}));
    pacer.start();

    expect(await pacer.runUntilSettled(60 * second)).toBe(true);
    expect(now()).toBe(4_500_000);
    expect(heartbeats).toBe(4);
  });

  test("waits for what is on its way to a part, for what the part does, and for what it says", async () => {
    const { pacer, part, timeline, now } = aPacedRun({ speed: 0, isLate: true });
    const history: string[] = [];
    timeline.setTimer(api, 5, () => {
      part.receive(timeline.nowUs + latencyUs, api, kubelet, () => {
        history.push("seen");
        part.timeline.setTimer(kubelet, second, () => {
          history.push("done");
          const atUs = part.timeline.nowUs + latencyUs;
          part.send(atUs, kubelet, api, () => history.push("reported"));
        });
      });
    });
    part.timeline.setBackgroundTimer(kubelet, 10 * second, () => history.push("heartbeat"));
    pacer.start();

    expect(await pacer.runUntilSettled(60 * second)).toBe(true);
    expect(history).toEqual(["seen", "done", "reported"]);
    expect(now()).toBe(second + 2 * latencyUs + 5);
  });

  test("takes in what comes from outside meanwhile, and what follows from that", async () => {
    const { pacer, timeline, now, inputs, input } = aPacedRun({ speed: 0 });
    timeline.setTimer(api, second, () => {
      input("late", () => timeline.setTimer(api, 5 * second, () => {}));
    });
    pacer.start();

    expect(await pacer.runUntilSettled(60 * second)).toBe(true);
    expect(inputs).toEqual([["late", second + latencyUs]]);
    expect(now()).toBe(6 * second + latencyUs);
  });

  test("ends at its limit, to the µs, when there is always something to do", async () => {
    const { pacer, now, every } = aPacedRun({ speed: 0 });
    every(700_000);
    pacer.start();

    expect(await pacer.runUntilSettled(2 * second)).toBe(false);
    expect(now()).toBe(2 * second);
    expect(await pacer.runUntilSettled(second)).toBe(false);
    expect(now()).toBe(3 * second);
  });

  test("may be queued behind a step", async () => {
    const { pacer, timeline, now } = aPacedRun({ speed: 0 });
    timeline.setTimer(api, 3 * second, () => {});
    pacer.start();
    const stepped = pacer.step(second).then(now);
    const settled = pacer.runUntilSettled(60 * second).then((isSettled) => [isSettled, now()]);

    expect(await stepped).toBe(second);
    expect(await settled).toEqual([true, 3 * second]);
  });
});

describe("a run that is stopped in the middle of a sprint", () => {
  test("gives up all that were asked for", async () => {
    const { clock, pacer, now, every } = aPacedRun({ speed: 0 });
    every(10_000, 1_000);
    pacer.start();
    const sprints = [pacer.step(3_600 * second), pacer.runUntilSettled(3_600 * second)];
    await clock.rest();
    await pacer.stop();

    expect(await Promise.all(sprints)).toEqual([undefined, false]);
    expect(now()).toBeGreaterThan(0);
    expect(now()).toBeLessThan(3_600 * second);
  });

  test("gives them up, too, when it stopped because it failed", async () => {
    const { clock, pacer, timeline, failures } = aPacedRun({ speed: 0 });
    timeline.setTimer(api, second, () => {
      throw new RangeError("broken");
    });
    pacer.start();
    const settled = pacer.runUntilSettled(60 * second);
    await clock.rest();
    await pacer.stop();

    expect(failures).toEqual([new RangeError("broken")]);
    expect(await settled).toBe(false);
  });
});

describe("an input during a sprint", () => {
  test("is stamped with the sprint's time, and handled before it is over", async () => {
    const { pacer, now, timeline, inputs, input } = aPacedRun({ speed: 1 });
    timeline.setTimer(api, 4 * second, () => input("first"));
    timeline.setTimer(api, 7 * second, () => input("second"));
    pacer.start();
    await pacer.step(10 * second);

    expect(inputs).toEqual([
      ["first", 4 * second + latencyUs],
      ["second", 7 * second + latencyUs],
    ]);
    expect(now()).toBe(10 * second);
  });

  test("is handled at once when the sprint is over, even if the clock is paused then", async () => {
    const { clock, pacer, inputs, input } = aPacedRun({ speed: 0 });
    pacer.start();
    await pacer.step(second);
    const stampedUs = input("after");
    await clock.rest();

    expect(inputs).toEqual([["after", stampedUs]]);
  });
});

describe("a machine that cannot keep up", () => {
  /** Ten thousand times as fast as the clock, when every virtual second takes 10 ms of work. */
  async function anOverloadedRun() {
    const run = aPacedRun({ speed: 10_000 });
    run.every(second, 10_000);
    run.pacer.start();
    await run.clock.pass(100);
    return run;
  }

  test("answers at once: what comes in does not wait until the clock has caught up", async () => {
    const { clock, inputs, input, ticks } = await anOverloadedRun();
    const handled = ticks.length;
    const stampedUs = input("request");
    for (let turn = 0; turn < 4; turn++) await clock.yieldToIo();

    expect(inputs).toEqual([["request", stampedUs]]);
    expect(ticks.length - handled).toBeLessThan(5);
  });

  test("stands still when it is paused, where it got to", async () => {
    const { clock, pacer, now, input, inputs } = await anOverloadedRun();
    input("pause", () => pacer.setSpeed(0));
    await clock.rest();
    const [, pausedUs] = inputs[0] ?? ["", 0];
    await clock.pass(10_000);

    expect(now()).toBeGreaterThanOrEqual(pausedUs);
    expect(now()).toBeLessThan(pausedUs + latencyUs);
  });

  test("steps from where it got to", async () => {
    const { clock, pacer, now, input, inputs } = await anOverloadedRun();
    let stepped: Promise<void> | undefined;
    input("pause and step", () => {
      pacer.setSpeed(0);
      stepped = pacer.step(3 * second);
    });
    await clock.rest();
    await stepped;

    expect(now() - (inputs[0]?.[1] ?? 0)).toBe(3 * second);
  });
});

describe("a dial that is turned", () => {
  test.each([0, 1])(
    "from max to %d is obeyed within the window that is under way",
    async (speed) => {
      const { clock, pacer, now, every, input, inputs } = aPacedRun({ speed: Infinity });
      every(1_000);
      pacer.start();
      await clock.rest();
      input("turn", () => pacer.setSpeed(speed));
      await clock.rest();

      expect(now() - (inputs[0]?.[1] ?? 0)).toBeLessThan(latencyUs);
    },
  );

  test("in the middle of something is turned at that moment, however long that takes", async () => {
    const { clock, pacer, now, input, inputs } = aPacedRun({ speed: 1_000 });
    pacer.start();
    await clock.pass(10);
    input("pause", () => {
      clock.spend(60_000);
      pacer.setSpeed(0);
    });
    await clock.pass(1_000);

    expect(now() - (inputs[0]?.[1] ?? 0)).toBeLessThan(latencyUs);
  });

  test("lets nothing overtake what came in before it was turned", async () => {
    const { clock, pacer, input, inputs } = aPacedRun({ speed: 1 });
    pacer.start();
    await clock.pass(50);
    const first = input("first");
    pacer.setSpeed(Infinity);
    const second = input("second");
    await clock.rest();

    expect(second).toBeGreaterThanOrEqual(first);
    expect(inputs.map(([name]) => name)).toEqual(["first", "second"]);
  });

  test("never lets an input come before an earlier one", async () => {
    const { clock, pacer, every, part, input, inputs } = aPacedRun({ speed: 1, isLate: true });
    every(7_000, 3_000);
    const kubeletTicks = (): void => void part.timeline.setTimer(kubelet, 5_000, kubeletTicks);
    kubeletTicks();
    pacer.start();
    const stamps: number[] = [];
    const speeds = [20, Infinity, 0, 3, Infinity, 1_000, 0.5, 0, Infinity, 1];
    for (const [turn, speed] of speeds.entries()) {
      await clock.pass(20);
      stamps.push(input(`before ${turn}`));
      stamps.push(input(`turn ${turn}`, () => pacer.setSpeed(speed)));
      await clock.yieldToIo();
      stamps.push(input(`after ${turn}`));
    }
    await clock.rest();

    expect(stamps).toEqual(stamps.toSorted((left, right) => left - right));
    expect(inputs.map(([, atUs]) => atUs)).toEqual(stamps);
    expect(inputs.map(([name]) => name)).toEqual(
      speeds.flatMap((_speed, turn) => [`before ${turn}`, `turn ${turn}`, `after ${turn}`]),
    );
  });
});
