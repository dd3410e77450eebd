/** A state machine and where it is, for people: plain, so that it can come from another thread. */
export interface MachineView {
  readonly machine: MachineShape;
  /** The state it is in. */
  readonly value: string;
  readonly status: "active" | "done";
  readonly tags: readonly string[];
  readonly context: Readonly<Record<string, unknown>>;
  /** What it waits for in this state, in words; `""` for nothing. */
  readonly waitsFor: string;
  /** Events it reacts to in this state. */
  readonly reactsTo: readonly string[];
  readonly timers: readonly DueTimer[];
}

/** A flat machine: what may follow what. */
export interface MachineShape {
  readonly id: string;
  readonly initial: string;
  readonly states: readonly MachineState[];
  /** What every state reacts to. */
  readonly anywhere: readonly MachineTransition[];
}

export interface MachineState {
  readonly name: string;
  readonly isFinal: boolean;
  readonly transitions: readonly MachineTransition[];
}

export interface MachineTransition {
  /** Name of the event, or `after 10s` for a delay. */
  readonly event: string;
  readonly target: string;
}

export interface DueTimer {
  /** What happens when it is due, e.g. `leaseRenewal`. */
  readonly name: string;
  /** Virtual time, µs. */
  readonly dueUs: number;
}
