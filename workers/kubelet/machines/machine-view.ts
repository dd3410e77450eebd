import type { AnyMachineSnapshot, AnyStateMachine } from "xstate";
import type {
  DueTimer,
  MachineShape,
  MachineState,
  MachineTransition,
  MachineView,
} from "../../../src/kernel/machine-view.ts";

/** Where an actor is, as XState interprets its machine. */
export function viewOf(
  snapshot: AnyMachineSnapshot,
  context: MachineView["context"],
  timers: readonly DueTimer[],
): MachineView {
  const { machine, status } = snapshot;
  const value = String(snapshot.value);
  const node = machine.root.states[value];
  const events = [...(node === undefined ? [] : named(node)), ...named(machine.root)];
  return {
    machine: shapeOf(machine),
    value,
    status: status === "done" ? "done" : "active",
    tags: [...snapshot.tags].toSorted(),
    context,
    waitsFor: node?.description ?? "",
    reactsTo: events.map(({ event }) => event).filter((type) => snapshot.can({ type })),
    timers,
  };
}

/** What XState makes of a state that the machine's table came to. */
export function interpreted(
  machine: AnyStateMachine,
  state: string,
  context: MachineView["context"],
): AnyMachineSnapshot {
  return machine.resolveState({ value: state, context });
}

/** The machine itself, from its XState definition. */
export function shapeOf(machine: AnyStateMachine): MachineShape {
  const { root } = machine;
  return {
    id: machine.id,
    initial: root.initial.target?.[0]?.key ?? "",
    states: Object.entries(root.states).map(([name, node]): MachineState => ({
      name,
      isFinal: node.type === "final",
      transitions: [...named(node), ...delayed(node, machine)],
    })),
    anywhere: named(root),
  };
}

type StateNode = AnyStateMachine["root"];

function named(node: StateNode): readonly MachineTransition[] {
  return [...node.transitions]
    .filter(([event]) => isNamed(event))
    .flatMap(([event, ways]) =>
      ways.map(({ target }) => ({ event, target: target?.[0]?.key ?? node.key })),
    );
}

function delayed(node: StateNode, machine: AnyStateMachine): readonly MachineTransition[] {
  return node.after.map(({ delay, target }) => {
    const ms = typeof delay === "number" ? delay : machine.implementations.delays[String(delay)];
    const event = typeof ms === "number" ? `after ${ms / 1_000}s` : `after ${String(delay)}`;
    return { event, target: target?.[0]?.key ?? node.key };
  });
}

/** XState's own events stand for delays and the like. */
function isNamed(event: string): boolean {
  return !event.startsWith("xstate.");
}
