import { equalJson } from "../../api/equal-json.ts";
import type { NodeView } from "../../api/node-view.ts";
import type { Pod, PodCondition, PodSpec } from "../../api/objects.ts";
import { rfc3339 } from "../../api/time.ts";
import type { Chance } from "../../kernel/chance.ts";
import type { Trace } from "../../kernel/trace.ts";
import type { ApiClient } from "../client/api-client.ts";
import { EventRecorder, type EventSubject } from "../client/event-recorder.ts";
import { Informer, type StoredObject } from "../client/informer.ts";
import { nodeVersion } from "../client/node-version.ts";
import { ClassDecider } from "./class-decider.ts";
import { ClusterState } from "./cluster-state.ts";
import { decide, type Decision } from "./decide.ts";
import { failureMessage } from "./failure-message.ts";
import type {
  BindPlugin,
  FilterPlugin,
  NodeInfo,
  PodToPlace,
  Profile,
  ReservePlugin,
  ScorePlugin,
} from "./framework.ts";
import { nodeAffinity } from "./plugins/node-affinity.ts";
import { nodeName } from "./plugins/node-name.ts";
import { nodeResourcesFit } from "./plugins/node-resources-fit.ts";
import { nodeUnschedulable } from "./plugins/node-unschedulable.ts";
import { taintToleration } from "./plugins/taint-toleration.ts";
import { podInfoOf } from "./pod-info.ts";
import { type QueuedPod, SchedulingQueue } from "./scheduling-queue.ts";

const podsPath = { group: "", version: "v1", plural: "pods" } as const;
const nodesPath = { group: "", version: "v1", plural: "nodes" } as const;

/** The plugins of upstream's default profile that are here, in its order. */
const defaultFilters: readonly FilterPlugin[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodeResourcesFit,
];
const defaultScores: readonly ScorePlugin[] = [taintToleration, nodeResourcesFit];

/**
 * Gives pods without a node one: takes the next from the queue, filters and scores the nodes of its
 * snapshot, reserves the best and binds. It sees the cluster only through its informers.
 *
 * @see kubernetes `pkg/scheduler/schedule_one.go`
 */
export class Scheduler {
  readonly #client: ApiClient;
  readonly #trace: Trace;
  readonly #chance: Chance;
  readonly #events: EventRecorder;
  readonly #pods: Informer;
  readonly #nodes: Informer;
  readonly #queue: SchedulingQueue;
  readonly #state = new ClusterState();
  readonly #profile: Profile;
  readonly #bigClusters: ClassDecider;
  #startAt = 0;
  #cycleIsDue = false;

  constructor(client: ApiClient, trace: Trace, chance: Chance) {
    this.#client = client;
    this.#trace = trace;
    this.#chance = chance;
    this.#events = new EventRecorder(client);
    this.#pods = new Informer(client, podsPath, "status.phase!=Succeeded,status.phase!=Failed");
    this.#nodes = new Informer(client, nodesPath);
    this.#queue = new SchedulingQueue(client.timeline, client.actor, () => this.#cycleSoon());
    this.#profile = {
      schedulerName: "default-scheduler",
      filters: defaultFilters,
      scores: defaultScores,
      reserves: [this.#assumption()],
      bind: this.#defaultBinder(),
    };
    const { filters, scores } = this.#profile;
    this.#bigClusters = new ClassDecider(this.#state, filters, scores, chance);
  }

  start(): void {
    this.#nodes.addVersionHandlers({
      onAdd: (stored) => this.#nodeChanged(stored),
      onUpdate: (stored, old) => this.#nodeChanged(stored, old),
      onDelete: ({ name }) => this.#state.removeNode(name),
    });
    this.#pods.addVersionHandlers({
      onAdd: (stored) => this.#podChanged(stored),
      onUpdate: (stored, old) => this.#podChanged(stored, old),
      onDelete: (stored) => this.#podGone(stored),
    });
    this.#nodes.start();
    this.#pods.start();
  }

  #nodeChanged(stored: StoredObject, old?: StoredObject): void {
    const node = nodeVersion(stored);
    this.#state.setNode(node);
    // A heartbeat makes no room.
    if (old === undefined || !equalJson(schedulingParts(node), schedulingParts(nodeVersion(old)))) {
      this.#queue.wakeUnschedulable();
    }
  }

  #podChanged(stored: StoredObject, old?: StoredObject): void {
    const { key } = stored;
    const spec = stored.sharedSpec as PodSpec;
    const nodeName = nodeNameOf(stored);
    // Most versions of a pod are news from its kubelet.
    if (nodeName !== "" && old?.sharedSpec === spec && nodeNameOf(old) === nodeName) return;
    if (nodeName !== "") {
      this.#queue.remove(key);
      if (this.#state.nodeOf(key) !== nodeName) {
        this.#state.holdPod(key, podInfoOf(spec), nodeName);
      }
      return;
    }
    const isOurs = spec.schedulerName === this.#profile.schedulerName;
    if (!isOurs || stored.isDeleting) return this.#queue.remove(key);
    this.#queue.add(key, spec.priority ?? 0);
    // It may tolerate more than before; that it was refused is no change.
    if (old !== undefined && !equalJson(spec, old.sharedSpec)) this.#queue.wake(key);
  }

  #podGone({ key }: StoredObject): void {
    this.#queue.remove(key);
    this.#state.releasePod(key);
    this.#queue.wakeUnschedulable();
  }

  #cycleSoon(): void {
    if (this.#cycleIsDue) return;
    this.#cycleIsDue = true;
    this.#client.timeline.setTimer(this.#client.actor, 0, () => {
      this.#cycleIsDue = false;
      for (let queued = this.#queue.next(); queued; queued = this.#queue.next()) {
        this.#scheduleOne(queued);
      }
    });
  }

  #scheduleOne(queued: QueuedPod): void {
    const stored = this.#pods.version(queued.key);
    if (stored === undefined || this.#state.nodeOf(queued.key) !== undefined) return;
    const pod = { stored, info: podInfoOf(stored.sharedSpec as PodSpec) };
    const nodes = this.#state.snapshot();
    const decision = this.#decide(queued, pod, nodes);
    this.#startAt = decision.nextStart;
    const { nodeName: chosen } = decision;
    this.#recordDecision(queued, decision, nodes.length);
    if (chosen === undefined) {
      this.#reportFailure(pod, failureMessage(nodes.length, decision.refusals));
      this.#queue.parkUnschedulable(queued);
      return;
    }
    for (const plugin of this.#profile.reserves) plugin.reserve(pod, chosen);
    this.#profile.bind.bind(pod, chosen, (error) => {
      if (error === undefined) return this.#reportScheduled(pod, chosen);
      for (const plugin of this.#profile.reserves) plugin.unreserve(pod, chosen);
      this.#queue.putBack(queued);
    });
  }

  #decide(queued: QueuedPod, { info }: PodToPlace, nodes: readonly NodeInfo[]): Decision {
    const byClass = nodes.length > fullScanNodesMax ? this.#bigClusters.decide(info) : undefined;
    if (byClass !== undefined) return byClass;
    const site = `schedule/${queued.key}#${queued.attempts}`;
    return decide(info, nodes, this.#profile, this.#startAt, (count) =>
      this.#chance.integer(site, 0, count - 1),
    );
  }

  /** Counts the pod on its node from now on, long before the informer says so. */
  #assumption(): ReservePlugin {
    return {
      name: "Assume",
      reserve: ({ stored, info }, chosen) => this.#state.holdPod(stored.key, info, chosen),
      unreserve: ({ stored: { key } }) => {
        // Unless the pod has a node by now: somebody else was faster, and the informer says so.
        const known = this.#pods.version(key);
        if (known === undefined || nodeNameOf(known) === "") this.#state.releasePod(key);
      },
    };
  }

  /** @see kubernetes `pkg/scheduler/framework/plugins/defaultbinder/default_binder.go` */
  #defaultBinder(): BindPlugin {
    return {
      name: "DefaultBinder",
      bind: ({ stored: { namespace, name, uid, storeKey } }, chosen, done) => {
        const { group, version, plural } = podsPath;
        this.#client.bind(
          { group, version, plural, namespace, name, storeKey },
          {
            apiVersion: "v1",
            kind: "Binding",
            metadata: { name, namespace, uid },
            target: { kind: "Node", name: chosen },
          },
          done,
        );
      },
    };
  }

  #recordDecision(queued: QueuedPod, decision: Decision, nodes: number): void {
    const { nodeName: chosen, evaluated, feasible, refusals } = decision;
    const best =
      feasible.length <= 1
        ? feasible
        : feasible.toSorted((left, right) => right.total - left.total).slice(0, scoresInTrace);
    this.#trace.record(
      this.#client.actor,
      this.#client.timeline.nowUs,
      chosen === undefined ? "foundNoNode" : "choseNode",
      `pods/${queued.key}`,
      {
        node: chosen ?? "",
        nodes,
        evaluated,
        feasible: decision.feasibleCount,
        best: decision.best,
        scores: best.map((node) => `${node.name}=${node.total}`).join(" "),
        plugins: best[0] === undefined ? "" : Object.keys(best[0].byPlugin).join(","),
        refusals: refusals.size === 0 ? "" : refusalsText(refusals),
      },
    );
  }

  #reportScheduled({ stored }: PodToPlace, chosen: string): void {
    const message = `Successfully assigned ${stored.key} to ${chosen}`;
    this.#events.record(
      subjectOf(stored),
      { type: "Normal", reason: "Scheduled", message },
      source,
    );
  }

  #reportFailure({ stored }: PodToPlace, message: string): void {
    const { namespace, name } = stored;
    const refused = { type: "Warning", reason: "FailedScheduling", message } as const;
    this.#events.record(subjectOf(stored), refused, source);
    const condition: PodCondition = {
      type: "PodScheduled",
      status: "False",
      reason: "Unschedulable",
      message,
      lastProbeTime: null,
      lastTransitionTime: rfc3339(this.#client.nowUs),
    };
    this.#client.patch({ ...podsPath, namespace, name }, "status", (current) => {
      const status = (current as unknown as Pod).status ?? {};
      const conditions = status.conditions ?? [];
      const known = conditions.find(({ type }) => type === "PodScheduled");
      if (known?.status === "False" && known.message === message) return current;
      const others = conditions.filter(({ type }) => type !== "PodScheduled");
      const since =
        known?.status === "False" ? { lastTransitionTime: known.lastTransitionTime } : {};
      return {
        ...current,
        status: { ...status, conditions: [...others, { ...condition, ...since }] },
      };
    });
  }
}

/** Up to here every node is looked at for every pod, as upstream does. @see `minFeasibleNodesToFind` */
const fullScanNodesMax = 100;

const source = { component: "default-scheduler", host: "" };

/** Best nodes named in the trace of a decision. */
const scoresInTrace = 5;

/**
 * All of a node that can decide whether a pod fits.
 *
 * @see kubernetes `pkg/scheduler/framework/events.go`: `NodeSchedulingPropertiesChange`
 */
function schedulingParts(node: NodeView): unknown {
  const { labels = {}, taints, isUnschedulable, allocatable } = node;
  const conditions = node.conditions.map(({ type, status }) => [type, status]);
  return [labels, taints, isUnschedulable, allocatable, conditions];
}

function nodeNameOf(stored: StoredObject): string {
  const known = stored.knownField("spec.nodeName");
  return known ?? (stored.sharedSpec as PodSpec).nodeName ?? "";
}

function refusalsText(refusals: ReadonlyMap<string, number>): string {
  return [...refusals]
    .map(([reason, count]) => `${count} ${reason}`)
    .toSorted()
    .join(", ");
}

function subjectOf({ namespace, name, uid, revision }: StoredObject): EventSubject {
  const resourceVersion = String(revision);
  return { apiVersion: "v1", kind: "Pod", namespace, name, uid, resourceVersion };
}
