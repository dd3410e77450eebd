import { dottedIp } from "../../../src/api/ip.ts";
import { Batch, noPod } from "../../../src/data-plane/batch.ts";
import { kubeletEvents } from "../../../src/data-plane/kubelet-events.ts";
import {
  conditionBits,
  containerStates,
  eventCodes,
  type KubeletContainer,
  type KubeletPodSpec,
  type KubeletShard,
  type NodeInspection,
  orders,
  type PodInspection,
  podPhases,
  protocolVersion,
  reports,
} from "../../../src/data-plane/protocol.ts";
import type { RuntimeName } from "../../../src/data-plane/runtime-profiles.ts";
import { createKubeletHost } from "../../../workers/kubelet/kubelet-host.ts";

export const startUs = 1_767_225_600_000_000;
export const second = 1_000_000;

export function aContainer(change: Partial<KubeletContainer> = {}): KubeletContainer {
  return {
    name: "c",
    image: "nginx",
    imagePullPolicy: "IfNotPresent",
    command: [],
    args: [],
    ports: [],
    isSidecar: false,
    ...change,
  };
}

/** A container that runs a shell script. */
export function aScript(script: string, change: Partial<KubeletContainer> = {}): KubeletContainer {
  return aContainer({ image: "busybox", command: ["sh", "-c", script], ...change });
}

export function aSpec(change: Partial<KubeletPodSpec> = {}): KubeletPodSpec {
  return {
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    hostNetwork: false,
    initContainers: [],
    containers: [aContainer()],
    ...change,
  };
}

export interface SeenContainer {
  /** `waiting CrashLoopBackOff`, `running`, `terminated 1 Error`. */
  readonly text: string;
  readonly message: string;
  readonly restarts: number;
  readonly startedAtUs: number;
  readonly serial: number;
  readonly last: SeenTermination | undefined;
}

export interface SeenTermination {
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  readonly startedAtUs: number;
  readonly finishedAtUs: number;
  readonly serial: number;
}

export interface SeenStatus {
  readonly atUs: number;
  readonly phase: string;
  readonly conditions: readonly string[];
  readonly ip: string;
  readonly startedAtUs: number;
  readonly containers: readonly SeenContainer[];
}

export interface SeenEvent {
  readonly atUs: number;
  /** `Pulled: Successfully pulled image …`. */
  readonly text: string;
  /** Index of the container it is about; -1 for the pod. */
  readonly container: number;
}

/** One kubelet, driven window by window with the records an API server's watch would make. */
export class KubeletDriver {
  readonly #shard: KubeletShard = createKubeletHost();
  readonly #statuses = new Map<number, SeenStatus[]>();
  readonly #events = new Map<number, SeenEvent[]>();
  readonly #removedAtUs = new Map<number, number>();
  readonly #handles = new Map<string, number>();
  /** What it said of its node, in words. */
  readonly nodeReports: string[] = [];
  #inbox = new Batch();
  #nowUs = startUs;

  constructor(
    options: {
      readonly absentImages?: readonly string[];
      readonly runtime?: RuntimeName;
      readonly seed?: number;
      /** "" for a node that has no pod network yet. */
      readonly podCidr?: string;
    } = {},
  ) {
    const { absentImages = [], runtime = "containerd", podCidr = "10.244.0.0/24" } = options;
    this.#shard.init({
      protocolVersion,
      seed: options.seed ?? 1,
      startUs,
      sendsFacts: false,
      apiServer: { id: 2, name: "api-1" },
      nodes: [{ index: 0, actorId: 1_000, name: "node-1", runtime, absentImages }],
    });
    this.run(1);
    this.seeNode(podCidr);
    this.run(1);
  }

  get nowUs(): number {
    return this.#nowUs;
  }

  seeNode(podCidr: string): void {
    this.#order(orders.nodeSeen, noPod, [podCidr]);
  }

  /** The watch shows a pod of this node. */
  bind(name: string, spec: KubeletPodSpec): void {
    const handle = this.#handles.size + 1;
    this.#handles.set(name, handle);
    const texts = ["default", name, `uid-of-${name}`, JSON.stringify(spec)];
    this.#order(orders.podSeen, handle, texts);
  }

  update(name: string, spec: KubeletPodSpec): void {
    this.#order(orders.podSpecSeen, this.#handle(name), [JSON.stringify(spec)]);
  }

  delete(name: string, graceSeconds = 30): void {
    this.#order(orders.podDeletionSeen, this.#handle(name), [graceSeconds]);
  }

  /** The object is gone from the API server. */
  forget(name: string): void {
    this.#order(orders.podGone, this.#handle(name), []);
  }

  /** Lets `us` µs pass. */
  run(us: number): void {
    this.#nowUs += us;
    const { outbox } = this.#shard.step(this.#nowUs, this.#inbox) as { outbox: Batch };
    for (let index = 0; index < outbox.length; index++) this.#read(outbox, index);
    this.#inbox = outbox.clear();
  }

  /** Lets time pass until a pod is as asked for. */
  runUntil(name: string, isSo: (status: SeenStatus) => boolean, limitUs = 60 * second): void {
    for (let passedUs = 0; passedUs < limitUs; passedUs += 10_000) {
      const status = this.statuses(name).at(-1);
      if (status !== undefined && isSo(status)) return;
      this.run(10_000);
    }
    throw new Error(`${name} is ${JSON.stringify(this.statuses(name).at(-1))}`);
  }

  statuses(name: string): readonly SeenStatus[] {
    return this.#statuses.get(this.#handle(name)) ?? [];
  }

  status(name: string): SeenStatus {
    const status = this.statuses(name).at(-1);
    if (status === undefined) throw new Error(`nothing was said of ${name}`);
    return status;
  }

  /** Each status as `Pending: waiting ContainerCreating | running`, without repetitions. */
  history(name: string): readonly string[] {
    const texts = this.statuses(name).map(
      ({ phase, containers }) => `${phase}: ${containers.map(({ text }) => text).join(" | ")}`,
    );
    return texts.filter((text, index) => text !== texts[index - 1]);
  }

  events(name: string): readonly SeenEvent[] {
    return this.#events.get(this.#handle(name)) ?? [];
  }

  reasons(name: string): readonly string[] {
    return this.events(name).map(({ text }) => text.slice(0, text.indexOf(":")));
  }

  /** When its object was asked to be removed; `undefined` when it was not. */
  removedAtUs(name: string): number | undefined {
    return this.#removedAtUs.get(this.#handle(name));
  }

  /** The pods the kubelet leads, as `web running`. */
  get pods(): readonly string[] {
    return this.inspection.pods.map(({ name, state }) => `${name} ${state}`);
  }

  get nodeState(): string {
    return this.inspection.node.value;
  }

  get inspection(): NodeInspection {
    return this.#shard.inspectNode(0) as NodeInspection;
  }

  inspectPod(name: string): PodInspection | undefined {
    return this.#shard.inspectPod(0, `uid-of-${name}`);
  }

  #handle(name: string): number {
    const handle = this.#handles.get(name);
    if (handle === undefined) throw new Error(`nobody bound ${name}`);
    return handle;
  }

  #order(kind: number, pod: number, args: readonly (string | number)[]): void {
    const values = args.map((value) =>
      typeof value === "string" ? this.#inbox.addText(value) : value,
    );
    this.#inbox.add(this.#nowUs, kind, 0, pod, values);
  }

  #read(outbox: Batch, index: number): void {
    const pod = outbox.pod(index);
    switch (outbox.kind(index)) {
      case reports.registerNode:
        this.nodeReports.push("register");
        break;
      case reports.nodeStatus:
        this.nodeReports.push(outbox.argument(index, 0) === 1 ? "ready" : "not ready");
        break;
      case reports.renewLease:
        this.nodeReports.push("lease");
        break;
      case reports.podStatus:
        append(this.#statuses, pod, readStatus(outbox, index));
        break;
      case reports.removePod:
        if (this.#removedAtUs.has(pod)) throw new Error(`pod ${pod} was removed twice`);
        this.#removedAtUs.set(pod, outbox.atUs(index));
        break;
      case reports.event:
        append(this.#events, pod, readEvent(outbox, index));
    }
  }
}

function append<T>(lists: Map<number, T[]>, key: number, value: T): void {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  list.push(value);
}

function readStatus(outbox: Batch, index: number): SeenStatus {
  const containers: SeenContainer[] = [];
  let at = index + 1;
  for (let count = outbox.argument(index, 4); count > 0; count--) {
    const hasLast = outbox.argument(at, 7) === 1;
    containers.push(
      readContainer(outbox, at, hasLast ? readTermination(outbox, at + 1) : undefined),
    );
    at += hasLast ? 2 : 1;
  }
  const bits = outbox.argument(index, 1);
  return {
    atUs: outbox.atUs(index),
    phase: podPhases[outbox.argument(index, 0)] ?? "?",
    conditions: Object.entries(conditionBits)
      .filter(([, bit]) => (bits & bit) !== 0)
      .map(([name]) => name),
    ip: dottedIp(outbox.argument(index, 3)),
    startedAtUs: outbox.argument(index, 2),
    containers,
  };
}

function readContainer(
  outbox: Batch,
  at: number,
  last: SeenTermination | undefined,
): SeenContainer {
  const state = containerStates[outbox.argument(at, 1)];
  const why =
    state === "terminated"
      ? `${last?.exitCode} ${last?.reason}`
      : outbox.text(outbox.argument(at, 2));
  return {
    text: `${state} ${why}`.trim(),
    message: outbox.text(outbox.argument(at, 3)),
    restarts: outbox.argument(at, 4),
    startedAtUs: outbox.argument(at, 5),
    serial: outbox.argument(at, 6),
    last,
  };
}

function readTermination(outbox: Batch, at: number): SeenTermination {
  return {
    exitCode: outbox.argument(at, 1),
    reason: outbox.text(outbox.argument(at, 2)),
    message: outbox.text(outbox.argument(at, 3)),
    startedAtUs: outbox.argument(at, 4),
    finishedAtUs: outbox.argument(at, 5),
    serial: outbox.argument(at, 6),
  };
}

function readEvent(outbox: Batch, index: number): SeenEvent {
  const code = eventCodes[outbox.argument(index, 0)];
  if (code === undefined) throw new Error("an event without a known code");
  const { reason, message } = kubeletEvents[code];
  const args = {
    text: outbox.text(outbox.argument(index, 2)),
    tookUs: outbox.argument(index, 3),
    waitedUs: outbox.argument(index, 4),
    bytes: outbox.argument(index, 5),
  };
  return {
    atUs: outbox.atUs(index),
    text: `${reason}: ${message(args)}`,
    container: outbox.argument(index, 1),
  };
}
