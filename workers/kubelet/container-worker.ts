import {
  type EventCode,
  type KubeletContainer,
  unknownTime,
} from "../../src/data-plane/protocol.ts";
import type { TimerHandle } from "../../src/kernel/timeline.ts";
import { CrashBackoff, goSeconds, pullBackoffUs } from "./back-off.ts";
import type { ContainerLife, LastTermination, ShownState } from "./container-life.ts";
import type { ContainerSurroundings, EventDetail } from "./container-surroundings.ts";
import { imageVerdict } from "./image-verdict.ts";
import { compileMachine } from "./machines/compile-machine.ts";
import { type ContainerEvent, containerMachine } from "./machines/container-machine.ts";
import type { FoundContainer } from "./runtime/surviving-runtime.ts";
import {
  type ContainerWatcher,
  isRunning,
  type RuntimeContainer,
  type Sandbox,
  type Termination,
} from "./runtime/container-runtime.ts";

export type ContainerStateName = keyof (typeof containerMachine)["states"];

export const containerTable = compileMachine<ContainerStateName, ContainerEvent["type"]>(
  containerMachine,
);

/**
 * Leads the containers of one place in a pod, from the image to the end. The machine says what may
 * follow what; this class does what is to be done on the way, through the runtime.
 *
 * @see kubernetes `pkg/kubelet/kuberuntime/{kuberuntime_manager,kuberuntime_container}.go`
 */
export class ContainerWorker implements ContainerLife, ContainerWatcher {
  readonly index: number;
  readonly isInit: boolean;
  readonly #pod: ContainerSurroundings;
  #spec: KubeletContainer;
  /** What the pod asks for now: the next container is made from it. */
  #wanted: KubeletContainer;
  #state: ContainerStateName = containerTable.initial;
  #shown: ShownState;
  #container: RuntimeContainer | undefined;
  #isStarting = false;
  #isReplacing = false;
  #isOver = false;
  /** Set once it is to end for good. */
  #stopSeconds: number | undefined;
  #serial = -1;
  #startedAtUs = 0;
  #last: LastTermination | undefined;
  /** Made when it ends for the first time. */
  #crashBackoff: CrashBackoff | undefined;
  #pullFailures = 0;
  #timer: TimerHandle | undefined;
  #timerDueUs = 0;

  constructor(
    spec: KubeletContainer,
    index: number,
    isInit: boolean,
    shown: ShownState,
    pod: ContainerSurroundings,
  ) {
    this.index = index;
    this.isInit = isInit;
    this.#spec = spec;
    this.#wanted = spec;
    this.#shown = shown;
    this.#pod = pod;
  }

  get spec(): KubeletContainer {
    return this.#spec;
  }

  get state(): ContainerStateName {
    return this.#state;
  }

  get shown(): ShownState {
    return this.#shown;
  }

  get serial(): number {
    return this.#serial;
  }

  get restarts(): number {
    return Math.max(this.#serial, 0);
  }

  get startedAtUs(): number {
    return this.#startedAtUs;
  }

  get last(): LastTermination | undefined {
    return this.#last;
  }

  /** Whether it ended and is not started again. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether a process of it runs, or is about to. */
  get isAlive(): boolean {
    return this.#isStarting || this.#hasProcess;
  }

  /** Whether its start is under way, which the next container of the pod waits for. */
  get isOnItsWay(): boolean {
    return onTheirWay.has(this.#state);
  }

  /** When it comes out of the back-off, or of the error, it is in, µs; absent when in none. */
  get retryAtUs(): number | undefined {
    const isWaiting = !this.#isOver && inBackOff.has(this.#state);
    return isWaiting ? this.#timerDueUs : undefined;
  }

  get #hasProcess(): boolean {
    return this.#container !== undefined && isRunning(this.#container);
  }

  start(): void {
    this.#attempt("start");
  }

  /** Takes over a container that a kubelet before this one started. */
  adopt({ container, startedAtUs, last, follow }: FoundContainer): void {
    this.#container = container;
    this.#spec = container.spec;
    this.#serial = container.serial;
    this.#startedAtUs = startedAtUs;
    this.#last = last;
    for (const event of ["start", "imagePresent", "created"] as const) this.#step(event);
    follow(this);
    this.#step(last === undefined ? "started" : "exited");
    if (last !== undefined) return this.#ended(last);
    this.#show(running);
    if (this.#wanted.image !== this.#spec.image) this.#replace();
  }

  /** Goes on after one that went down with its machine; init containers run again in any case. */
  recall(past: LastTermination): void {
    this.#serial = past.serial;
    this.#startedAtUs = past.startedAtUs;
    this.#last = past;
    if (this.isInit) return;
    this.#isOver = !this.#pod.isRestarted(this);
    this.#show(terminated);
    const skipped = this.#isOver ? (["start", "imagePresent", "created", "exited"] as const) : [];
    for (const event of skipped) this.#step(event);
  }

  /** Another image: the container there is makes room for one with the new image. */
  update(wanted: KubeletContainer): void {
    const isOther = wanted.image !== this.#wanted.image;
    this.#wanted = wanted;
    if (!isOther || this.#isOver || this.#stopSeconds !== undefined) return;
    // Upstream's back-offs are kept by image and by the hash of the container's spec.
    this.#crashBackoff?.forget();
    this.#pullFailures = 0;
    if (this.#state === "running") this.#replace();
    else if (containerTable.can(this.#state, "retry")) this.#attempt("retry");
    else if (containerTable.can(this.#state, "restart")) this.#attempt("restart");
  }

  /** Ends it for good. Again with less grace: sooner. */
  stop(graceSeconds: number): void {
    const isRepeated = this.#stopSeconds !== undefined;
    this.#stopSeconds = Math.max(graceSeconds, graceSecondsMin);
    this.#timer?.cancel();
    if (this.#hasProcess) return this.#end(isRepeated);
    this.#step("stop");
    if (this.#last !== undefined) this.#show(terminated);
  }

  /** Its pod ended and nobody knows what became of it. @see status_manager.go: `TerminatePod` */
  lose(): void {
    if (this.#shown.name === "terminated") return;
    this.#last = {
      exitCode: 137,
      reason: "ContainerStatusUnknown",
      message: "The container could not be located when the pod was terminated",
      startedAtUs: unknownTime,
      finishedAtUs: unknownTime,
      serial: -1,
    };
    this.#show(terminated);
  }

  started(error: Termination | undefined): void {
    const { nowUs } = this.#pod;
    this.#isStarting = false;
    if (error !== undefined) {
      // Runtimes report a container that never ran as started when the epoch began.
      this.#startedAtUs = 0;
      this.#event("failed", { text: error.message });
      return this.exited(error);
    }
    this.#startedAtUs = nowUs;
    this.#event("started", noDetail);
    // It is there now, so it has to be stopped like any other.
    if (this.#stopSeconds !== undefined) return this.#end(false);
    this.#step("started");
    this.#show(running);
    if (this.#wanted.image !== this.#spec.image) this.#replace();
    this.#pod.moved();
  }

  exited(termination: Termination): void {
    const { exitCode } = termination;
    this.#last = {
      ...termination,
      startedAtUs: this.#startedAtUs,
      finishedAtUs: this.#pod.nowUs,
      serial: this.#serial,
    };
    this.#pod.record("containerExited", { container: this.#spec.name, exitCode });
    if (this.#stopSeconds !== undefined) {
      this.#step("stop");
      this.#show(terminated);
      return this.#pod.moved();
    }
    this.#step("exited");
    if (this.#isReplacing) {
      this.#isReplacing = false;
      return this.#attempt("restart");
    }
    this.#ended(termination);
    this.#pod.moved();
  }

  #ended({ reason, message }: Pick<LastTermination, "reason" | "message">): void {
    this.#isOver = !this.#pod.isRestarted(this);
    if (this.#isOver || reason !== "StartError") this.#show(terminated);
    else this.#show({ name: "waiting", reason: "RunContainerError", message });
    if (!this.#isOver) this.#restartLater();
  }

  #attempt(event: "start" | "restart" | "retry"): void {
    const { runtime } = this.#pod;
    this.#timer?.cancel();
    this.#step(event);
    this.#spec = this.#wanted;
    const verdict = imageVerdict(this.#spec, runtime.hasImage(this.#spec.image));
    if (verdict.kind === "pull") return this.#pull();
    if (verdict.kind === "refused") {
      this.#event(verdict.event, { text: verdict.message });
      return this.#imageFailed(verdict.reason, verdict.message);
    }
    this.#event("alreadyPresent", { text: this.#spec.image });
    this.#step("imagePresent");
    this.#create();
  }

  #pull(): void {
    const { runtime, identity } = this.#pod;
    const { image } = this.#spec;
    this.#step("imageMissing");
    this.#event("pulling", { text: image });
    runtime.pullImage(identity, image, (result) => {
      if (this.#state !== "pulling") return;
      if (!result.ok) {
        this.#event("failedPull", { text: `"${image}": ${result.message}` });
        return this.#imageFailed("ErrImagePull", result.message);
      }
      const { tookUs, waitedUs, sizeBytes } = result;
      this.#pullFailures = 0;
      this.#event("pulled", { text: image, tookUs, waitedUs, bytes: sizeBytes });
      this.#step("pulled");
      this.#create();
    });
  }

  /** Shows the error, and after a moment the back-off that follows it. */
  #imageFailed(reason: string, message: string): void {
    const { image } = this.#spec;
    this.#event("failed", { text: reason });
    this.#step("pullFailed");
    this.#show({ name: "waiting", reason, message });
    const waitUs = pullBackoffUs(++this.#pullFailures);
    this.#wait(errorShownUs, () => {
      if (image !== this.#wanted.image) return this.#attempt("retry");
      this.#step("backOff");
      if (reason === "ErrImagePull") {
        const text = `Back-off pulling image "${image}"`;
        const words = `${text}: ErrImagePull: ${message}`;
        this.#show({ name: "waiting", reason: "ImagePullBackOff", message: words });
        this.#event("backOffPull", { text });
        this.#event("failed", { text: "ImagePullBackOff" });
      }
      this.#wait(waitUs - errorShownUs, () => this.#attempt("retry"));
    });
    this.#pod.moved();
  }

  #create(): void {
    const { runtime } = this.#pod;
    const serial = this.#serial + 1;
    const sandbox = this.#pod.sandbox as Sandbox;
    runtime.createContainer(sandbox, this.#spec, serial, (container) => {
      if (this.#state !== "creating") return;
      this.#serial = serial;
      this.#container = container;
      this.#event("created", noDetail);
      this.#step("created");
      this.#isStarting = true;
      runtime.startContainer(container, this);
    });
  }

  #replace(): void {
    this.#isReplacing = true;
    const text = `Container ${this.#spec.name} definition changed, will be restarted`;
    this.#event("killing", { text });
    const graceSeconds = Math.max(this.#pod.terminationGraceSeconds, graceSecondsMin);
    this.#pod.runtime.stopContainer(this.#container as RuntimeContainer, graceSeconds);
  }

  #end(isRepeated: boolean): void {
    if (!isRepeated) this.#event("killing", { text: `Stopping container ${this.#spec.name}` });
    const container = this.#container as RuntimeContainer;
    this.#pod.runtime.stopContainer(container, this.#stopSeconds as number);
  }

  #restartLater(): void {
    this.#crashBackoff ??= new CrashBackoff();
    const waitUs = this.#crashBackoff.waitUs(this.#pod.nowUs);
    this.#wait(endShownUs, () => {
      if (waitUs === 0) return this.#restart("restart");
      const { namespace, name, uid } = this.#pod.identity;
      const pod = `${name}_${namespace}(${uid})`;
      const container = this.#spec.name;
      const message = `back-off ${goSeconds(waitUs)} restarting failed container=${container} pod=${pod}`;
      this.#step("backOff");
      this.#show({ name: "waiting", reason: "CrashLoopBackOff", message });
      const text = `Back-off restarting failed container ${container} in pod ${pod}`;
      this.#event("backOffRestart", { text });
      this.#wait(waitUs - endShownUs, () => this.#restart("retry"));
    });
  }

  #restart(event: "restart" | "retry"): void {
    this.#crashBackoff?.restarted(this.#pod.nowUs);
    this.#attempt(event);
  }

  #wait(delayUs: number, act: () => void): void {
    this.#timerDueUs = this.#pod.nowUs + delayUs;
    this.#timer = this.#pod.after(delayUs, act);
  }

  #event(code: EventCode, detail: EventDetail): void {
    this.#pod.event(code, this, detail);
  }

  #show(shown: ShownState): void {
    this.#shown = shown;
    this.#pod.changed();
  }

  #step(event: ContainerEvent["type"]): void {
    this.#state = containerTable.next(this.#state, event);
  }
}

const running: ShownState = { name: "running" };
const terminated: ShownState = { name: "terminated" };
const noDetail: EventDetail = {};

/** The least a container gets, s. @see kuberuntime_manager.go: `minimumGracePeriodInSeconds` */
const graceSecondsMin = 2;
/** How long an error stands before the kubelet's next look makes a back-off of it, µs. */
const errorShownUs = 2_000_000;
/** How long a container's end stands before it is restarted, µs: one PLEG period. */
const endShownUs = 1_000_000;

const onTheirWay: ReadonlySet<ContainerStateName> = new Set([
  "checkingImage",
  "pulling",
  "creating",
  "starting",
]);

const inBackOff: ReadonlySet<ContainerStateName> = new Set([
  "errImagePull",
  "imagePullBackOff",
  "exited",
  "crashLoopBackOff",
]);
