import { describe, expect, test } from "vitest";
import { type AnyStateMachine, createActor } from "xstate";
import { compileMachine } from "../../../../workers/kubelet/machines/compile-machine.ts";
import { containerMachine } from "../../../../workers/kubelet/machines/container-machine.ts";
import { interpreted, shapeOf, viewOf } from "../../../../workers/kubelet/machines/machine-view.ts";
import { nodeMachine } from "../../../../workers/kubelet/machines/node-machine.ts";
import { podMachine } from "../../../../workers/kubelet/machines/pod-machine.ts";

const compiled: readonly (readonly [string, AnyStateMachine])[] = [
  ["pod", podMachine],
  ["container", containerMachine],
];

describe.each(compiled)("the view of a %s in a state its table came to", (_name, machine) => {
  const table = compileMachine(machine);
  const types = machine.events.filter((type) => !type.startsWith("xstate."));

  test.each(table.states)("is what XState makes of it: %s", (state) => {
    const view = viewOf(interpreted(machine, state, { a: 1 }), { a: 1 }, []);

    expect(view.value).toBe(state);
    expect(view.context).toEqual({ a: 1 });
    expect(view.status).toBe(machine.root.states[state]?.type === "final" ? "done" : "active");
    expect(new Set(view.reactsTo)).toEqual(
      new Set(types.filter((type) => view.status === "active" && table.can(state, type))),
    );
  });

  test("says what it waits for in every state that can be left", () => {
    for (const state of table.states) {
      const { waitsFor, reactsTo } = viewOf(interpreted(machine, state, {}), {}, []);
      if (reactsTo.some((event) => table.next(state, event) !== state)) {
        expect(waitsFor, state).not.toBe("");
      }
    }
  });

  test("draws the way that its table goes", () => {
    const { states, anywhere, initial } = shapeOf(machine);

    expect(initial).toBe(table.initial);
    expect(states.map(({ name }) => name)).toEqual(table.states);
    for (const { name, transitions } of states) {
      for (const { event, target } of [...anywhere, ...transitions]) {
        expect(table.next(name, event), `${name} on ${event}`).toBe(target);
      }
      const drawn = [...anywhere, ...transitions].map(({ event }) => event);
      expect(new Set(drawn)).toEqual(new Set(types.filter((type) => table.can(name, type))));
    }
  });
});

describe("the view of a node", () => {
  const duties = {
    register: () => {},
    beginHeartbeats: () => {},
    reportReady: () => {},
    reportNotReady: () => {},
  };

  test("is its actor's snapshot", () => {
    const actor = createActor(nodeMachine, { input: duties }).start();
    actor.send({ type: "start" });
    actor.send({ type: "registered" });
    actor.send({ type: "networkReady" });

    expect(viewOf(actor.getSnapshot(), {}, [])).toMatchObject({
      value: "ready",
      tags: ["ready"],
      reactsTo: ["networkLost"],
    });
    actor.stop();
  });

  test("draws a delay with its length", () => {
    const registering = shapeOf(nodeMachine).states.find(({ name }) => name === "registering");

    expect(registering?.transitions).toEqual([
      { event: "registered", target: "notReady" },
      { event: "after 10s", target: "registering" },
    ]);
  });
});
