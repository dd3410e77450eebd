import type { EventCode } from "../../src/data-plane/protocol.ts";
import type { TimerHandle } from "../../src/kernel/timeline.ts";
import type { FactData } from "../../src/kernel/trace.ts";
import type { ContainerLife } from "./container-life.ts";
import type { PodSubject } from "./pod-subject.ts";
import type { ContainerRuntime, Sandbox } from "./runtime/container-runtime.ts";

/** What an event's message is made of. */
export interface EventDetail {
  readonly text?: string;
  readonly tookUs?: number;
  readonly waitedUs?: number;
  readonly bytes?: number;
}

/** The pod a container belongs to, as the container needs it. */
export interface ContainerSurroundings {
  readonly identity: PodSubject;
  readonly runtime: ContainerRuntime;
  readonly nowUs: number;
  /** Where it is created; there is one before any container starts. */
  readonly sandbox: Sandbox | undefined;
  /** How long it has when it must make room for one with another image, s. */
  readonly terminationGraceSeconds: number;
  /** Whether a container that ended as its `last` says is started again. */
  isRestarted(life: ContainerLife): boolean;
  after(delayUs: number, act: () => void): TimerHandle;
  event(code: EventCode, container: ContainerLife, detail: EventDetail): void;
  record(kind: string, data: FactData): void;
  /** What is shown of it changed. */
  changed(): void;
  /** It runs, or it ended, or it waits and does not hold up the others. */
  moved(): void;
}
