/** What a started process will do, decided when it starts. Times are µs after the start. */
export interface ProcessPlan {
  /** Ports it binds in its pod's network as it starts. */
  readonly listensOn: readonly number[];
  /** Exits by itself; absent: runs until it is stopped. */
  readonly exit?: Exit;
  /** How long SIGTERM takes; absent: the signal is ignored and only SIGKILL helps. */
  readonly stop?: Exit;
  /** Cannot even be started. */
  readonly startError?: string;
}

export interface Exit {
  readonly afterUs: number;
  readonly code: number;
}

/** What a server does whose port is taken: gives up, after trying for a while. */
export const addressInUse: Exit = { afterUs: 2_500_000, code: 1 };

/** An image as a behaviour: how big it is and what its process does. */
export interface ImageBehaviour {
  /** Compressed size, bytes: how long a pull takes, and what its event says. */
  readonly sizeBytes: number;
  /** What the image runs when the container does not say. */
  readonly defaultCommand: readonly string[];
  readonly plan: (command: readonly string[]) => ProcessPlan;
}
