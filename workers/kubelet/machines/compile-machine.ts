import type { AnyStateMachine } from "xstate";
import { invariant } from "../../../src/kernel/invariant.ts";

/**
 * A machine as a table: one array look-up a transition, one number a state.
 */
export interface CompiledMachine<State extends string, EventType extends string> {
  readonly initial: State;
  readonly states: readonly State[];
  /** The state after `event`; the same one when the machine does not react to it. */
  next(state: State, event: EventType): State;
  /** Whether the machine reacts to `event` in `state`. */
  can(state: State, event: EventType): boolean;
}

/**
 * Compiles a flat machine without guards, so that the XState definition stays the only source of
 * what may follow what.
 *
 * @throws {InvariantError} For what a table cannot say: nested or parallel states, guards, delays,
 *   actions, transitions without one event or one target.
 */
export function compileMachine<State extends string, EventType extends string>(
  machine: AnyStateMachine,
): CompiledMachine<State, EventType> {
  const { root } = machine;
  invariant(root.type === "compound", `${root.id} is in one state at a time`);
  const states = Object.keys(root.states) as State[];
  const table = new Map<State, ReadonlyMap<EventType, State>>();
  for (const state of states) {
    const node = root.states[state];
    invariant(
      node !== undefined && Object.keys(node.states).length === 0,
      `${state} is not nested`,
    );
    invariant((node.always ?? []).length === 0, `${state} is not left without an event`);
    const deeds = [root, node].flatMap(({ entry, exit, invoke }) => [...entry, ...exit, ...invoke]);
    invariant(deeds.length === 0, `entering and leaving ${state} does nothing more`);
    const row = new Map<EventType, State>();
    for (const [event, transitions] of [...root.transitions, ...node.transitions]) {
      const [transition] = transitions;
      invariant(!/[*]|^xstate[.]/.test(event), `${event} is one event, and not a delay`);
      invariant(
        transitions.length === 1 && transition !== undefined,
        `one way from ${state} on ${event}`,
      );
      invariant(transition.guard === undefined, `no guard from ${state} on ${event}`);
      invariant(transition.actions.length === 0, `${event} does nothing more in ${state}`);
      const target = transition.target?.[0]?.key as State | undefined;
      invariant(target !== undefined, `${event} leads from ${state} to a state`);
      row.set(event as EventType, target);
    }
    table.set(state, row);
  }
  return {
    initial: root.initial.target?.[0]?.key as State,
    states,
    next: (state, event) => table.get(state)?.get(event) ?? state,
    can: (state, event) => table.get(state)?.has(event) ?? false,
  };
}
