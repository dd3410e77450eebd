import type {
  EventCode,
  KubeletPodSpec,
  PodPast,
  PodPhase,
} from "../../src/data-plane/protocol.ts";
import type { TimerHandle } from "../../src/kernel/timeline.ts";
import type { FactData } from "../../src/kernel/trace.ts";
import type { ContainerLife } from "./container-life.ts";
import type { ContainerSurroundings, EventDetail } from "./container-surroundings.ts";
import { ContainerWorker } from "./container-worker.ts";
import { compileMachine } from "./machines/compile-machine.ts";
import { type PodEvent, podMachine } from "./machines/pod-machine.ts";
import { hasInitialized, isPodInitialized, isRestarted, podPhase } from "./pod-phase.ts";
import type { PodSubject } from "./pod-subject.ts";
import type { PodTemplate } from "./pod-template.ts";
import type { ContainerRuntime, Sandbox } from "./runtime/container-runtime.ts";
import type { FoundContainer, FoundPod } from "./runtime/surviving-runtime.ts";

export type PodStateName = keyof (typeof podMachine)["states"];

export const podTable = compileMachine<PodStateName, PodEvent["type"]>(podMachine);

/** What a pod worker needs of its kubelet. */
export interface PodSurroundings {
  readonly runtime: ContainerRuntime;
  readonly nowUs: number;
  /** Why the node has no pod network yet; absent when it has one. */
  readonly networkProblem: string | undefined;
  after(delayUs: number, act: () => void): TimerHandle;
  /** Tells the API server how the pod is. */
  reportPod(worker: PodWorker): void;
  /** The containers are stopped and the sandbox is gone. */
  reportRemoved(worker: PodWorker): void;
  /** @param container Index of the container it is about; -1 for the pod itself. */
  event(worker: PodWorker, code: EventCode, container: number, detail: EventDetail): void;
  record(worker: PodWorker, kind: string, data: FactData): void;
}

/**
 * Leads one pod through its life: its sandbox, the order of its containers, its end. The machine
 * says what may follow what; this class does what is to be done on the way, through the runtime.
 *
 * @see kubernetes `pkg/kubelet/pod_workers.go`, `pkg/kubelet/kuberuntime/kuberuntime_manager.go`
 */
export class PodWorker implements ContainerSurroundings {
  /** The hub's handle for this pod. */
  readonly handle: number;
  readonly identity: PodSubject;
  readonly acceptedAtUs: number;
  readonly containers: readonly ContainerWorker[];
  readonly #surroundings: PodSurroundings;
  #template: PodTemplate;
  #state: PodStateName = podTable.initial;
  #sandbox: Sandbox | undefined;
  /** Stays after the sandbox is gone, for the pod's status keeps it. */
  #ip = 0;
  /** Whether the runtime makes or stops the sandbox and has not answered yet. */
  #isSandboxBusy = false;
  #deletion: { readonly graceSeconds: number; readonly isForced: boolean } | undefined;
  #isRunning = false;
  #isDirty = false;

  constructor(
    handle: number,
    identity: PodSubject,
    template: PodTemplate,
    surroundings: PodSurroundings,
    acceptedAtUs = surroundings.nowUs,
  ) {
    this.handle = handle;
    this.identity = identity;
    this.#template = template;
    this.#surroundings = surroundings;
    this.acceptedAtUs = acceptedAtUs;
    const { initCount, firstShown } = template;
    this.containers = template.containers.map(
      (container, index) =>
        new ContainerWorker(container, index, index < initCount, firstShown, this),
    );
  }

  get state(): PodStateName {
    return this.#state;
  }

  get spec(): KubeletPodSpec {
    return this.#template.spec;
  }

  get phase(): PodPhase {
    const phase = podPhase(this.containers, this.spec.restartPolicy, this.#deletion !== undefined);
    const isOver = phase === "Succeeded" || phase === "Failed";
    // A pod that goes has failed if it did nothing else. @see status_manager.go: `TerminatePod`
    return this.#state === "removed" && !isOver ? "Failed" : phase;
  }

  /** Address in the pod network as a number; 0 for none. */
  get ip(): number {
    return this.#ip;
  }

  get hasSandbox(): boolean {
    return this.#sandbox !== undefined;
  }

  /** How long its containers were given to stop, s; absent when they may run. */
  get graceSeconds(): number | undefined {
    return this.#deletion?.graceSeconds;
  }

  /** Whether the object is gone already: nobody is told any more. */
  get isForced(): boolean {
    return this.#deletion?.isForced === true;
  }

  get runtime(): ContainerRuntime {
    return this.#surroundings.runtime;
  }

  get nowUs(): number {
    return this.#surroundings.nowUs;
  }

  get sandbox(): Sandbox | undefined {
    return this.#sandbox;
  }

  get terminationGraceSeconds(): number {
    return this.spec.terminationGracePeriodSeconds;
  }

  /** @param past Containers that are gone with their sandbox, since the machine went down. */
  start(past: PodPast["containers"] = []): void {
    this.record("containersWorkedOut", this.#template.workedOut);
    this.#move("admitted");
    this.#isDirty = true;
    if (past.length > 0) {
      for (const [index, last] of past.entries()) {
        if (last !== null) this.containers[index]?.recall(last);
      }
      if (this.containers.every(({ isInit, isOver }) => isInit || isOver)) return this.#endAtOnce();
      this.#surroundings.event(this, "sandboxChanged", noContainer, {});
    }
    const { networkProblem } = this.#surroundings;
    if (networkProblem === undefined || this.spec.hostNetwork) this.#createSandbox();
    else this.#surroundings.event(this, "networkNotReady", noContainer, { text: networkProblem });
    this.#flush();
  }

  /** Takes over what a kubelet before this one left of the pod. */
  adopt({ sandbox, containers }: FoundPod): void {
    const isLeft = new Map(containers.map((found) => [found.container.spec.name, found]));
    const places = this.containers.filter(({ spec }) => isLeft.has(spec.name));
    const { restartPolicy } = this.spec;
    const isOver = places.every(({ isInit, spec }) => {
      const last = isLeft.get(spec.name)?.last;
      return last !== undefined && !isRestarted({ isInit, spec, last }, restartPolicy);
    });
    // A sandbox that was taken down is made again, unless the pod is over.
    if (sandbox === undefined && !isOver) return this.start();
    this.record("podFound", { containers: places.map(({ spec }) => spec.name).join(" ") });
    this.#move("admitted");
    this.#isDirty = true;
    this.#sandbox = sandbox;
    this.#ip = sandbox?.ip ?? 0;
    this.#move("sandboxReady");
    for (const place of places) place.adopt(isLeft.get(place.spec.name) as FoundContainer);
    if (places.some(({ isInit }) => !isInit)) this.#move("initialized");
    this.moved();
  }

  /** The node has a pod network now. */
  networkReady(): void {
    if (this.#state === "creatingSandbox" && !this.#isSandboxBusy) this.#createSandbox();
  }

  /** New images: containers make room for others. */
  updateSpec(template: PodTemplate): void {
    this.#template = template;
    for (const [index, wanted] of template.containers.entries()) {
      this.containers[index]?.update(wanted);
    }
    this.#flush();
  }

  /**
   * Stops the containers, then the sandbox. Again with less grace: sooner.
   *
   * @param isForced The object is gone already.
   */
  delete(graceSeconds: number, isForced: boolean): void {
    this.#deletion = { graceSeconds, isForced: isForced || this.isForced };
    this.#move("deleted");
    for (const container of this.containers) container.stop(graceSeconds);
    this.#removeWhenQuiet();
  }

  isRestarted(life: ContainerLife): boolean {
    return isRestarted(life, this.spec.restartPolicy);
  }

  after(delayUs: number, act: () => void): TimerHandle {
    return this.#surroundings.after(delayUs, () => {
      act();
      this.#flush();
    });
  }

  event(code: EventCode, container: ContainerLife, detail: EventDetail): void {
    this.#surroundings.event(this, code, container.index, detail);
  }

  record(kind: string, data: FactData): void {
    this.#surroundings.record(this, kind, data);
  }

  changed(): void {
    this.#isDirty = true;
  }

  moved(): void {
    if (this.#deletion !== undefined) return this.#removeWhenQuiet();
    this.#noteRunning();
    this.#settle();
    this.#startNext();
    this.#flush();
  }

  /** Its containers are not started again, so that it needs no other sandbox. */
  #endAtOnce(): void {
    this.#move("sandboxReady");
    this.#move("initialized");
    this.moved();
  }

  #createSandbox(): void {
    const { runtime } = this.#surroundings;
    this.#isSandboxBusy = true;
    runtime.runPodSandbox(this.identity, this.spec.hostNetwork, (result) => {
      this.#isSandboxBusy = false;
      if (!result.ok) return this.#sandboxFailed(result.message);
      this.#sandbox = result.sandbox;
      this.#ip = result.sandbox.ip;
      // Deleted meanwhile: the sandbox that came too late is taken down again.
      if (this.#deletion !== undefined) return this.#stopSandbox();
      this.#move("sandboxReady");
      this.#isDirty = true;
      this.#startNext();
      this.#flush();
    });
  }

  #sandboxFailed(message: string): void {
    if (this.#deletion !== undefined) return this.#removeWhenQuiet();
    this.#surroundings.event(this, "failedSandbox", noContainer, { text: message });
    this.#surroundings.after(sandboxRetryUs, () => this.networkReady());
  }

  /** Init containers one after another, then the containers, each after the one before started. */
  #startNext(): void {
    if (this.#state !== "initializing" && this.#state !== "running") return;
    if (this.containers.some(({ isOnItsWay }) => isOnItsWay)) return;
    if (this.#state === "initializing") {
      const init = this.containers.find((life) => life.isInit && !hasInitialized(life));
      if (init?.state === "waiting") init.start();
      if (init !== undefined) return;
      this.#move("initialized");
    }
    this.containers.find(({ isInit, state }) => !isInit && state === "waiting")?.start();
  }

  #noteRunning(): void {
    const isRunning = this.containers.every(
      ({ isInit, shown }) => isInit || shown.name === "running",
    );
    if (isRunning && !this.#isRunning) this.record("podRunning", { ip: this.#ip });
    this.#isRunning = isRunning;
  }

  /** When the containers are over for good, so is the pod, once its sidecars have stopped. */
  #settle(): void {
    if (this.#state !== "initializing" && this.#state !== "running") return;
    const hasFailedInit = this.containers.some(
      ({ isInit, isOver, last }) => isInit && isOver && last?.exitCode !== 0,
    );
    const isOver = this.containers.every((life) => life.isInit || life.isOver);
    if (!hasFailedInit && !isOver) return;
    const sidecars = this.containers.filter(({ spec }) => spec.isSidecar);
    for (const sidecar of sidecars) sidecar.stop(this.terminationGraceSeconds);
    if (sidecars.some(({ isAlive }) => isAlive)) return;
    const isFailure =
      hasFailedInit || this.containers.some(({ isInit, last }) => !isInit && last?.exitCode !== 0);
    this.#move(isFailure ? "failed" : "succeeded");
    this.record(isFailure ? "podFailed" : "podSucceeded", {});
    if (this.#sandbox !== undefined) this.#stopSandbox();
  }

  #removeWhenQuiet(): void {
    this.#flush();
    if (this.#isSandboxBusy || this.containers.some(({ isAlive }) => isAlive)) return;
    if (this.#sandbox === undefined) this.#remove();
    else this.#stopSandbox();
  }

  #stopSandbox(): void {
    const sandbox = this.#sandbox as Sandbox;
    this.#sandbox = undefined;
    this.#isSandboxBusy = true;
    this.#surroundings.runtime.stopPodSandbox(sandbox, () => {
      this.#isSandboxBusy = false;
      if (this.#deletion !== undefined) this.#remove();
    });
  }

  #remove(): void {
    this.#move("stopped");
    this.#loseContainers();
    this.record("podStopped", {});
    this.#isDirty = true;
    this.#flush();
    this.#surroundings.reportRemoved(this);
  }

  /** Containers that never ended have no better end than this. */
  #loseContainers(): void {
    const init = this.containers.filter(({ isInit }) => isInit);
    const main = this.containers.filter(({ isInit }) => !isInit);
    const begun = init.findLastIndex(
      ({ shown, last }) => shown.name !== "waiting" || last !== undefined,
    );
    for (const container of init.slice(0, Math.max(begun, 0) + 1)) container.lose();
    const lastInit = init.at(-1);
    const wasInitialized =
      isPodInitialized(this.containers) ||
      (lastInit?.last !== undefined && lastInit.last.exitCode === 0);
    if (wasInitialized) for (const container of main) container.lose();
  }

  /** One status for all that changed while one thing was handled. */
  #flush(): void {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    if (!this.isForced) this.#surroundings.reportPod(this);
  }

  #move(event: PodEvent["type"]): void {
    this.#state = podTable.next(this.#state, event);
  }
}

const noContainer = -1;
/** How long until the next try when the runtime cannot make a sandbox, µs. @see pod_workers.go: `backOffPeriod` */
const sandboxRetryUs = 10_000_000;
