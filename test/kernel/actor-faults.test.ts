import { describe, expect, test } from "vitest";
import { ActorFaults } from "../../src/kernel/actor-faults.ts";
import { Chance } from "../../src/kernel/chance.ts";
import { type DecisionMap, Decisions } from "../../src/kernel/decisions.ts";
import type { ActorFault } from "../../src/kernel/faults.ts";
import { Timeline } from "../../src/kernel/timeline.ts";

const actor = { id: 10, name: "scheduler" };
const other = { id: 20, name: "kcm:namespace" };

/** An actor that notes what it handles, under faults. */
function aVictim(faults: readonly ActorFault[], overrides: DecisionMap = {}) {
  const timeline = new Timeline(1_000);
  const decisions = new Decisions({ chance: new Chance(1), overrides });
  const seen: string[] = [];
  const note = (text: string): void => void seen.push(`${timeline.nowUs - 1_000} ${text}`);
  const gate = new ActorFaults(timeline, decisions, (_actor, kind) => note(kind));
  timeline.setGate(gate);
  const victim = { actor, crash: () => note("crash"), restart: () => note("restart") };
  gate.add(victim, faults, 1_000);
  /** Something for the actor, `atUs` after the start. */
  const tell = (atUs: number, text: string, to = actor): void => {
    timeline.deliver(1_000 + atUs, other, to, () => note(text));
  };
  const run = (untilUs = 10_000): readonly string[] => {
    timeline.runBefore(1_000 + untilUs);
    return seen;
  };
  return { timeline, tell, run, note };
}

describe("an actor under faults", () => {
  test("that crashed hears nothing until it restarts, and forgets its timers", () => {
    const { timeline, tell, run, note } = aVictim([
      { atUs: 10, kind: "crash", actor: "scheduler", forUs: 20 },
    ]);
    for (const at of [9, 10, 29, 30]) tell(at, `message ${at}`);
    timeline.setTimer(actor, 40, () => note("timer of the first life"));
    expect(run()).toEqual([
      "9 message 9",
      "10 actorCrashed",
      "10 crash",
      "30 actorRestarted",
      "30 restart",
      "30 message 30",
    ]);
    expect(timeline.isSettled).toBe(true);
  });

  test("that is down has its machine refuse what comes, if whoever sent it can be told", () => {
    const { timeline, run, note } = aVictim([
      { atUs: 10, kind: "crash", actor: "scheduler", forUs: 20 },
    ]);
    for (const at of [9, 10, 29, 30]) {
      const refused = (): void => note(`refused ${at}`);
      timeline.deliver(1_000 + at, other, actor, () => note(`message ${at}`), false, refused);
    }
    timeline.input(
      1_015,
      actor,
      () => note("input"),
      () => note("input refused"),
    );
    expect(run().filter((line) => !/actor|crash|restart/.test(line))).toEqual([
      "9 message 9",
      "10 refused 10",
      "15 input refused",
      "29 refused 29",
      "30 message 30",
    ]);
    expect(timeline.isSettled).toBe(true);
  });

  test("stays down until a fault restarts it", () => {
    const { run } = aVictim([
      { atUs: 10, kind: "crash", actor: "*" },
      { atUs: 50, kind: "restart", actor: "scheduler" },
    ]);
    expect(run()).toEqual(["10 actorCrashed", "10 crash", "50 actorRestarted", "50 restart"]);
  });

  test("that is paused handles all that came meanwhile when it goes on, in order", () => {
    const { timeline, tell, run, note } = aVictim([
      { atUs: 10, kind: "pause", actor: "scheduler" },
      { atUs: 50, kind: "resume", actor: "scheduler" },
    ]);
    timeline.setTimer(actor, 15, () => note("timer"));
    for (const at of [20, 30, 50]) tell(at, `message ${at}`);
    expect(run()).toEqual([
      "10 actorPaused",
      "50 actorResumed",
      "50 timer",
      "50 message 20",
      "50 message 30",
      "50 message 50",
    ]);
  });

  test("can take back a timer that was due while it was paused", () => {
    const { timeline, run, note } = aVictim([
      { atUs: 10, kind: "pause", actor: "scheduler", forUs: 40 },
    ]);
    const timers = [20, 30].map((at) =>
      timeline.setTimer(actor, at, () => {
        note(`timer ${at}`);
        timers[1]?.cancel();
      }),
    );
    expect(run()).toEqual(["10 actorPaused", "50 actorResumed", "50 timer 20"]);
    expect(timeline.isSettled).toBe(true);
  });

  test("that is slow is busy for a while with each thing it handles", () => {
    const { tell, run } = aVictim([
      { atUs: 0, kind: "slow", actor: "scheduler", extraUs: 100, forUs: 250 },
    ]);
    for (const at of [10, 11, 12, 500, 501]) tell(at, `message ${at}`);
    expect(run()).toEqual([
      "0 actorSlowedDown",
      "10 message 10",
      "110 message 11",
      "210 message 12",
      "250 actorSpedUp",
      "500 message 500",
      "501 message 501",
    ]);
  });

  test("believes what its clock says, and sleeps by it", () => {
    const { timeline, run, note } = aVictim([
      { atUs: 0, kind: "clock", actor: "scheduler", offsetUs: -300, ratePerMillion: 1_000_000 },
    ]);
    run(1);
    timeline.setTimer(actor, 100, () => note(`believes ${timeline.nowFor(actor) - 1_000}`));
    expect(run()).toEqual(["0 clockSkewed", "50 believes -200"]);
    expect(timeline.nowFor(other)).toBe(timeline.nowUs);
  });

  test("leaves the others alone", () => {
    const { tell, run } = aVictim([{ atUs: 0, kind: "crash", actor: "scheduler" }]);
    tell(5, "for another", other);
    tell(6, "for it");
    expect(run()).toEqual(["0 actorCrashed", "0 crash", "5 for another"]);
  });

  test("crashes by decision: in which period, when in it and for how long", () => {
    const second = 1_000_000;
    const { run } = aVictim([], {
      "crash/scheduler/#2": 3 * second,
      "crash/scheduler/#2/at": 4 * second,
    });
    expect(run(60 * second)).toEqual([
      "24000000 actorCrashed",
      "24000000 crash",
      "27000000 actorRestarted",
      "27000000 restart",
    ]);
  });
});
