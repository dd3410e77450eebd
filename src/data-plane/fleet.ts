import type { Pod } from "../api/objects.ts";
import type { Chance } from "../kernel/chance.ts";
import { invariant, InvariantError } from "../kernel/invariant.ts";
import type { Network } from "../kernel/network.ts";
import type { Timeline } from "../kernel/timeline.ts";
import type { FactData, Trace } from "../kernel/trace.ts";
import { nodeAddress } from "./addresses.ts";
import { type Batch, noPod } from "./batch.ts";
import {
  type KubeletAnswer,
  type KubeletDoor,
  noAnswer,
  type NodeStatusChange,
  type PodStatusRow,
  type PodVersion,
} from "./kubelet-door.ts";
import { EventWordsCache } from "./event-words-cache.ts";
import { KubeletNetwork } from "./kubelet-network.ts";
import { KubeletOrders } from "./kubelet-orders.ts";
import { type PodReport, podStatus } from "./kubelet-status.ts";
import { KubeletStatusRow, type PodHost } from "./kubelet-status-row.ts";
import { type KnownPod, KnownSpecs, subjectOf } from "./known-pod.ts";
import type { KubeletServers } from "./kubelet-servers.ts";
import { MachineStatus, nodeStatusChange } from "./machine-status.ts";
import type { Member } from "./member.ts";
import { type Machine, notReadyYet, type Readiness } from "./node-object.ts";
import { isOver, wasOver } from "./pod-ends.ts";
import { podPast } from "./pod-past.ts";
import { readPodReport } from "./pod-report-reader.ts";
import { eventCodes, orders, type PodPast, reports } from "./protocol.ts";
import { ReadinessReader } from "./readiness-reader.ts";
import { runtimeProfiles } from "./runtime-profiles.ts";
import type { ShardPart } from "./shard-part.ts";
import { StandingWatch } from "./standing-watch.ts";

/**
 * The hub half of all kubelets: turns their records into requests at the API server, and what their
 * watches say into records. It holds no opinions of its own.
 */
export class Fleet {
  readonly #timeline: Timeline;
  readonly #trace: Trace;
  readonly #chance: Chance;
  readonly #servers: KubeletServers;
  readonly #latencyUs: number;
  readonly #members: readonly Member[];
  readonly #orders: KubeletOrders;
  /** Absent while nothing can fail. */
  readonly #network: KubeletNetwork | undefined;
  /** By handle. */
  readonly #pods: (KnownPod | undefined)[] = [];
  readonly #handles = new Map<string, number>();
  readonly #hosts: PodHost[] = [];
  readonly #words = new EventWordsCache();
  readonly #specs = new KnownSpecs();
  readonly #readiness = new ReadinessReader();
  /** Statuses of each node that came in, by node index. */
  readonly #nodeStatuses: number[] = [];
  #lastHandle = 0;

  constructor(options: {
    readonly timeline: Timeline;
    readonly trace: Trace;
    readonly chance: Chance;
    readonly servers: KubeletServers;
    readonly latencyUs: number;
    /** By node index. */
    readonly members: readonly Member[];
    readonly partOf: (node: number) => ShardPart;
    /** What befalls the messages of kubelets; absent for links that never fail. */
    readonly network?: Network | undefined;
  }) {
    this.#timeline = options.timeline;
    this.#trace = options.trace;
    this.#chance = options.chance;
    this.#servers = options.servers;
    this.#latencyUs = options.latencyUs;
    this.#members = options.members;
    const { timeline, servers, latencyUs, network, partOf } = options;
    this.#network = network && new KubeletNetwork({ network, timeline, latencyUs });
    this.#orders = new KubeletOrders({
      timeline,
      latencyUs,
      partOf,
      network: this.#network,
      onWatchLost: ({ machine }, { server, askedUs }, atUs) =>
        void servers.failed(machine.index, server, atUs, askedUs),
    });
    this.#orders.noticeCrashes(servers.all, this.#members);
  }

  /** Puts what the kubelets of a shard said in a window on its way to the API server. */
  take(outbox: Batch): void {
    for (let index = 0; index < outbox.length; index++) {
      const kind = outbox.kind(index);
      if (kind === reports.fact) this.#keepFact(outbox, index);
      else index += this.#deliver(outbox, index, kind);
    }
  }

  /** Returns how many records after this one belong to it. */
  #deliver(outbox: Batch, index: number, kind: number): number {
    const member = this.#member(outbox.node(index));
    const { machine } = member;
    const node = machine.index;
    const pod = outbox.pod(index);
    const sentUs = outbox.atUs(index);
    if (kind === reports.registerNode) this.#servers.begin(node, sentUs);
    const server = this.#servers.of(node, sentUs);
    const { door } = server;
    let followers = 0;
    let request: (answer?: KubeletAnswer) => void;
    switch (kind) {
      case reports.registerNode: {
        const begun = new StandingWatch(outbox.argument(index, 0), true, server, sentUs);
        request = answered(() => this.#register(member, begun));
        break;
      }
      case reports.watch: {
        const begun = new StandingWatch(outbox.argument(index, 0), false, server, sentUs);
        request = answered(() => this.#watch(member, begun));
        break;
      }
      case reports.nodeStatus: {
        const ready = this.#readiness.read(outbox, index);
        const aheadUs = outbox.argument(index, 3);
        request = (answer = noAnswer) => this.#patchNode(door, member, ready, aheadUs, answer);
        break;
      }
      case reports.renewLease: {
        const aheadUs = outbox.argument(index, 0);
        request = (answer = noAnswer) => door.renewLease(machine, aheadUs, answer);
        break;
      }
      case reports.podStatus: {
        const read = readPodReport(outbox, index);
        followers = read.followers;
        request = (answer = noAnswer) => this.#patchPod(door, member, pod, read.report, answer);
        break;
      }
      case reports.removePod:
        request = (answer = noAnswer) => {
          const known = this.#pods[pod];
          if (known === undefined) answer();
          else door.removePod(machine, known, answer);
        };
        break;
      case reports.event:
        request = this.#eventRequest(door, member, outbox, index);
        break;
      default:
        throw new InvariantError(`report ${kind} is known`);
    }
    const { actor } = member;
    const isBackground = outbox.isBackground(index);
    if (this.#network === undefined) {
      const atUs = sentUs + this.#latencyUs;
      this.#timeline.deliver(atUs, actor, server.actor, request, isBackground);
      return followers;
    }
    const subject = kind === reports.watch ? outbox.argument(index, 0) : pod;
    const unanswered = (atUs: number): void => {
      if (this.#servers.failed(node, server, atUs, sentUs))
        this.#orders.leave(member, server, atUs);
    };
    const failed = (atUs: number): void =>
      this.#orders.requestFailed(member, atUs, kind, subject, isBackground);
    const timing = { sentUs, isBackground, unanswered, failed };
    const to = { apiServer: server.actor, liveness: server.liveness };
    this.#network.request({ actor, ...to, kind, pod, ...timing }, request);
    return followers;
  }

  #register(member: Member, watch: StandingWatch): void {
    const { machine } = member;
    const { nowUs } = this.#timeline;
    const status = MachineStatus.first(machine, this.#chance, nowUs, notReadyYet);
    watch.server.door.registerNode(machine, status);
    this.#watch(member, watch);
  }

  #watch(member: Member, watch: StandingWatch): void {
    this.#orders.begin(member, watch, () =>
      watch.server.door.watch(
        member.machine,
        (podCidr) => {
          if (watch.isNews(podCidr)) this.#orders.send(member, orders.nodeSeen, noPod, [podCidr]);
        },
        (type, pod) => this.#podSeen(member, type, pod),
        () => this.#orders.lose(member, watch),
      ),
    );
  }

  #patchNode(
    door: KubeletDoor,
    { machine }: Member,
    ready: Readiness,
    aheadUs: number,
    answer: KubeletAnswer,
  ): void {
    const { index } = machine;
    const number = (this.#nodeStatuses[index] ?? 0) + 1;
    this.#nodeStatuses[index] = number;
    const nowUs = this.#timeline.nowUs + aheadUs;
    const { ofObject, ofRow } = nodeStatusChange(machine, this.#chance, nowUs, ready);
    // Whoever asks the store may be asked again when a later one is through.
    const isLate = (): boolean => this.#nodeStatuses[index] !== number;
    const change: NodeStatusChange = {
      ofObject: (stored) => (isLate() ? stored : ofObject(stored)),
      ofRow: (stored) => (isLate() ? stored : ofRow(stored)),
    };
    door.patchNodeStatus(machine, change, answer);
  }

  #patchPod(
    door: KubeletDoor,
    { machine }: Member,
    handle: number,
    report: PodReport,
    answer: KubeletAnswer,
  ): void {
    const known = this.#pods[handle];
    if (known === undefined) return answer();
    const number = ++known.statuses;
    const host = this.#hostOf(machine);
    const { nowUs } = this.#timeline;
    // A kubelet that has forgotten how a pod ended does not bring it back to life.
    const isKept = (phase: string | undefined): boolean =>
      (this.#network !== undefined && isOver(phase) && !isOver(report.phase)) ||
      // Of two that wait for a store the later one counts, whichever is through first.
      known.statuses !== number;
    const change = {
      uid: known.uid,
      ofObject: (stored: Pod): Pod =>
        isKept(stored.status?.phase)
          ? stored
          : { ...stored, status: podStatus(stored, report, { ...host, nowUs }) },
      ofRow: (before: PodStatusRow | undefined): PodStatusRow =>
        before !== undefined && isKept(before.phase)
          ? before
          : KubeletStatusRow.next(before, report, host, nowUs),
    };
    door.patchPodStatus(machine, known, change, answer);
  }

  #hostOf({ index, runtime }: Machine): PodHost {
    let host = this.#hosts[index];
    if (host === undefined) {
      const hostIp = nodeAddress(index);
      host = { hostIp, runtime: runtimeProfiles[runtime], chance: this.#chance };
      this.#hosts[index] = host;
    }
    return host;
  }

  #eventRequest(
    door: KubeletDoor,
    { machine }: Member,
    outbox: Batch,
    index: number,
  ): (answer?: KubeletAnswer) => void {
    const code = eventCodes[outbox.argument(index, 0)];
    invariant(code !== undefined, "an event has a known code");
    const container = outbox.argument(index, 1);
    const handle = outbox.pod(index);
    const event = this.#words.of(code, {
      text: handle === noPod ? machine.name : outbox.text(outbox.argument(index, 2)),
      tookUs: outbox.argument(index, 3),
      waitedUs: outbox.argument(index, 4),
      bytes: outbox.argument(index, 5),
    });
    if (handle === noPod) {
      const { name } = machine;
      const subject = { apiVersion: "v1", kind: "Node", namespace: "", name, uid: name };
      return answered(() => door.recordEvent(machine, subject, event));
    }
    return (answer = noAnswer) => {
      const known = this.#pods[handle];
      if (known !== undefined) door.recordEvent(machine, subjectOf(known, container), event);
      answer();
    };
  }

  /** What a kubelet's watch says of one of its pods, as the orders that make the difference. */
  #podSeen(member: Member, type: "ADDED" | "MODIFIED" | "DELETED", pod: PodVersion): void {
    const { uid } = pod;
    const handle = this.#handles.get(uid);
    const known = handle === undefined ? undefined : this.#pods[handle];
    if (type === "DELETED") {
      if (known === undefined) return;
      this.#handles.delete(uid);
      this.#pods[known.handle] = undefined;
      this.#network?.forget(member.actor, known.handle);
      this.#orders.send(member, orders.podGone, known.handle, []);
      return;
    }
    if (this.#network !== undefined && !this.#isToldAgain(member, known, pod, type)) return;
    if (this.#network === undefined && known === undefined && wasOver(pod) && !pod.isDeleting)
      return;
    const seen = known ?? this.#newPod(member, pod);
    if (seen.sharedSpec !== pod.sharedSpec) this.#specSeen(member, seen, pod);
    if (!pod.isDeleting) return;
    const { deletionGracePeriodSeconds = 0 } = (pod.toObject() as Pod).metadata;
    if (seen.isDeleting && seen.graceSeconds <= deletionGracePeriodSeconds) return;
    seen.isDeleting = true;
    seen.graceSeconds = deletionGracePeriodSeconds;
    this.#orders.send(member, orders.podDeletionSeen, seen.handle, [deletionGracePeriodSeconds]);
  }

  #specSeen(member: Member, seen: KnownPod, { sharedSpec }: PodVersion): void {
    seen.sharedSpec = sharedSpec;
    const spec = this.#specs.of(sharedSpec);
    if (spec.text === seen.spec.text) return;
    const { fieldPaths } = seen.spec;
    seen.spec = { ...spec, fieldPaths };
    this.#orders.send(member, orders.podSpecSeen, seen.handle, [spec.text]);
  }

  /**
   * Of a pod that is listed when a watch begins again, a kubelet may have missed anything: it is told
   * all. That a pod is over is nothing new to one that has begun anew. And one that comes to light later
   * was not in the list of a cache that was behind: the kubelet took it for gone.
   */
  #isToldAgain(
    member: Member,
    known: KnownPod | undefined,
    pod: PodVersion,
    type: "ADDED" | "MODIFIED",
  ): boolean {
    const watch = this.#orders.listing(member);
    if (watch === undefined && (known === undefined || type !== "ADDED")) return true;
    const isNew = known === undefined || watch?.isFresh === true;
    const { status } = pod.toObject() as Pod;
    if (isNew && isOver(status?.phase) && !pod.isDeleting) return false;
    if (known === undefined) return true;
    const { handle, uid, namespace, name } = known;
    const { text } = this.#specs.of(pod.sharedSpec);
    known.isDeleting = false;
    this.#orders.send(member, orders.podSeen, handle, [namespace, name, uid, text]);
    this.#orders.send(member, orders.podSpecSeen, handle, [text]);
    return true;
  }

  #newPod(member: Member, pod: PodVersion): KnownPod {
    const { namespace, name, uid, sharedSpec, storeKey } = pod;
    const handle = ++this.#lastHandle;
    const spec = this.#specs.of(sharedSpec);
    const known = {
      handle,
      uid,
      namespace,
      name,
      storeKey,
      sharedSpec,
      spec,
      subject: undefined,
      isDeleting: false,
      graceSeconds: 0,
      statuses: 0,
    };
    this.#pods[handle] = known;
    this.#handles.set(uid, handle);
    const texts = [namespace, name, uid, spec.text];
    const past = this.#pastOf(pod);
    if (past === undefined) this.#orders.send(member, orders.podSeen, handle, texts);
    else this.#orders.send(member, orders.podRecalled, handle, [...texts, JSON.stringify(past)]);
    return known;
  }

  /** A pod that is kept as a row was never seen by another cluster's kubelets. */
  #pastOf(pod: PodVersion): PodPast | undefined {
    if (pod.storeKey !== undefined) return undefined;
    return podPast(pod.toObject() as Pod, this.#timeline.nowUs);
  }

  #keepFact(outbox: Batch, index: number): void {
    this.#trace.keep({
      atUs: outbox.atUs(index),
      actor: this.#member(outbox.node(index)).actor.name,
      kind: outbox.text(outbox.argument(index, 0)),
      subject: outbox.text(outbox.argument(index, 1)),
      data: JSON.parse(outbox.text(outbox.argument(index, 2))) as FactData,
    });
  }

  #member(node: number): Member {
    const member = this.#members[node];
    if (member === undefined) throw new InvariantError(`node ${node} is of this cluster`);
    return member;
  }
}

/** A request that nobody waits for. */
function answered(act: () => void): (answer?: KubeletAnswer) => void {
  return (answer = noAnswer) => {
    act();
    answer();
  };
}
