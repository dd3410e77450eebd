import { type Actor, createActor, type EventFrom, type SnapshotFrom } from "xstate";
import { unguarded } from "../../src/kernel/handling.ts";
import type { ActorRef, Timeline } from "../../src/kernel/timeline.ts";
import { MachineClock } from "./machine-clock.ts";
import { type NodeDuties, nodeMachine } from "./machines/node-machine.ts";

export type NodeSnapshot = SnapshotFrom<typeof nodeMachine>;
type NodeState = NodeSnapshot["value"];

/**
 * A node's lifecycle, interpreted by XState. Its actor is there while something is under way. Of a node
 * at rest its state is kept, as XState left it, and an actor goes on from there when something
 * happens: actors take 4 KB each, and of 100,000 nodes nearly all are at rest.
 */
export class NodeLifecycle {
  readonly #timeline: Timeline;
  readonly #kubelet: ActorRef;
  readonly #duties: NodeDuties;
  #state: NodeState = "booting";
  #awake: AwakeNode | undefined;

  constructor(timeline: Timeline, kubelet: ActorRef, duties: NodeDuties) {
    this.#timeline = timeline;
    this.#kubelet = kubelet;
    this.#duties = duties;
  }

  get snapshot(): NodeSnapshot {
    return this.#awake?.actor.getSnapshot() ?? this.#resting();
  }

  get isReady(): boolean {
    return this.snapshot.hasTag("ready");
  }

  /** When the delays it waits for are over, µs, in the order they began. */
  get dueUs(): readonly number[] {
    return this.#awake?.clock.dueUs ?? [];
  }

  /** XState stamps the delays it schedules with `Date.now()`, which nobody ever reads. */
  tell(type: EventFrom<typeof nodeMachine>["type"]): void {
    this.#awake ??= unguarded(() => this.#wake());
    const { actor, clock } = this.#awake;
    unguarded(() => actor.send({ type }));
    const { value, status } = actor.getSnapshot();
    this.#state = value;
    if (status === "active" && clock.isIdle && this.isReady) this.#awake = undefined;
  }

  #wake(): AwakeNode {
    const clock = new MachineClock(this.#timeline, this.#kubelet);
    const { name: id } = this.#kubelet;
    const snapshot = this.#resting();
    const actor = createActor(nodeMachine, { clock, id, snapshot, input: this.#duties });
    return { actor: actor.start(), clock };
  }

  #resting(): NodeSnapshot {
    const context = { duties: () => this.#duties };
    return nodeMachine.resolveState({ value: this.#state, context });
  }
}

interface AwakeNode {
  readonly actor: Actor<typeof nodeMachine>;
  readonly clock: MachineClock;
}
