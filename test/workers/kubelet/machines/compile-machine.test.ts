import { getShortestPaths, getSimplePaths } from "@xstate/graph";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AnyStateMachine, createActor, createMachine } from "xstate";
import { InvariantError } from "../../../../src/kernel/invariant.ts";
import { compileMachine } from "../../../../workers/kubelet/machines/compile-machine.ts";
import { containerMachine } from "../../../../workers/kubelet/machines/container-machine.ts";
import { podMachine } from "../../../../workers/kubelet/machines/pod-machine.ts";

const machines: readonly (readonly [string, AnyStateMachine])[] = [
  ["pod", podMachine],
  ["container", containerMachine],
];

describe.each(machines)("the table of the %s machine", (_name, machine) => {
  const table = compileMachine(machine);
  const types = machine.events.filter((type) => !type.startsWith("xstate."));

  /** Sends `types` to the interpreted machine, and holds the table to what it does. */
  function walkTogether(path: readonly string[]): void {
    const actor = createActor(machine).start();
    let state = table.initial;
    expect(state).toBe(actor.getSnapshot().value);
    for (const type of path) {
      expect(table.can(state, type)).toBe(actor.getSnapshot().can({ type }));
      // An actor that is done complains about events, and does nothing.
      if (actor.getSnapshot().status === "active") actor.send({ type });
      state = table.next(state, type);
      expect(state).toBe(actor.getSnapshot().value);
    }
  }

  test("goes where the interpreted machine goes, on every way there is to a state", () => {
    const events = types.map((type) => ({ type }));
    const paths = [
      ...getSimplePaths(machine, { events }),
      ...getShortestPaths(machine, { events }),
    ];
    const reached = new Set(paths.map(({ state }) => state.value));

    expect(reached).toEqual(new Set(table.states));
    for (const { steps } of paths) {
      walkTogether(steps.map(({ event }) => event.type).filter((type) => types.includes(type)));
    }
  });

  test("reacts in each state to what the interpreted machine reacts to, and to nothing else", () => {
    for (const { state } of getShortestPaths(machine, {
      events: types.map((type) => ({ type })),
    })) {
      for (const type of types) {
        expect(table.can(state.value, type), `${state.value} on ${type}`).toBe(state.can({ type }));
      }
    }
  });

  test("goes where the interpreted machine goes on random walks, deaf moments included", () => {
    const walk = fc.array(fc.constantFrom(...types), { maxLength: 60 });
    fc.assert(fc.property(walk, walkTogether), { numRuns: 300 });
  });

  test("has one column for each event", () => {
    expect(types.length).toBeGreaterThan(0);
    for (const type of types) {
      expect(table.states.some((state) => table.can(state, type))).toBe(true);
    }
  });
});

describe("what a table cannot say is refused:", () => {
  const guarded = createMachine({
    initial: "a",
    states: { a: { on: { go: { target: "b", guard: () => false } } }, b: {} },
  });
  const either = createMachine({
    initial: "a",
    states: { a: { on: { go: [{ target: "a", guard: () => false }, { target: "b" }] } }, b: {} },
  });
  const nested = createMachine({
    initial: "a",
    states: { a: { initial: "inner", states: { inner: {} } } },
  });
  const parallel = createMachine({ type: "parallel", states: { a: {}, b: {} } });
  const inward = createMachine({
    initial: "a",
    states: { a: { on: { go: { actions: () => {} } } } },
  });
  const doing = createMachine({
    initial: "a",
    states: { a: { on: { go: { target: "b", actions: () => {} } } }, b: {} },
  });
  const entering = createMachine({ initial: "a", states: { a: { entry: () => {} } } });
  const leaving = createMachine({ initial: "a", exit: () => {}, states: { a: {} } });
  const timed = createMachine({ initial: "a", states: { a: { after: { 1_000: "b" } }, b: {} } });
  const eventless = createMachine({ initial: "a", states: { a: { always: "b" }, b: {} } });
  const wildcard = createMachine({ initial: "a", states: { a: { on: { "*": "b" } }, b: {} } });

  test.each([
    ["a guard", guarded],
    ["several ways out on one event", either],
    ["states within states", nested],
    ["several states at once", parallel],
    ["an event that leads nowhere", inward],
    ["an action on the way", doing],
    ["an action on entering", entering],
    ["an action on leaving", leaving],
    ["a delay", timed],
    ["a transition without an event", eventless],
    ["a transition on any event", wildcard],
  ] as readonly (readonly [string, AnyStateMachine])[])("%s", (_what, machine) => {
    expect(() => compileMachine(machine)).toThrow(InvariantError);
  });
});
