import type { KubeletContainer } from "../../../src/data-plane/protocol.ts";
import type { ActorRef, Timeline } from "../../../src/kernel/timeline.ts";
import type { LastTermination } from "../container-life.ts";
import type { PodSubject } from "../pod-subject.ts";
import {
  type ContainerRuntime,
  type ContainerWatcher,
  isRunning,
  type PullResult,
  type RuntimeContainer,
  type Sandbox,
  type SandboxResult,
  type Termination,
} from "./container-runtime.ts";

/** A container that a kubelet before this one started. */
export interface FoundContainer {
  readonly container: RuntimeContainer;
  readonly startedAtUs: number;
  /** How it ended; absent while it runs. */
  readonly last: LastTermination | undefined;
  /** From now on its end is told to `watcher`. */
  readonly follow: (watcher: ContainerWatcher) => void;
}

/** A pod that a kubelet before this one left in the runtime. */
export interface FoundPod {
  /** Absent once it was taken down. */
  readonly sandbox: Sandbox | undefined;
  /** The latest of each name. */
  readonly containers: readonly FoundContainer[];
}

/**
 * The process table of a node whose kubelet can crash: what runs goes on running, and the next kubelet
 * finds it. One kubelet is connected at a time; what the runtime answers to one that is gone reaches
 * nobody.
 *
 * @see kubernetes `pkg/kubelet/pleg/generic.go`, `pkg/kubelet/kubelet_pods.go`: `HandlePodCleanups`
 */
export class SurvivingRuntime {
  readonly #runtime: ContainerRuntime;
  readonly #timeline: Timeline;
  /** Not the kubelet: it does not crash with it. */
  readonly #actor: ActorRef;
  readonly #pods = new Map<string, KnownPod>();

  constructor(runtime: ContainerRuntime, timeline: Timeline, actor: ActorRef) {
    this.#runtime = runtime;
    this.#timeline = timeline;
    this.#actor = actor;
  }

  /** @param isCurrent Whether the kubelet still lives. */
  connect(kubelet: ActorRef, isCurrent: () => boolean): RuntimeConnection {
    return new RuntimeConnection(this, this.#runtime, (act) => {
      if (!isCurrent()) return;
      // Over a socket: a kubelet that is paused hears of it later.
      this.#timeline.deliver(this.#timeline.nowUs, this.#actor, kubelet, () => {
        if (isCurrent()) act();
      });
    });
  }

  get nowUs(): number {
    return this.#timeline.nowUs;
  }

  podOf({ uid }: PodSubject): KnownPod {
    let pod = this.#pods.get(uid);
    if (pod === undefined) {
      pod = { sandbox: undefined, containers: new Map(), calls: 0, waiting: [] };
      this.#pods.set(uid, pod);
    }
    return pod;
  }

  /** Notes that a call about a pod is under way; returns how to note its end. */
  begin(pod: KnownPod): () => void {
    pod.calls++;
    return () => {
      if (--pod.calls > 0) return;
      for (const act of pod.waiting.splice(0)) act();
    };
  }

  /** What there is of a pod, once no call about it is under way. */
  find(uid: string, done: (found: FoundPod | undefined) => void): void {
    const pod = this.#pods.get(uid);
    if (pod === undefined) return done(undefined);
    const look = (): void => {
      const containers = [...pod.containers.values()].filter(hasStarted);
      const isNothing = pod.sandbox === undefined && containers.length === 0;
      done(isNothing ? undefined : { sandbox: pod.sandbox, containers });
    };
    if (pod.calls === 0) look();
    else pod.waiting.push(look);
  }

  forget(uid: string): void {
    this.#pods.delete(uid);
  }

  /** Takes down all pods but those that `isWanted`. */
  removeOrphans(isWanted: (uid: string) => boolean): void {
    for (const [uid, pod] of this.#pods) {
      if (isWanted(uid)) continue;
      this.find(uid, () => this.#remove(uid, pod));
    }
  }

  #remove(uid: string, pod: KnownPod): void {
    const running = [...pod.containers.values()].filter(({ container }) => isRunning(container));
    if (running.length > 0) {
      for (const { container, follow } of running) {
        follow({ started: () => {}, exited: () => this.#remove(uid, pod) });
        this.#runtime.stopContainer(container, orphanGraceSeconds);
      }
      return;
    }
    const { sandbox } = pod;
    pod.sandbox = undefined;
    if (sandbox !== undefined) this.#runtime.stopPodSandbox(sandbox, () => {});
    this.forget(uid);
  }
}

/** A kubelet's connection to its runtime: it ends with the kubelet. */
export class RuntimeConnection implements ContainerRuntime {
  readonly #table: SurvivingRuntime;
  readonly #runtime: ContainerRuntime;
  readonly #answer: (act: () => void) => void;

  constructor(
    table: SurvivingRuntime,
    runtime: ContainerRuntime,
    answer: (act: () => void) => void,
  ) {
    this.#table = table;
    this.#runtime = runtime;
    this.#answer = answer;
  }

  runPodSandbox(
    identity: PodSubject,
    hostNetwork: boolean,
    done: (result: SandboxResult) => void,
  ): void {
    const pod = this.#table.podOf(identity);
    const end = this.#table.begin(pod);
    this.#runtime.runPodSandbox(identity, hostNetwork, (result) => {
      if (result.ok) pod.sandbox = result.sandbox;
      end();
      this.#answer(() => done(result));
    });
  }

  stopPodSandbox(sandbox: Sandbox, done: () => void): void {
    const pod = this.#table.podOf(sandbox.pod);
    const end = this.#table.begin(pod);
    this.#runtime.stopPodSandbox(sandbox, () => {
      if (pod.sandbox === sandbox) pod.sandbox = undefined;
      end();
      this.#answer(done);
    });
  }

  hasImage(image: string): boolean {
    return this.#runtime.hasImage(image);
  }

  pullImage(pod: PodSubject, image: string, done: (result: PullResult) => void): void {
    this.#runtime.pullImage(pod, image, (result) => this.#answer(() => done(result)));
  }

  createContainer(
    sandbox: Sandbox,
    spec: KubeletContainer,
    serial: number,
    done: (container: RuntimeContainer) => void,
  ): void {
    const end = this.#table.begin(this.#table.podOf(sandbox.pod));
    this.#runtime.createContainer(sandbox, spec, serial, (container) => {
      end();
      this.#answer(() => done(container));
    });
  }

  startContainer(container: RuntimeContainer, watcher: ContainerWatcher): void {
    const pod = this.#table.podOf(container.sandbox.pod);
    const end = this.#table.begin(pod);
    const known = new KnownContainer(this.#table, container, this.#watched(watcher), end);
    pod.containers.set(container.spec.name, known);
    this.#runtime.startContainer(container, known);
  }

  stopContainer(container: RuntimeContainer, graceSeconds: number): void {
    this.#runtime.stopContainer(container, graceSeconds);
  }

  /** What a kubelet before this one left of a pod. */
  find(uid: string, done: (found: FoundPod | undefined) => void): void {
    this.#table.find(uid, (found) => this.#answer(() => done(found && this.#followed(found))));
  }

  /** The pod is gone, and all that ran of it. */
  forget(uid: string): void {
    this.#table.forget(uid);
  }

  removeOrphans(isWanted: (uid: string) => boolean): void {
    this.#table.removeOrphans(isWanted);
  }

  /** Ends reach this kubelet over its own connection. */
  #followed({ sandbox, containers }: FoundPod): FoundPod {
    return {
      sandbox,
      containers: containers.map(({ container, startedAtUs, last, follow }) => ({
        container,
        startedAtUs,
        last,
        follow: (watcher) => follow(this.#watched(watcher)),
      })),
    };
  }

  #watched(watcher: ContainerWatcher): ContainerWatcher {
    return {
      started: (error) => this.#answer(() => watcher.started(error)),
      exited: (termination) => this.#answer(() => watcher.exited(termination)),
    };
  }
}

interface KnownPod {
  sandbox: Sandbox | undefined;
  /** By name; the latest of each. */
  readonly containers: Map<string, KnownContainer>;
  /** Calls under way. */
  calls: number;
  readonly waiting: (() => void)[];
}

class KnownContainer implements FoundContainer, ContainerWatcher {
  readonly container: RuntimeContainer;
  startedAtUs = 0;
  hasStarted = false;
  last: LastTermination | undefined;
  readonly #table: SurvivingRuntime;
  readonly #onStarted: () => void;
  #watcher: ContainerWatcher;

  constructor(
    table: SurvivingRuntime,
    container: RuntimeContainer,
    watcher: ContainerWatcher,
    onStarted: () => void,
  ) {
    this.#table = table;
    this.container = container;
    this.#watcher = watcher;
    this.#onStarted = onStarted;
  }

  started(error: Termination | undefined): void {
    this.hasStarted = true;
    if (error === undefined) this.startedAtUs = this.#table.nowUs;
    else this.#ended(error);
    this.#onStarted();
    this.#watcher.started(error);
  }

  exited(termination: Termination): void {
    this.#ended(termination);
    this.#watcher.exited(termination);
  }

  readonly follow = (watcher: ContainerWatcher): void => {
    this.#watcher = watcher;
  };

  #ended(termination: Termination): void {
    const { startedAtUs, container } = this;
    const finishedAtUs = this.#table.nowUs;
    this.last = { ...termination, startedAtUs, finishedAtUs, serial: container.serial };
  }
}

function hasStarted(container: KnownContainer): boolean {
  return container.hasStarted;
}

/** What the containers of a pod that nobody knows any more get to stop, s. */
const orphanGraceSeconds = 30;
