import { type Actor, createActor, type EventFrom } from "xstate";
import type { Batch } from "../../src/data-plane/batch.ts";
import { noPod } from "../../src/data-plane/batch.ts";
import {
  containerStates,
  type EventCode,
  eventCodes,
  type KubeletPodSpec,
  type NodeConfig,
  type NodeInspection,
  type PodIdentity,
  type PodInspection,
  podPhases,
  reports,
} from "../../src/data-plane/protocol.ts";
import { runtimeProfiles } from "../../src/data-plane/runtime-profiles.ts";
import type { Chance } from "../../src/kernel/chance.ts";
import { unguarded } from "../../src/kernel/handling.ts";
import type { ActorRef, TimerHandle, Timeline } from "../../src/kernel/timeline.ts";
import type { FactData, Trace } from "../../src/kernel/trace.ts";
import type { EventDetail } from "./container-worker.ts";
import { inspectPod } from "./inspect-pod.ts";
import { viewOf } from "./machines/machine-view.ts";
import { nodeMachine } from "./machines/node-machine.ts";
import { podConditionBits } from "./pod-phase.ts";
import { type PodSurroundings, PodWorker } from "./pod-worker.ts";
import { PodAddresses } from "./runtime/pod-addresses.ts";
import { SimulatedRuntime } from "./runtime/simulated-runtime.ts";

/** @see kubernetes `pkg/kubelet/apis/config/v1beta1/defaults.go`: lease duration 40 s, a quarter of it */
const leaseIntervalUs = 10_000_000;
/** @see the same: `NodeStatusReportFrequency` */
const statusIntervalUs = 300_000_000;

const networkNotReady =
  "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized";

/** What a kubelet shares with the other kubelets of its shard. */
export interface KubeletContext {
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly chance: Chance;
  readonly sendsFacts: boolean;
  /** Where reports of the current window go. */
  outbox(): Batch;
}

type Heartbeat = "leaseRenewal" | "statusReport";

/** One node's kubelet: an actor with an XState lifecycle, its pods and its runtime. */
export class Kubelet {
  readonly actor: ActorRef;
  readonly #config: NodeConfig;
  readonly #context: KubeletContext;
  readonly #node: Actor<typeof nodeMachine>;
  readonly #pods = new Map<number, PodWorker>();
  readonly #runtime: SimulatedRuntime;
  readonly #surroundings: PodSurroundings;
  #hasNetwork = false;
  /** When its heartbeats are due, µs; absent before they begin. */
  #heartbeats: Record<Heartbeat, number> | undefined;
  /** Delays of the node's machine that have begun, by their id. */
  readonly #delays = new Map<number, { readonly timer: TimerHandle; readonly dueUs: number }>();

  constructor(config: NodeConfig, context: KubeletContext) {
    this.#config = config;
    this.#context = context;
    this.actor = { id: config.actorId, name: `kubelet:${config.name}` };
    this.#node = createActor(nodeMachine, {
      clock: this.#clock(),
      id: this.actor.name,
      input: {
        register: () => this.#report(reports.registerNode),
        beginHeartbeats: () => this.#beginHeartbeats(),
        reportReady: () => this.#reportReady(),
        reportNotReady: () => this.#reportStatusOfNode(false),
      },
    });
    this.#runtime = this.#createRuntime();
    this.#surroundings = this.#createSurroundings();
  }

  start(): void {
    unguarded(() => this.#node.start());
    this.#tell("start");
  }

  nodeSeen(podCidr: string): void {
    this.#tell("registered");
    if (podCidr === "" || this.#hasNetwork) return;
    this.#hasNetwork = true;
    this.#runtime.joinNetwork(new PodAddresses(podCidr));
    this.#tell("networkReady");
    for (const worker of this.#pods.values()) worker.networkReady();
  }

  podSeen(handle: number, identity: PodIdentity, spec: KubeletPodSpec): void {
    if (this.#pods.has(handle)) return;
    const worker = new PodWorker(handle, identity, spec, this.#surroundings);
    this.#pods.set(handle, worker);
    this.#surroundings.record(worker, "podSeen", { uid: identity.uid });
    worker.start();
  }

  podSpecSeen(handle: number, spec: KubeletPodSpec): void {
    this.#pods.get(handle)?.updateSpec(spec);
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
    const timers = [
      ...[...this.#delays.values()].map(({ dueUs }, index) => {
        return { name: String(delays[index]?.delay), dueUs };
      }),
      ...Object.entries(this.#heartbeats ?? {}).map(([name, dueUs]) => ({ name, dueUs })),
    ];
    const context = { runtime: this.#config.runtime, network: this.#hasNetwork };
    return {
      node: viewOf(snapshot, context, timers),
      pods: [...this.#pods.values()].map(({ identity, state, containers }) => ({
        ...identity,
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

  /** XState stamps the delays it schedules with `Date.now()`, which nobody ever reads. */
  #tell(type: EventFrom<typeof nodeMachine>["type"]): void {
    unguarded(() => this.#node.send({ type }));
  }

  #clock(): {
    setTimeout(act: () => void, delayMs: number): number;
    clearTimeout(id: number): void;
  } {
    const { timeline } = this.#context;
    const delays = this.#delays;
    let lastId = 0;
    return {
      setTimeout: (act, delayMs) => {
        const id = ++lastId;
        const delayUs = Math.round(delayMs * 1_000);
        const timer = timeline.setTimer(this.actor, delayUs, () => {
          delays.delete(id);
          unguarded(act);
        });
        delays.set(id, { timer, dueUs: timeline.nowUs + delayUs });
        return id;
      },
      clearTimeout: (id) => {
        delays.get(id)?.timer.cancel();
        delays.delete(id);
      },
    };
  }

  #beginHeartbeats(): void {
    if (this.#heartbeats !== undefined) return;
    this.#heartbeats = { leaseRenewal: 0, statusReport: 0 };
    this.#event("nodeStarting", noPod, {});
    // Spread over the interval, or all nodes of a cluster would renew in the same microsecond.
    const site = `lease/${this.actor.name}`;
    this.#report(reports.renewLease);
    const firstUs = this.#context.chance.integer(site, 0, leaseIntervalUs);
    this.#every("leaseRenewal", firstUs, leaseIntervalUs, () => this.#report(reports.renewLease));
    this.#every("statusReport", firstUs + statusIntervalUs, statusIntervalUs, () => {
      if (this.#node.getSnapshot().hasTag("ready")) this.#reportStatusOfNode(true);
    });
  }

  #every(name: Heartbeat, firstUs: number, intervalUs: number, act: () => void): void {
    const { timeline } = this.#context;
    if (this.#heartbeats !== undefined) this.#heartbeats[name] = timeline.nowUs + firstUs;
    timeline.setBackgroundTimer(this.actor, firstUs, () => {
      act();
      this.#every(name, intervalUs, intervalUs, act);
    });
  }

  #reportReady(): void {
    this.#reportStatusOfNode(true);
    this.#event("nodeReady", noPod, {});
    this.#record("nodeBecameReady", `nodes/${this.#config.name}`, {});
  }

  #reportStatusOfNode(isReady: boolean): void {
    const outbox = this.#context.outbox();
    const reason = outbox.addText(isReady ? "KubeletReady" : "KubeletNotReady");
    const message = outbox.addText(isReady ? "kubelet is posting ready status" : networkNotReady);
    this.#report(reports.nodeStatus, noPod, [isReady ? 1 : 0, reason, message]);
  }

  #createRuntime(): SimulatedRuntime {
    const profile = runtimeProfiles[this.#config.runtime];
    return new SimulatedRuntime({
      actor: this.actor,
      timeline: this.#context.timeline,
      chance: this.#context.chance,
      profile,
      absentImages: new Set(this.#config.absentImages),
      onCall: ({ namespace, name }, call, target, tookUs) => {
        const data = { runtime: profile.name, call, target, tookUs };
        this.#record("runtimeCalled", `pods/${namespace}/${name}`, data);
      },
    });
  }

  #createSurroundings(): PodSurroundings {
    const { timeline } = this.#context;
    const { actor } = this;
    const networkProblem = (): string | undefined =>
      this.#hasNetwork ? undefined : networkNotReady;
    return {
      runtime: this.#runtime,
      get nowUs() {
        return timeline.nowUs;
      },
      get networkProblem() {
        return networkProblem();
      },
      after: (delayUs, act) => timeline.setTimer(actor, delayUs, act),
      reportStatus: (worker) => this.#reportStatusOfPod(worker),
      reportRemoved: (worker) => {
        this.#pods.delete(worker.handle);
        if (!worker.isForced) this.#report(reports.removePod, worker.handle);
      },
      event: (worker, code, detail) => this.#event(code, worker.handle, detail),
      record: ({ identity: { namespace, name } }, kind, data) =>
        this.#record(kind, `pods/${namespace}/${name}`, data),
    };
  }

  #reportStatusOfPod(worker: PodWorker): void {
    const { containers, phase, hasSandbox, ip } = worker;
    this.#report(reports.podStatus, worker.handle, [
      podPhases.indexOf(phase),
      podConditionBits(containers, hasSandbox, phase),
      worker.acceptedAtUs,
      ip,
      containers.length,
    ]);
    const outbox = this.#context.outbox();
    for (const { index, shown, restarts, startedAtUs, serial, last } of containers) {
      const reason = shown.name === "waiting" ? shown.reason : "";
      const message = shown.name === "waiting" ? shown.message : "";
      this.#report(reports.containerStatus, worker.handle, [
        index,
        containerStates.indexOf(shown.name),
        outbox.addText(reason),
        outbox.addText(message),
        restarts,
        startedAtUs,
        serial,
        last === undefined ? 0 : 1,
      ]);
      if (last === undefined) continue;
      this.#report(reports.containerLastState, worker.handle, [
        index,
        last.exitCode,
        outbox.addText(last.reason),
        outbox.addText(last.message),
        last.startedAtUs,
        last.finishedAtUs,
        last.serial,
      ]);
    }
  }

  #event(code: EventCode, pod: number, detail: EventDetail): void {
    const text = this.#context.outbox().addText(detail.text ?? "");
    this.#report(reports.event, pod, [
      eventCodes.indexOf(code),
      detail.container?.index ?? -1,
      text,
      detail.tookUs ?? 0,
      detail.waitedUs ?? 0,
      detail.bytes ?? 0,
    ]);
  }

  #record(kind: string, subject: string, data: FactData): void {
    const { trace, timeline, sendsFacts } = this.#context;
    trace.record(this.actor, timeline.nowUs, kind, subject, data);
    if (!sendsFacts) return;
    const outbox = this.#context.outbox();
    this.#report(reports.fact, noPod, [
      outbox.addText(kind),
      outbox.addText(subject),
      outbox.addText(JSON.stringify(data)),
    ]);
  }

  #report(kind: number, pod: number = noPod, args: readonly number[] = []): void {
    const { nowUs, isBackground } = this.#context.timeline;
    this.#context.outbox().add(nowUs, kind, this.#config.index, pod, args, isBackground);
  }
}
