import type { StoredObject } from "../control-plane/apiserver/stored/stored-object.ts";
import type { Store, StoreClock } from "../control-plane/store/store.ts";
import type { Simulation } from "../kernel/simulation.ts";
import type { ActorRef } from "../kernel/timeline.ts";
import type { SubmitInput } from "./outside-answers.ts";

/**
 * A cluster's state that outlives the process, so that the next one goes on from it: in a directory, or
 * in a real etcd. What comes from there is an input, which nothing records.
 */
export interface KeptState {
  /** For people, e.g. a path. */
  readonly place: string;
  readonly store: Store<StoredObject>;
  /** The store's revision when it was opened. */
  readonly revision: number;
  /** The first time that is later than all that is known of the cluster before, µs. */
  readonly nextUs: number;
  /** Whether it may refuse and fall silent while the cluster goes on. */
  readonly mayFail: boolean;
  /** From now on leases end by this clock; what comes waits until `join`. */
  start(clock: StoreClock): void;
  /**
   * From now on the simulation takes what comes, and time waits for it. Settles when what was asked of
   * it until now has an answer.
   */
  join(simulation: Simulation, actor: ActorRef): Promise<void>;
  /** What comes is handed in this way from now on, e.g. through a pacer. */
  submitThrough(actor: ActorRef, submit: SubmitInput): void;
  /** Lets go of it; then another process may open it. */
  close(): Promise<void>;
}
