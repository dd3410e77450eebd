import { type Actor, createActor, type EventFrom } from "xstate";
import { noPod } from "../../src/data-plane/batch.ts";
import type {
  EventCode,
  NodeConfig,
  NodeInspection,
  PodInspection,
} from "../../src/data-plane/protocol.ts";
import { runtimeProfiles } from "../../src/data-plane/runtime-profiles.ts";
import type { Chance } from "../../src/kernel/chance.ts";
import { unguarded } from "../../src/kernel/handling.ts";
import type { HashedText } from "../../src/kernel/hash.ts";
import type { ActorRef, TimerHandle, Timeline } from "../../src/kernel/timeline.ts";
import type { FactData, Trace } from "../../src/kernel/trace.ts";
import type { EventDetail } from "./container-worker.ts";
import { Heartbeat, type HeartbeatDuties, leaseIntervalUs } from "./heartbeat.ts";
import { inspectPod } from "./inspect-pod.ts";
import { MachineClock } from "./machine-clock.ts";
import { viewOf } from "./machines/machine-view.ts";
import { type NodeDuties, nodeMachine } from "./machines/node-machine.ts";
import type { PodSubject } from "./pod-subject.ts";
import type { PodTemplate } from "./pod-template.ts";
import { type PodSurroundings, PodWorker } from "./pod-worker.ts";
import { networkNotReady, type ReportWriter } from "./report-writer.ts";
import { PodAddresses } from "./runtime/pod-addresses.ts";
import { SimulatedRuntime } from "./runtime/simulated-runtime.ts";

/** What a kubelet shares with the other kubelets of its shard. */
export interface KubeletContext {
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly chance: Chance;
  readonly sendsFacts: boolean;
  readonly reports: ReportWriter;
}

/**
 * One node's kubelet: an actor with an XState lifecycle, its pods and its runtime. A cluster has
 * 100,000 of them, so it is itself what its machine and its pods need, and not a bundle of closures.
 */
export class Kubelet implements NodeDuties, HeartbeatDuties, PodSurroundings {
  readonly actor: ActorRef;
  readonly runtime: SimulatedRuntime;
  readonly #config: NodeConfig;
  readonly #context: KubeletContext;
  readonly #node: Actor<typeof nodeMachine>;
  readonly #pods = new Map<number, PodWorker>();
  #hasNetwork = false;
  /** Absent before the node was seen. */
  #heartbeat: Heartbeat | undefined;
  readonly #clock: MachineClock;

  constructor(config: NodeConfig, context: KubeletContext) {
    this.#config = config;
    this.#context = context;
    this.actor = { id: config.actorId, name: `kubelet:${config.name}` };
    this.#clock = new MachineClock(context.timeline, this.actor);
    this.#node = createActor(nodeMachine, {
      clock: this.#clock,
      id: this.actor.name,
      input: this,
    });
    this.runtime = this.#createRuntime();
  }

  start(): void {
    unguarded(() => this.#node.start());
    this.#tell("start");
  }

  nodeSeen(podCidr: string): void {
    this.#tell("registered");
    if (podCidr === "" || this.#hasNetwork) return;
    this.#hasNetwork = true;
    this.runtime.joinNetwork(new PodAddresses(podCidr));
    this.#tell("networkReady");
    for (const worker of this.#pods.values()) worker.networkReady();
  }

  podSeen(handle: number, identity: PodSubject, template: PodTemplate): void {
    if (this.#pods.has(handle)) return;
    const worker = new PodWorker(handle, identity, template, this);
    this.#pods.set(handle, worker);
    this.record(worker, "podSeen", { uid: identity.uid });
    worker.start();
  }

  podSpecSeen(handle: number, template: PodTemplate): void {
    this.#pods.get(handle)?.updateSpec(template);
  }

  podDeletionSeen(handle: number, graceSeconds: number): void {
    this.#pods.get(handle)?.delete(graceSeconds, false);
  }

  podGone(handle: number): void {
    const worker = this.#pods.get(handle);
    if (worker === undefined) return;
    // That the object is gone gives its containers no less time to stop.
    worker.delete(worker.graceSeconds ?? worker.spec.terminationGracePeriodSeconds, true);
  }

  inspect(): NodeInspection {
    const snapshot = this.#node.getSnapshot();
    const delays = nodeMachine.root.states[snapshot.value]?.after ?? [];
    const delayed = this.#clock.dueUs.map((dueUs, index) => {
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
    return this.#context.timeline.nowUs;
  }

  get networkProblem(): string | undefined {
    return this.#hasNetwork ? undefined : networkNotReady;
  }

  register(): void {
    this.#context.reports.registerNode(this.#config.index);
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
    this.#context.reports.renewLease(this.#config.index);
  }

  reportStatus(): void {
    if (this.#node.getSnapshot().hasTag("ready")) this.#reportStatusOfNode(true);
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

  reportRemoved({ handle, isForced }: PodWorker): void {
    this.#pods.delete(handle);
    if (!isForced) this.#context.reports.removePod(this.#config.index, handle);
  }

  event({ handle }: PodWorker, code: EventCode, container: number, detail: EventDetail): void {
    this.#context.reports.event(this.#config.index, handle, code, container, detail);
  }

  record({ identity }: PodWorker, kind: string, data: FactData): void {
    this.#record(kind, identity, data);
  }

  /** XState stamps the delays it schedules with `Date.now()`, which nobody ever reads. */
  #tell(type: EventFrom<typeof nodeMachine>["type"]): void {
    unguarded(() => this.#node.send({ type }));
  }

  #reportStatusOfNode(isReady: boolean): void {
    this.#context.reports.nodeStatus(this.#config.index, isReady);
  }

  #createRuntime(): SimulatedRuntime {
    const { timeline, chance } = this.#context;
    const profile = runtimeProfiles[this.#config.runtime];
    return new SimulatedRuntime({
      actor: this.actor,
      timeline,
      chance,
      profile,
      absentImages: this.#config.absentImages,
      onCall: (pod, call, target, tookUs) => {
        this.#record("runtimeCalled", pod, { runtime: profile.name, call, target, tookUs });
      },
    });
  }

  #eventOfNode(code: EventCode): void {
    this.#context.reports.event(this.#config.index, noPod, code, noContainer, {});
  }

  #record(kind: string, subject: string | HashedText, data: FactData): void {
    const { trace, timeline, sendsFacts, reports } = this.#context;
    trace.record(this.actor, timeline.nowUs, kind, subject, data);
    if (sendsFacts) reports.fact(this.#config.index, kind, subject, data);
  }
}

const noContainer = -1;
