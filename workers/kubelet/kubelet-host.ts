import type { Batch } from "../../src/data-plane/batch.ts";
import {
  type KubeletPodSpec,
  type KubeletShard,
  type NodeConfig,
  type NodeInspection,
  orders,
  type PodPast,
  type PodInspection,
  protocolVersion,
  type ShardConfig,
  type StepResult,
  watchArgument,
} from "../../src/data-plane/protocol.ts";
import { Chance } from "../../src/kernel/chance.ts";
import { invariant } from "../../src/kernel/invariant.ts";
import { Environment, type EnvironmentOutcome } from "../../src/kernel/environment.ts";
import { RunningMark } from "../../src/kernel/running-mark.ts";
import { type ActorRef, Timeline } from "../../src/kernel/timeline.ts";
import { type ActorHash, Trace } from "../../src/kernel/trace.ts";
import { Kubelet } from "./kubelet.ts";
import { type KubeletContext, recordFact } from "./kubelet-context.ts";
import { KubeletLives } from "./kubelet-lives.ts";
import { PodSubject } from "./pod-subject.ts";
import { PodTemplate } from "./pod-template.ts";
import { ReportWriter } from "./report-writer.ts";

/** The kubelets of one shard, on whatever thread: their clock, their actors, their messages. */
export function createKubeletHost(): KubeletShard {
  return new KubeletHost();
}

class KubeletHost implements KubeletShard {
  readonly #kubelets = new Map<number, Kubelet>();
  /** In place of the above when kubelets can crash. */
  readonly #lives = new Map<number, KubeletLives>();
  readonly #trace = new Trace(0);
  /** By the text of their spec. */
  readonly #templates = new Map<string, PodTemplate>();
  #timeline = new Timeline();
  #reports = new ReportWriter(this.#timeline);
  #config: ShardConfig | undefined;
  #environment: Environment | undefined;

  init(config: ShardConfig): void {
    invariant(config.protocolVersion === protocolVersion, "hub and shard are of one build");
    this.#config = config;
    this.#timeline = new Timeline(config.startUs, new RunningMark(config.markBuffer));
    this.#reports = new ReportWriter(this.#timeline);
    this.#environment =
      config.environment && new Environment(config.environment, config.seed, this.#timeline);
    const context = {
      timeline: this.#timeline,
      trace: this.#trace,
      chance: this.#environment?.chance ?? new Chance(config.seed),
      sendsFacts: config.sendsFacts,
      reports: this.#reports,
    };
    if (this.#environment !== undefined) return this.#initLives(this.#environment, config, context);
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
    return this.#kubeletOf(node)?.inspect();
  }

  inspectPod(node: number, uid: string): PodInspection | undefined {
    return this.#kubeletOf(node)?.inspectPod(uid);
  }

  decisions(): EnvironmentOutcome {
    return this.#environment?.outcome ?? { taken: {}, reads: [] };
  }

  #kubeletOf(node: number): Kubelet | undefined {
    return this.#kubelets.get(node) ?? this.#lives.get(node)?.kubelet;
  }

  #initLives(environment: Environment, config: ShardConfig, context: KubeletContext): void {
    const nodes = new Map<string, NodeConfig>();
    for (const node of config.nodes) {
      const lives = new KubeletLives(node, context);
      this.#lives.set(node.index, lives);
      nodes.set(lives.actor.name, node);
    }
    environment.govern(this.#timeline, [...this.#lives.values()], (actor, kind, data) => {
      const node = nodes.get(actor.name) as NodeConfig;
      recordFact(node, context, actor, kind, `actors/${actor.name}`, data);
    });
    for (const { actor, kubelet } of this.#lives.values()) {
      this.#timeline.setTimer(actor, 0, () => kubelet?.start());
    }
  }

  #deliver(inbox: Batch, index: number): void {
    const node = inbox.node(index);
    const act = this.#action(inbox, index);
    const kubelet = this.#kubelets.get(node);
    if (kubelet !== undefined) {
      this.#deliverTo(kubelet.actor, inbox, index, () => act(kubelet));
      return;
    }
    const lives = this.#lives.get(node);
    invariant(lives !== undefined, `node ${node} is of this shard`);
    const kind = inbox.kind(index);
    const watch = inbox.argument(index, watchArgument);
    this.#deliverTo(lives.actor, inbox, index, () => {
      // Whoever is the kubelet by then hears it, if it is of a watch of its own.
      const { kubelet: current } = lives;
      if (current?.recovery?.hears(kind, watch) === true) act(current);
    });
  }

  #deliverTo(actor: ActorRef, inbox: Batch, index: number, handle: () => void): void {
    const { apiServer } = this.#config as ShardConfig;
    const isBackground = inbox.isBackground(index);
    this.#timeline.deliver(inbox.atUs(index), apiServer, actor, handle, isBackground);
  }

  /** Reads a record now, for the batch is reused, and returns what to do when it is due. */
  #action(inbox: Batch, index: number): (kubelet: Kubelet) => void {
    const pod = inbox.pod(index);
    const first = inbox.argument(index, 0);
    switch (inbox.kind(index)) {
      case orders.nodeSeen: {
        const podCidr = textOf(inbox, index, 0);
        return (kubelet) => kubelet.nodeSeen(podCidr);
      }
      case orders.podSeen:
      case orders.podRecalled: {
        const [namespace, name] = [textOf(inbox, index, 0), textOf(inbox, index, 1)];
        const identity = new PodSubject(namespace, name, textOf(inbox, index, 2));
        const template = this.#template(textOf(inbox, index, 3));
        const isNew = inbox.kind(index) === orders.podSeen;
        const past = isNew ? undefined : (JSON.parse(textOf(inbox, index, 4)) as PodPast);
        return (kubelet) => kubelet.podSeen(pod, identity, template, past);
      }
      case orders.podSpecSeen: {
        const template = this.#template(textOf(inbox, index, 0));
        return (kubelet) => kubelet.podSpecSeen(pod, template);
      }
      case orders.podDeletionSeen:
        return (kubelet) => kubelet.podDeletionSeen(pod, first);
      case orders.podsListed:
        return (kubelet) => kubelet.podsListed();
      case orders.watchLost: {
        const watch = inbox.argument(index, watchArgument);
        return (kubelet) => kubelet.recovery?.watchLost(watch);
      }
      case orders.requestFailed:
        return (kubelet) => kubelet.requestFailed(first, pod);
      default:
        invariant(inbox.kind(index) === orders.podGone, `order ${inbox.kind(index)} is known`);
        return (kubelet) => kubelet.podGone(pod);
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
