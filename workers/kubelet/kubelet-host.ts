import type { Batch } from "../../src/data-plane/batch.ts";
import {
  type KubeletPodSpec,
  type KubeletShard,
  type NodeInspection,
  orders,
  type PodInspection,
  protocolVersion,
  type ShardConfig,
  type StepResult,
} from "../../src/data-plane/protocol.ts";
import { Chance } from "../../src/kernel/chance.ts";
import { invariant } from "../../src/kernel/invariant.ts";
import { RunningMark } from "../../src/kernel/running-mark.ts";
import { Timeline } from "../../src/kernel/timeline.ts";
import { type ActorHash, Trace } from "../../src/kernel/trace.ts";
import { Kubelet } from "./kubelet.ts";
import { PodSubject } from "./pod-subject.ts";
import { PodTemplate } from "./pod-template.ts";
import { ReportWriter } from "./report-writer.ts";

/** The kubelets of one shard, on whatever thread: their clock, their actors, their messages. */
export function createKubeletHost(): KubeletShard {
  return new KubeletHost();
}

class KubeletHost implements KubeletShard {
  readonly #kubelets = new Map<number, Kubelet>();
  readonly #trace = new Trace(0);
  /** By the text of their spec. */
  readonly #templates = new Map<string, PodTemplate>();
  #timeline = new Timeline();
  #reports = new ReportWriter(this.#timeline);
  #config: ShardConfig | undefined;

  init(config: ShardConfig): void {
    invariant(config.protocolVersion === protocolVersion, "hub and shard are of one build");
    this.#config = config;
    this.#timeline = new Timeline(config.startUs, new RunningMark(config.markBuffer));
    this.#reports = new ReportWriter(this.#timeline);
    const context = {
      timeline: this.#timeline,
      trace: this.#trace,
      chance: new Chance(config.seed),
      sendsFacts: config.sendsFacts,
      reports: this.#reports,
    };
    for (const node of config.nodes) {
      const kubelet = new Kubelet(node, context);
      this.#kubelets.set(node.index, kubelet);
      this.#timeline.setTimer(kubelet.actor, 0, () => kubelet.start());
    }
  }

  step(endUs: number, inbox: Batch): StepResult {
    for (let index = 0; index < inbox.length; index++) this.#deliver(inbox, index);
    // The inbox is read: its buffer carries the answers home.
    const outbox = inbox.clear();
    this.#reports.begin(outbox);
    this.#timeline.seal(0);
    this.#timeline.runBefore(endUs);
    // What the hub sends from now on is due later: that is what the lookahead promises.
    this.#timeline.seal(endUs);
    const { nextDueUs, isSettled } = this.#timeline;
    const { count: factCount, sum: factSum } = this.#trace;
    return { outbox, nextDueUs, isSettled, factCount, factSum };
  }

  hashes(): readonly ActorHash[] {
    return this.#trace.hashes();
  }

  inspectNode(node: number): NodeInspection | undefined {
    return this.#kubelets.get(node)?.inspect();
  }

  inspectPod(node: number, uid: string): PodInspection | undefined {
    return this.#kubelets.get(node)?.inspectPod(uid);
  }

  #deliver(inbox: Batch, index: number): void {
    const kubelet = this.#kubelets.get(inbox.node(index));
    invariant(kubelet !== undefined, `node ${inbox.node(index)} is of this shard`);
    const handle = this.#handler(kubelet, inbox, index);
    const { apiServer } = this.#config as ShardConfig;
    const isBackground = inbox.isBackground(index);
    this.#timeline.deliver(inbox.atUs(index), apiServer, kubelet.actor, handle, isBackground);
  }

  /** Reads a record now, for the batch is reused, and returns what to do when it is due. */
  #handler(kubelet: Kubelet, inbox: Batch, index: number): () => void {
    const pod = inbox.pod(index);
    switch (inbox.kind(index)) {
      case orders.nodeSeen: {
        const podCidr = textOf(inbox, index, 0);
        return () => kubelet.nodeSeen(podCidr);
      }
      case orders.podSeen: {
        const [namespace, name] = [textOf(inbox, index, 0), textOf(inbox, index, 1)];
        const identity = new PodSubject(namespace, name, textOf(inbox, index, 2));
        const template = this.#template(textOf(inbox, index, 3));
        return () => kubelet.podSeen(pod, identity, template);
      }
      case orders.podSpecSeen: {
        const template = this.#template(textOf(inbox, index, 0));
        return () => kubelet.podSpecSeen(pod, template);
      }
      case orders.podDeletionSeen: {
        const graceSeconds = inbox.argument(index, 0);
        return () => kubelet.podDeletionSeen(pod, graceSeconds);
      }
      default:
        invariant(inbox.kind(index) === orders.podGone, `order ${inbox.kind(index)} is known`);
        return () => kubelet.podGone(pod);
    }
  }

  #template(text: string): PodTemplate {
    const known = this.#templates.get(text);
    if (known !== undefined) return known;
    if (this.#templates.size >= templatesMax) this.#templates.clear();
    const template = new PodTemplate(JSON.parse(text) as KubeletPodSpec);
    this.#templates.set(text, template);
    return template;
  }
}

/** Distinct pod specs remembered. */
const templatesMax = 4_096;

/** The text that an argument of a record refers to. */
function textOf(inbox: Batch, index: number, position: number): string {
  return inbox.text(inbox.argument(index, position));
}
