import { noPod } from "../../src/data-plane/batch.ts";
import {
  type EventCode,
  type NodeConfig,
  type NodeInspection,
  type PodInspection,
  type PodPast,
  reports as reportKinds,
} from "../../src/data-plane/protocol.ts";
import type { HashedText } from "../../src/kernel/hash.ts";
import type { ActorRef, TimerHandle } from "../../src/kernel/timeline.ts";
import type { FactData } from "../../src/kernel/trace.ts";
import type { EventDetail } from "./container-surroundings.ts";
import { Heartbeat, type HeartbeatDuties, leaseIntervalUs } from "./heartbeat.ts";
import { inspectPod } from "./inspect-pod.ts";
import { type KubeletContext, recordFact } from "./kubelet-context.ts";
import { KubeletRecovery } from "./kubelet-recovery.ts";
import { viewOf } from "./machines/machine-view.ts";
import { type NodeDuties, nodeMachine } from "./machines/node-machine.ts";
import { createRuntime } from "./node-runtime.ts";
import { NodeLifecycle } from "./node-lifecycle.ts";
import type { PodSubject } from "./pod-subject.ts";
import type { PodTemplate } from "./pod-template.ts";
import { type PodSurroundings, PodWorker } from "./pod-worker.ts";
import { networkNotReady } from "./report-writer.ts";
import { PodAddresses } from "./runtime/pod-addresses.ts";
import type { ContainerRuntime } from "./runtime/container-runtime.ts";
import type { SimulatedRuntime } from "./runtime/simulated-runtime.ts";
import type { RuntimeConnection } from "./runtime/surviving-runtime.ts";

/** What a kubelet has to do with when things can go wrong, itself included. */
export interface KubeletLife {
  /** A connection that dies with it to a runtime that does not. */
  readonly runtime: RuntimeConnection;
  joinNetwork(addresses: PodAddresses): void;
  /** Counts the watches of this node's kubelets. */
  nextWatch(): number;
}

/**
 * One node's kubelet: an actor with an XState lifecycle, its pods and its runtime. A cluster has
 * 100,000 of them, so it is itself what its machine and its pods need, and not a bundle of closures.
 */
export class Kubelet implements NodeDuties, HeartbeatDuties, PodSurroundings {
  readonly actor: ActorRef;
  readonly runtime: ContainerRuntime;
  /** What it does about what was lost; absent while nothing can fail. */
  readonly recovery: KubeletRecovery | undefined;
  readonly #config: NodeConfig;
  readonly #context: KubeletContext;
  readonly #node: NodeLifecycle;
  readonly #pods = new Map<number, PodWorker>();
  #hasNetwork = false;
  /** Absent before the node was seen. */
  #heartbeat: Heartbeat | undefined;
  readonly #network: Pick<SimulatedRuntime, "joinNetwork">;

  constructor(config: NodeConfig, context: KubeletContext, life?: KubeletLife) {
    this.#config = config;
    this.#context = context;
    this.actor = { id: config.actorId, name: `kubelet:${config.name}` };
    this.#node = new NodeLifecycle(context.timeline, this.actor, this);
    if (life === undefined) {
      const runtime = createRuntime(config, context, this.actor, this.actor);
      this.runtime = runtime;
      this.#network = runtime;
    } else {
      this.runtime = life.runtime;
      this.#network = life;
      this.recovery = new KubeletRecovery(life, this.#pods, config.index, context.reports);
    }
  }

  start(): void {
    this.#node.tell("start");
  }

  nodeSeen(podCidr: string): void {
    this.#node.tell("registered");
    if (podCidr === "" || this.#hasNetwork) return;
    this.#hasNetwork = true;
    this.#network.joinNetwork(new PodAddresses(podCidr));
    this.#node.tell("networkReady");
    for (const worker of this.#pods.values()) worker.networkReady();
  }

  /** @param past What was there before this machine went down. */
  podSeen(handle: number, identity: PodSubject, template: PodTemplate, past?: PodPast): void {
    const again = (): void => this.podSeen(handle, identity, template, past);
    if (this.recovery?.isKnown(handle, again) ?? this.#pods.has(handle)) return;
    const worker = new PodWorker(handle, identity, template, this, past?.acceptedAtUs);
    this.#pods.set(handle, worker);
    this.record(worker, "podSeen", { uid: identity.uid });
    if (this.recovery === undefined) worker.start(past?.containers);
    else this.recovery.begin(worker, past?.containers);
  }

  podSpecSeen(handle: number, template: PodTemplate): void {
    const again = (): void => this.podSpecSeen(handle, template);
    if (this.recovery?.isPostponed(handle, again) === true) return;
    this.#pods.get(handle)?.updateSpec(template);
  }

  podDeletionSeen(handle: number, graceSeconds: number): void {
    const again = (): void => this.podDeletionSeen(handle, graceSeconds);
    if (this.recovery?.isPostponed(handle, again) === true) return;
    this.#pods.get(handle)?.delete(graceSeconds, false);
  }

  podGone(handle: number): void {
    if (this.recovery?.isGoneAgain(handle) === true) return;
    if (this.recovery?.isPostponed(handle, () => this.podGone(handle)) === true) return;
    this.recovery?.gone(handle);
    const worker = this.#pods.get(handle);
    if (worker === undefined) return;
    // That the object is gone gives its containers no less time to stop.
    worker.delete(worker.graceSeconds ?? worker.spec.terminationGracePeriodSeconds, true);
  }

  /** Only when something can fail: all there is was told, so what was not told is gone. */
  podsListed(): void {
    const listed = this.recovery?.endOfList();
    if (listed === undefined) return;
    for (const handle of this.#pods.keys()) if (!listed.has(handle)) this.podGone(handle);
  }

  /**
   * A request had no answer: says again how things are now.
   *
   * @param subject Handle of the pod it was about, or number of the watch.
   */
  requestFailed(kind: number, subject: number): void {
    const worker = this.#pods.get(subject);
    if (kind === reportKinds.podStatus && worker !== undefined) this.reportPod(worker);
    if (kind === reportKinds.removePod) this.recovery?.removeAgain(subject);
    if (kind === reportKinds.watch) this.recovery?.watchLost(subject);
    if (kind === reportKinds.nodeStatus && this.#heartbeat !== undefined) {
      this.#reportStatusOfNode(this.#node.isReady);
    }
  }

  inspect(): NodeInspection {
    const { snapshot, dueUs: delaysUs } = this.#node;
    const delays = nodeMachine.root.states[snapshot.value]?.after ?? [];
    const delayed = delaysUs.map((dueUs, index) => {
      return { name: String(delays[index]?.delay), dueUs };
    });
    const timers = [...delayed, ...(this.#heartbeat?.timers ?? [])];
    const context = { runtime: this.#config.runtime, network: this.#hasNetwork };
    return {
      node: viewOf(snapshot, context, timers),
      pods: [...this.#pods.values()].map(({ identity, state, containers }) => ({
        ...identity.plain,
        state,
        containers: containers.map(({ spec: { name }, state: its }) => ({ name, state: its })),
      })),
    };
  }

  inspectPod(uid: string): PodInspection | undefined {
    for (const worker of this.#pods.values()) {
      if (worker.identity.uid === uid) return inspectPod(worker);
    }
    return undefined;
  }

  get nowUs(): number {
    return this.#context.timeline.nowFor(this.actor);
  }

  /** How far its clock is ahead, µs. */
  get #aheadUs(): number {
    return this.nowUs - this.#context.timeline.nowUs;
  }

  get networkProblem(): string | undefined {
    return this.#hasNetwork ? undefined : networkNotReady;
  }

  register(): void {
    this.#context.reports.registerNode(this.#config.index, this.recovery?.beginWatch() ?? 0);
  }

  beginHeartbeats(): void {
    if (this.#heartbeat !== undefined) return;
    const { timeline, chance } = this.#context;
    this.#eventOfNode("nodeStarting");
    this.renewLease();
    // Spread over the interval, or all nodes of a cluster would renew in the same microsecond.
    const firstUs = chance.integer(`lease/${this.actor.name}`, 0, leaseIntervalUs);
    this.#heartbeat = new Heartbeat(timeline, this.actor, firstUs, this);
  }

  renewLease(): void {
    this.#context.reports.renewLease(this.#config.index, this.#aheadUs);
  }

  reportStatus(): void {
    if (this.#node.isReady) this.#reportStatusOfNode(true);
  }

  reportReady(): void {
    this.#reportStatusOfNode(true);
    this.#eventOfNode("nodeReady");
    this.#record("nodeBecameReady", `nodes/${this.#config.name}`, {});
  }

  reportNotReady(): void {
    this.#reportStatusOfNode(false);
  }

  after(delayUs: number, act: () => void): TimerHandle {
    return this.#context.timeline.setTimer(this.actor, delayUs, act);
  }

  reportPod(worker: PodWorker): void {
    this.#context.reports.podStatus(this.#config.index, worker);
  }

  reportRemoved(worker: PodWorker): void {
    const { handle, isForced } = worker;
    this.#pods.delete(handle);
    this.recovery?.removed(worker);
    if (!isForced) this.#context.reports.removePod(this.#config.index, handle);
  }

  event({ handle }: PodWorker, code: EventCode, container: number, detail: EventDetail): void {
    this.#context.reports.event(this.#config.index, handle, code, container, detail);
  }

  record({ identity }: PodWorker, kind: string, data: FactData): void {
    this.#record(kind, identity, data);
  }

  #reportStatusOfNode(isReady: boolean): void {
    this.#context.reports.nodeStatus(this.#config.index, isReady, this.#aheadUs);
  }

  #eventOfNode(code: EventCode): void {
    this.#context.reports.event(this.#config.index, noPod, code, noContainer, {});
  }

  #record(kind: string, subject: string | HashedText, data: FactData): void {
    recordFact(this.#config, this.#context, this.actor, kind, subject, data);
  }
}

const noContainer = -1;
