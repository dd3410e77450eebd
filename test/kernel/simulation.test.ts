import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvariantError } from "../../src/kernel/invariant.ts";
import { type Breakdown, Simulation } from "../../src/kernel/simulation.ts";
import { type ActorRef, Timeline } from "../../src/kernel/timeline.ts";
import { TimerPart } from "./timer-part.ts";

const api: ActorRef = { id: 2, name: "api-1" };
const kubelets: readonly ActorRef[] = Array.from({ length: 4 }, (_none, index) => ({
  id: 1_000 + index,
  name: `kubelet:node-${index + 1}`,
}));
const kubelet = kubelets[0] as ActorRef;
const latencyUs = 10_000;

/** At once, as a part on this thread; later, as one on another. */
const manners = [
  ["at once", false],
  ["later", true],
] as const;

describe.each(manners)("a simulation with a part that answers %s", (_manner, isLate) => {
  test("says of each window that all before its end was handled, and nothing later", async () => {
    const timeline = new Timeline();
    const part = new TimerPart(timeline, isLate);
    const simulation = new Simulation(timeline, [part], latencyUs);
    const handled: number[] = [];
    for (const atUs of [5, 20_000, 29_999, 30_000]) {
      timeline.setTimer(api, atUs, () => handled.push(atUs));
      part.timeline.setTimer(kubelet, atUs + 1, () => handled.push(atUs + 1));
    }
    const windows: (readonly [number, readonly number[]])[] = [];
    simulation.watchWindows((endUs) =>
      windows.push([endUs, handled.splice(0).toSorted((left, right) => left - right)]),
    );
    await simulation.advanceTo(1_000_000);

    expect(windows).toEqual([
      [10_005, [5, 6]],
      [30_000, [20_000, 20_001, 29_999]],
      [40_000, [30_000, 30_000, 30_001]],
    ]);
  });

  test("does not go on while something outside is waited for, whose answer comes first", async () => {
    const timeline = new Timeline();
    const part = new TimerPart(timeline, isLate);
    const simulation = new Simulation(timeline, [part], latencyUs);
    const history: string[] = [];
    const note = (what: string) => (): void => void history.push(`${timeline.nowUs} ${what}`);
    const asked: number[] = [];
    let waits = 0;
    simulation.holdWindows((untilUs) => {
      asked.push(untilUs);
      if (waits === 0) return undefined;
      waits--;
      if (waits === 0) timeline.input(simulation.openUs, api, note("answered"));
      return Promise.resolve();
    });
    timeline.setTimer(api, 5, () => {
      note("asks")();
      waits = 3;
    });
    timeline.setTimer(api, 500_000, note("later"));
    await simulation.advanceTo(1_000_000);

    expect(history).toEqual(["5 asks", "10005 answered", "500000 later"]);
    // Before the first window; then until it is told no; then before it stops.
    expect(asked).toEqual([5, 500_000, 500_000, 500_000, 10_005, 500_000, 1_000_000]);
  });

  test("carries messages both ways, each due one latency after it was sent", async () => {
    const timeline = new Timeline();
    const part = new TimerPart(timeline, isLate);
    const simulation = new Simulation(timeline, [part], latencyUs);
    const history: (readonly [number, string])[] = [];
    timeline.setTimer(api, 7, () => {
      part.receive(timeline.nowUs + latencyUs, api, kubelet, () => {
        history.push([part.timeline.nowUs, "bound"]);
        part.send(part.timeline.nowUs + latencyUs, kubelet, api, () => {
          history.push([timeline.nowUs, "running"]);
        });
      });
    });
    await simulation.advanceTo(1_000_000);

    expect(history).toEqual([
      [10_007, "bound"],
      [20_007, "running"],
    ]);
    expect(timeline.nowUs).toBe(1_000_000);
  });

  test("ends the run when a part sends into the window it was stepped in", async () => {
    const timeline = new Timeline();
    const part = new TimerPart(timeline, isLate);
    const simulation = new Simulation(timeline, [part], latencyUs);
    part.timeline.setTimer(kubelet, 5, () => {
      part.send(5 + latencyUs - 1, kubelet, api, () => {});
    });

    await expect(simulation.advanceTo(1_000_000)).rejects.toThrow(
      "nothing reaches api-1 inside the window it was sent in",
    );
  });

  test("ends the run when a handler on the hub throws", async () => {
    const timeline = new Timeline();
    const part = new TimerPart(timeline, isLate);
    const simulation = new Simulation(timeline, [part], latencyUs);
    part.timeline.setTimer(kubelet, 5, () => {});
    timeline.setTimer(api, 5, () => {
      throw new RangeError("too far");
    });

    await expect(simulation.advanceTo(1_000_000)).rejects.toThrow(RangeError);
  });

  test("tells of several breakdowns in one window the earliest, of the lowest actor", async () => {
    const timeline = new Timeline();
    const parts = [0, 1, 2].map(() => new TimerPart(timeline, isLate));
    const told: Breakdown[] = [];
    const simulation = new Simulation(timeline, parts, latencyUs, (breakdown) => {
      told.push(breakdown);
      return breakdown.error;
    });
    const breakAt = (where: Timeline, actor: ActorRef, delayUs: number): void => {
      where.setTimer(actor, delayUs, () => {
        throw new RangeError(`${actor.name} after ${delayUs}`);
      });
    };
    breakAt(timeline, api, 9);
    for (const [index, delayUs] of [8, 7, 7].entries()) {
      breakAt((parts[index] as TimerPart).timeline, kubelets[index] as ActorRef, delayUs);
    }

    await expect(simulation.advanceTo(1_000_000)).rejects.toThrow("kubelet:node-2 after 7");
    expect(told).toEqual([
      {
        error: expect.any(RangeError),
        running: { actorId: 1_001, atUs: 7 },
        window: { startUs: 7, endUs: 7 + latencyUs },
      },
    ]);
    // What is broken stays so.
    await expect(simulation.advanceTo(2_000_000)).rejects.toThrow("kubelet:node-2 after 7");
  });

  test("steps a part only when something is due there, or on its way", async () => {
    const timeline = new Timeline();
    const busy = new TimerPart(timeline, isLate);
    const idle = new TimerPart(timeline, isLate);
    const simulation = new Simulation(timeline, [busy, idle], latencyUs);
    for (const delayUs of [100, 500_000, 900_000])
      busy.timeline.setTimer(kubelet, delayUs, () => {});
    idle.receive(500_003, api, kubelet, () => {});
    await simulation.advanceTo(1_000_000);

    expect(busy.steps).toEqual([100 + latencyUs, 500_000 + latencyUs, 900_000 + latencyUs]);
    expect(idle.steps).toEqual([500_000 + latencyUs]);
  });
});

describe("a simulation", () => {
  test("skips empty time: a day without events is no windows", async () => {
    const simulation = new Simulation(new Timeline(), [], latencyUs);
    await simulation.advanceTo(86_400_000_000);

    expect(simulation.windows).toBe(0);
    expect(simulation.timeline.nowUs).toBe(86_400_000_000);
  });

  test("runs one window for all that is due within one latency", async () => {
    const timeline = new Timeline();
    const simulation = new Simulation(timeline, [], latencyUs);
    for (const delayUs of [1, 2, latencyUs, latencyUs + 1])
      timeline.setTimer(api, delayUs, () => {});
    await simulation.advanceTo(1_000_000);

    expect(simulation.windows).toBe(2);
  });

  test("handles what is due at the end, and leaves what is due after it", async () => {
    const timeline = new Timeline();
    const simulation = new Simulation(timeline, [], latencyUs);
    const times: number[] = [];
    for (const delayUs of [500, 501]) {
      timeline.setTimer(api, delayUs, () => times.push(timeline.nowUs));
    }
    await simulation.advanceTo(500);

    expect(times).toEqual([500]);
    expect(timeline.nowUs).toBe(500);
    expect(simulation.nextDueUs).toBe(501);
  });

  test("stops after the window in which enough has happened", async () => {
    const timeline = new Timeline();
    const simulation = new Simulation(timeline, [], latencyUs);
    let handled = 0;
    const tick = (): void => {
      handled++;
      timeline.setTimer(api, 50_000, tick);
    };
    timeline.setTimer(api, 50_000, tick);
    await simulation.advanceTo(10_000_000, () => handled === 3);

    expect(handled).toBe(3);
    expect(timeline.nowUs).toBe(150_000);
  });

  test("is settled when only background work is due, here and in its parts", async () => {
    const timeline = new Timeline();
    const part = new TimerPart(timeline);
    const simulation = new Simulation(timeline, [part], latencyUs);
    timeline.setBackgroundTimer(api, 60_000_000, () => {});
    part.timeline.setTimer(kubelet, 100, () => {});
    expect(simulation.isSettled).toBe(false);
    await simulation.advanceTo(200);

    expect(simulation.isSettled).toBe(true);
  });

  test("advances one caller at a time", async () => {
    const timeline = new Timeline();
    const part = new TimerPart(timeline, true);
    const simulation = new Simulation(timeline, [part], latencyUs);
    part.timeline.setTimer(kubelet, 1, () => {});
    const first = simulation.advanceTo(100);

    await expect(simulation.advanceTo(100)).rejects.toThrow(InvariantError);
    await first;
  });

  test("needs links that take time", () => {
    expect(() => new Simulation(new Timeline(), [], 0)).toThrow(InvariantError);
  });

  test("is open to inputs only after the window under way, whatever its own clock says", async () => {
    const timeline = new Timeline();
    const part = new TimerPart(timeline, true);
    const simulation = new Simulation(timeline, [part], latencyUs);
    part.timeline.setTimer(kubelet, 5_000_000, () => {});
    const advance = simulation.advanceTo(10_000_000);

    expect(timeline.nowUs).toBe(0);
    expect(simulation.openUs).toBe(5_000_000 + latencyUs);
    await advance;
    expect(simulation.openUs).toBe(10_000_001);
  });
});

describe("one history", () => {
  /** Who waits how long before passing a message on, in turn. */
  const program = fc.array(fc.record({ actor: fc.nat(4), waitUs: fc.nat(30_000), to: fc.nat(4) }), {
    minLength: 1,
    maxLength: 60,
  });
  const division = fc.array(fc.nat(2), { minLength: 4, maxLength: 4 });

  test("comes of the same actors, wherever they run and however late parts answer", async () => {
    await fc.assert(
      fc.asyncProperty(program, division, fc.boolean(), async (turns, divided, isLate) => {
        const inOnePart = await play(turns, [0, 0, 0, 0], false);
        expect(await play(turns, divided, isLate)).toEqual(inOnePart);
      }),
      { numRuns: 50 },
    );
  });

  /** Returns what each actor handled, and when. */
  async function play(
    turns: readonly { readonly actor: number; readonly waitUs: number; readonly to: number }[],
    division: readonly number[],
    isLate: boolean,
  ): Promise<readonly (readonly string[])[]> {
    const hub = new Timeline();
    const parts = [0, 1, 2].map(() => new TimerPart(hub, isLate));
    const actors = [api, ...kubelets];
    const histories: string[][] = actors.map(() => []);
    const partOf = (actor: number): TimerPart | undefined =>
      actor === 0 ? undefined : parts[division[actor - 1] ?? 0];
    for (const [turn, { actor, waitUs, to }] of turns.entries()) {
      const from = actors[actor] as ActorRef;
      const target = actors[to] as ActorRef;
      const sender = partOf(actor);
      const receiver = partOf(to);
      const senderTimeline = sender?.timeline ?? hub;
      const receiverTimeline = receiver?.timeline ?? hub;
      const receive = (): void => {
        histories[to]?.push(`${receiverTimeline.nowUs}: ${turn} from ${from.name}`);
      };
      senderTimeline.setTimer(from, waitUs, () => {
        histories[actor]?.push(`${senderTimeline.nowUs}: ${turn} sent`);
        // Kubelets talk to the API server alone, and it to them.
        if (sender !== undefined && receiver === undefined) {
          sender.send(senderTimeline.nowUs + latencyUs, from, target, receive);
        } else if (sender === undefined && receiver !== undefined) {
          receiver.receive(hub.nowUs + latencyUs, from, target, receive);
        }
      });
    }
    await new Simulation(hub, parts, latencyUs).advanceTo(1_000_000);
    return histories;
  }
});
