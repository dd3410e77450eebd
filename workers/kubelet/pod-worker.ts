import type { EventCode, KubeletPodSpec, PodIdentity } from "../../src/data-plane/protocol.ts";
import { parseImageReference } from "../../src/api/image-reference.ts";
import type { TimerHandle } from "../../src/kernel/timeline.ts";
import type { FactData } from "../../src/kernel/trace.ts";
import { crashBackoffResetUs, crashBackoffUs, pullBackoffUs } from "./back-off.ts";
import { type ContainerLife, containerTable, newContainerLife } from "./container-life.ts";
import { compileMachine } from "./machines/compile-machine.ts";
import type { ContainerEvent } from "./machines/container-machine.ts";
import { type PodEvent, podMachine } from "./machines/pod-machine.ts";
import { hasInitialized } from "./pod-phase.ts";
import type { ContainerRuntime, Sandbox, Termination } from "./runtime/container-runtime.ts";

export type PodStateName = keyof (typeof podMachine)["states"];

export const podTable = compileMachine<PodStateName, PodEvent["type"]>(podMachine);

/** What a pod worker needs of its kubelet. */
export interface PodSurroundings {
  readonly runtime: ContainerRuntime;
  readonly nowUs: number;
  after(delayUs: number, act: () => void): TimerHandle;
  /** Tells the API server how the pod is. */
  reportStatus(worker: PodWorker): void;
  /** The containers are stopped and the sandbox is gone. */
  reportRemoved(worker: PodWorker): void;
  event(worker: PodWorker, code: EventCode, detail?: EventDetail): void;
  record(worker: PodWorker, kind: string, data: FactData): void;
}

export interface EventDetail {
  readonly container?: ContainerLife;
  readonly text?: string;
  readonly tookUs?: number;
  readonly waitedUs?: number;
  readonly bytes?: number;
}

/**
 * Leads one pod through its life. The machines say what may follow what; this class does what is to
 * be done on the way, through the runtime.
 *
 * @see kubernetes `pkg/kubelet/pod_workers.go`, `pkg/kubelet/kuberuntime/kuberuntime_manager.go`
 */
export class PodWorker {
  /** The hub's handle for this pod. */
  readonly handle: number;
  readonly identity: PodIdentity;
  readonly acceptedAtUs: number;
  readonly #surroundings: PodSurroundings;
  #spec: KubeletPodSpec;
  #state: PodStateName = podTable.initial;
  readonly #containers: readonly ContainerLife[];
  #sandbox: Sandbox | undefined;
  #deletion: { graceSeconds: number; readonly isForced: boolean } | undefined;
  #isDirty = false;

  constructor(
    handle: number,
    identity: PodIdentity,
    spec: KubeletPodSpec,
    surroundings: PodSurroundings,
  ) {
    this.handle = handle;
    this.identity = identity;
    this.#spec = spec;
    this.#surroundings = surroundings;
    this.acceptedAtUs = surroundings.nowUs;
    const reason = spec.initContainers.length > 0 ? "PodInitializing" : "ContainerCreating";
    this.#containers = [
      ...spec.initContainers.map((container, index) =>
        newContainerLife(container, index, true, reason),
      ),
      ...spec.containers.map((container, index) =>
        newContainerLife(container, spec.initContainers.length + index, false, reason),
      ),
    ];
  }

  get state(): PodStateName {
    return this.#state;
  }

  get spec(): KubeletPodSpec {
    return this.#spec;
  }

  get containers(): readonly ContainerLife[] {
    return this.#containers;
  }

  get sandbox(): Sandbox | undefined {
    return this.#sandbox;
  }

  get isBeingDeleted(): boolean {
    return this.#deletion !== undefined;
  }

  start(): void {
    const { runtime } = this.#surroundings;
    this.#record("containersWorkedOut", {
      count: this.#spec.containers.length,
      containers: this.#spec.containers.map(({ name, image }) => `${name}=${image}`).join(" "),
      initContainers: this.#spec.initContainers
        .map(({ name, image }) => `${name}=${image}`)
        .join(" "),
    });
    this.#move("admitted");
    this.#changed();
    runtime.runPodSandbox(this.identity, this.#spec.hostNetwork, (sandbox) => {
      if (sandbox === undefined) return;
      this.#sandbox = sandbox;
      // Deleted meanwhile: the sandbox that came too late is taken down again.
      if (this.#state === "stopping") return this.#stopSandbox();
      this.#move("sandboxReady");
      this.#startNext();
      this.#flush();
    });
    this.#flush();
  }

  /** New images for containers that run: each is stopped and started again with the new one. */
  updateSpec(spec: KubeletPodSpec): void {
    this.#spec = spec;
    const specs = [...spec.initContainers, ...spec.containers];
    for (const life of this.#containers) {
      const wanted = specs[life.index];
      if (wanted === undefined || wanted.image === life.spec.image) continue;
      life.spec = wanted;
      if (life.state !== "running" || life.runtime === undefined) continue;
      const text = `Container ${wanted.name} definition changed, will be restarted`;
      this.#surroundings.event(this, "killing", { container: life, text });
      this.#surroundings.runtime.stopContainer(life.runtime, spec.terminationGracePeriodSeconds);
    }
  }

  /**
   * Stops the containers, then the sandbox.
   *
   * @param isForced The object is gone already: nobody is told any more.
   */
  delete(graceSeconds: number, isForced: boolean): void {
    const isRepeated = this.#deletion !== undefined;
    this.#deletion = { graceSeconds, isForced: isForced || this.#deletion?.isForced === true };
    const { runtime } = this.#surroundings;
    if (!isRepeated) {
      this.#move("deleted");
      if (this.#state === "removed") return this.#surroundings.reportRemoved(this);
    }
    for (const life of this.#containers) {
      if (life.state === "running" && life.runtime !== undefined) {
        if (!isRepeated) {
          const text = `Stopping container ${life.spec.name}`;
          this.#surroundings.event(this, "killing", { container: life, text });
        }
        runtime.stopContainer(life.runtime, graceSeconds);
      } else {
        life.state = containerTable.next(life.state, "stop");
      }
    }
    this.#stopSandboxWhenQuiet();
  }

  get isForced(): boolean {
    return this.#deletion?.isForced === true;
  }

  /** Init containers one after another, then the containers, each after the one before started. */
  #startNext(): void {
    if (this.#deletion !== undefined) return;
    if (this.#containers.some((life) => isBusyStarting(life))) return;
    const init = this.#containers.find((life) => life.isInit && !hasInitialized(life));
    if (init !== undefined) {
      if (init.state === "waiting") this.#start(init);
      return;
    }
    if (this.#state === "initializing") this.#move("initialized");
    const next = this.#containers.find((life) => !life.isInit && life.state === "waiting");
    if (next !== undefined) this.#start(next);
  }

  #start(life: ContainerLife): void {
    this.#step(life, "start");
    this.#checkImage(life);
  }

  #checkImage(life: ContainerLife): void {
    const { runtime } = this.#surroundings;
    const { image, imagePullPolicy } = life.spec;
    if (parseImageReference(image) === undefined) {
      return this.#imageFailed(
        life,
        "InvalidImageName",
        `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`,
      );
    }
    const isPresent = runtime.hasImage(image);
    if (imagePullPolicy === "Never" && !isPresent) {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      return this.#imageFailed(life, "ErrImageNeverPull", message);
    }
    if (isPresent && imagePullPolicy !== "Always") {
      this.#surroundings.event(this, "alreadyPresent", { container: life, text: image });
      this.#step(life, "imagePresent");
      return this.#create(life);
    }
    this.#step(life, "imageMissing");
    this.#surroundings.event(this, "pulling", { container: life, text: image });
    runtime.pullImage(this.identity, image, (result) => {
      if (life.state !== "pulling") return;
      if (!result.ok) {
        const text = `"${image}": ${result.message}`;
        this.#surroundings.event(this, "failedPull", { container: life, text });
        this.#surroundings.event(this, "failed", { container: life, text: "ErrImagePull" });
        return this.#imageFailed(life, "ErrImagePull", result.message);
      }
      const { tookUs, waitedUs, sizeBytes } = result;
      life.pullFailures = 0;
      this.#surroundings.event(this, "pulled", {
        container: life,
        text: image,
        tookUs,
        waitedUs,
        bytes: sizeBytes,
      });
      this.#step(life, "pulled");
      this.#create(life);
    });
  }

  /** Shows the error, and after a moment the back-off that follows it. */
  #imageFailed(life: ContainerLife, reason: string, message: string): void {
    life.pullFailures++;
    this.#step(life, "pullFailed");
    this.#show(life, { name: "waiting", reason, message });
    const { image } = life.spec;
    if (reason !== "ErrImagePull") {
      this.#surroundings.event(
        this,
        reason === "InvalidImageName" ? "inspectFailed" : "neverPull",
        { container: life, text: message },
      );
      this.#surroundings.event(this, "failed", { container: life, text: reason });
    }
    const backoffUs = pullBackoffUs(life.pullFailures);
    this.#later(Math.min(errorShownUs, backoffUs), () => {
      if (life.state !== "errImagePull") return;
      this.#step(life, "backOff");
      if (reason === "ErrImagePull") {
        const text = `Back-off pulling image "${image}"`;
        this.#show(life, {
          name: "waiting",
          reason: "ImagePullBackOff",
          message: `${text}: ErrImagePull: ${message}`,
        });
        this.#surroundings.event(this, "backOffPull", { container: life, text });
        this.#surroundings.event(this, "failed", { container: life, text: "ImagePullBackOff" });
      }
      this.#later(backoffUs, () => {
        if (life.state !== "imagePullBackOff") return;
        this.#step(life, "retry");
        this.#checkImage(life);
      });
    });
    // A container whose image cannot be had does not hold up the others.
    this.#startNext();
    this.#flush();
  }

  #create(life: ContainerLife): void {
    const { runtime } = this.#surroundings;
    const sandbox = this.#sandbox as Sandbox;
    const { spec } = life;
    runtime.createContainer(sandbox, spec, life.serial++, (container) => {
      if (life.state !== "creating") return;
      life.runtime = container;
      this.#surroundings.event(this, "created", { container: life });
      this.#step(life, "created");
      life.isStarting = true;
      runtime.startContainer(
        container,
        (error) => {
          life.isStarting = false;
          this.#started(life, error);
        },
        (termination) => this.#exited(life, termination),
      );
    });
  }

  #started(life: ContainerLife, error: Termination | undefined): void {
    const { runtime, nowUs } = this.#surroundings;
    if (life.state !== "starting") {
      // Deleted while it started: it is there now, so it has to be stopped.
      if (life.runtime !== undefined)
        runtime.stopContainer(life.runtime, this.#deletion?.graceSeconds ?? 0);
      return this.#stopSandboxWhenQuiet();
    }
    life.startedAtUs = nowUs;
    if (error !== undefined) {
      this.#surroundings.event(this, "failed", { container: life, text: error.message });
      return this.#exited(life, error);
    }
    this.#surroundings.event(this, "started", { container: life });
    this.#step(life, "started");
    this.#show(life, { name: "running" });
    if (this.#containers.every(({ isInit, shown }) => isInit || shown.name === "running")) {
      this.#record("podRunning", { ip: this.#sandbox?.ip ?? 0 });
    }
    this.#startNext();
    this.#flush();
  }

  #exited(life: ContainerLife, termination: Termination): void {
    const { nowUs } = this.#surroundings;
    const { startedAtUs } = life;
    life.last = { ...termination, startedAtUs, finishedAtUs: nowUs, serial: life.serial - 1 };
    this.#show(life, { name: "terminated" });
    this.#record("containerExited", { container: life.spec.name, exitCode: termination.exitCode });
    if (this.#deletion !== undefined) {
      life.state = containerTable.next(life.state, "stop");
      return this.#stopSandboxWhenQuiet();
    }
    this.#step(life, "exited");
    if (this.#restarts(life, termination)) this.#restartLater(life);
    else this.#settle();
    this.#startNext();
    this.#flush();
  }

  #restarts(life: ContainerLife, { exitCode }: Termination): boolean {
    const { restartPolicy } = this.#spec;
    if (life.spec.isSidecar) return true;
    if (life.isInit) return exitCode !== 0 && restartPolicy !== "Never";
    return restartPolicy === "Always" || (restartPolicy === "OnFailure" && exitCode !== 0);
  }

  #restartLater(life: ContainerLife): void {
    const { nowUs } = this.#surroundings;
    if (nowUs - life.startedAtUs >= crashBackoffResetUs) life.restarts = 0;
    const waitUs = crashBackoffUs(life.restarts);
    const restart = (event: "restart" | "retry"): void => {
      if (!containerTable.can(life.state, event)) return;
      life.restarts++;
      this.#step(life, event);
      this.#checkImage(life);
    };
    this.#later(restartShownUs, () => {
      if (waitUs === 0) return restart("restart");
      if (!containerTable.can(life.state, "backOff")) return;
      this.#step(life, "backOff");
      const { namespace, name, uid } = this.identity;
      const pod = `${name}_${namespace}(${uid})`;
      const message = `back-off ${goSeconds(waitUs)} restarting failed container=${life.spec.name} pod=${pod}`;
      this.#show(life, { name: "waiting", reason: "CrashLoopBackOff", message });
      const text = `Back-off restarting failed container ${life.spec.name} in pod ${pod}`;
      this.#surroundings.event(this, "backOffRestart", { container: life, text });
      this.#later(waitUs, () => restart("retry"));
    });
  }

  /** All containers are over for good: so is the pod. */
  #settle(): void {
    const main = this.#containers.filter(({ isInit }) => !isInit);
    const failedInit = this.#containers.some(
      (life) => life.isInit && life.state === "exited" && life.last?.exitCode !== 0,
    );
    if (!failedInit && !main.every(({ state }) => state === "exited")) return;
    const isFailure = failedInit || main.some(({ last }) => last?.exitCode !== 0);
    this.#move(isFailure ? "failed" : "succeeded");
    this.#record(isFailure ? "podFailed" : "podSucceeded", {});
  }

  #stopSandboxWhenQuiet(): void {
    this.#flush();
    const isBusy = this.#containers.some(
      ({ runtime, isStarting }) => runtime?.isRunning === true || isStarting,
    );
    if (isBusy) return;
    if (this.#sandbox !== undefined) this.#stopSandbox();
  }

  #stopSandbox(): void {
    const sandbox = this.#sandbox;
    if (sandbox === undefined) return;
    this.#sandbox = undefined;
    this.#surroundings.runtime.stopPodSandbox(sandbox, () => {
      this.#move("stopped");
      this.#record("podStopped", {});
      this.#changed();
      this.#flush();
      this.#surroundings.reportRemoved(this);
    });
  }

  #show(life: ContainerLife, shown: ContainerLife["shown"]): void {
    life.shown = shown;
    this.#changed();
  }

  #changed(): void {
    this.#isDirty = true;
  }

  /** One status for all that changed while one thing was handled. */
  #flush(): void {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    if (!this.isForced) this.#surroundings.reportStatus(this);
  }

  #later(delayUs: number, act: () => void): void {
    this.#surroundings.after(delayUs, () => {
      act();
      this.#flush();
    });
  }

  #step(life: ContainerLife, event: ContainerEvent["type"]): void {
    life.state = containerTable.next(life.state, event);
  }

  #move(event: PodEvent["type"]): void {
    this.#state = podTable.next(this.#state, event);
  }

  #record(kind: string, data: FactData): void {
    this.#surroundings.record(this, kind, data);
  }
}

/** How long an error stands before the kubelet's next look makes a back-off of it, µs. */
const errorShownUs = 2_000_000;
/** How long a terminated container stands before it is restarted, µs: one PLEG period. */
const restartShownUs = 1_000_000;

function isBusyStarting({ state }: ContainerLife): boolean {
  return (
    state === "checkingImage" || state === "pulling" || state === "creating" || state === "starting"
  );
}

/** `10s`, `2m40s`: as Go prints a duration. */
function goSeconds(us: number): string {
  const seconds = Math.floor(us / 1_000_000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
