import type { KubeObject, Pod, PodCondition, PodSpec, PodStatus } from "../../../api/objects.ts";
import { rfc3339 } from "../../../api/time.ts";
import type { PodTemplate } from "./pod-template.ts";
import { keyOf, stampRevision, StoredObject } from "./stored-object.ts";

/** What stays the same over the life of a pod. */
export class PodSeed {
  readonly template: PodTemplate;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly createdAtUs: number;
  readonly key: string;
  readonly storeKey: string;

  constructor(
    template: PodTemplate,
    id: {
      readonly namespace: string;
      readonly name: string;
      readonly uid: string;
      readonly storeKey: string;
    },
    createdAtUs: number,
  ) {
    this.template = template;
    this.namespace = id.namespace;
    this.name = id.name;
    this.uid = id.uid;
    this.createdAtUs = createdAtUs;
    this.key = keyOf(id.namespace, id.name);
    this.storeKey = id.storeKey;
  }
}

/** The status of a pod as its kubelet keeps it small. */
export interface PodStatusRow {
  readonly phase: string;
  /** @param pod With the status it had from others: its QoS class and when it was scheduled. */
  toStatus(pod: Pod): PodStatus;
}

/**
 * A pod to which nothing has happened but what happens to every pod: it was created, bound, and its
 * kubelet reports on it. Anything else (a label, a deletion) makes a whole object of it.
 */
export class PodRow extends StoredObject {
  readonly seed: PodSeed;
  /** Empty until it is bound. */
  readonly nodeName: string;
  readonly #scheduledAtSeconds: number;
  readonly status: PodStatusRow | undefined;

  constructor(seed: PodSeed, nodeName = "", scheduledAtSeconds = 0, status?: PodStatusRow) {
    super();
    this.seed = seed;
    this.nodeName = nodeName;
    this.#scheduledAtSeconds = scheduledAtSeconds;
    this.status = status;
  }

  get namespace(): string {
    return this.seed.namespace;
  }

  get name(): string {
    return this.seed.name;
  }

  get uid(): string {
    return this.seed.uid;
  }

  get key(): string {
    return this.seed.key;
  }

  override get storeKey(): string {
    return this.seed.storeKey;
  }

  get labels(): Readonly<Record<string, string>> | undefined {
    return this.seed.template.metadata.labels;
  }

  get isDeleting(): boolean {
    return false;
  }

  get sharedSpec(): PodSpec {
    return this.seed.template.spec;
  }

  bound(nodeName: string, atUs: number): PodRow {
    return new PodRow(this.seed, nodeName, Math.floor(atUs / 1_000_000), this.status);
  }

  withStatus(status: PodStatusRow): PodRow {
    return new PodRow(this.seed, this.nodeName, this.#scheduledAtSeconds, status);
  }

  toObject(): KubeObject {
    const { template, namespace, name, uid, createdAtUs } = this.seed;
    const spec = template.specOf(this.seed);
    const pod: Pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        ...template.metadata,
        name,
        namespace,
        uid,
        generation: 1,
        creationTimestamp: rfc3339(createdAtUs),
        ...this.revisionField(),
      },
      spec: this.nodeName === "" ? spec : { ...spec, nodeName: this.nodeName },
      status: this.#statusOfOthers(),
    };
    return this.status === undefined ? pod : { ...pod, status: this.status.toStatus(pod) };
  }

  atRevision(revision: number): StoredObject {
    const { seed, nodeName, status } = this;
    return stampRevision(new PodRow(seed, nodeName, this.#scheduledAtSeconds, status), revision);
  }

  override knownField(field: string): string | undefined {
    switch (field) {
      case "spec.nodeName":
        return this.nodeName || (this.sharedSpec.nodeName ?? "");
      case "status.phase":
        return this.status?.phase ?? "Pending";
      default:
        return undefined;
    }
  }

  /** What the API server and the scheduler wrote; the kubelet's status keeps it. */
  #statusOfOthers(): PodStatus {
    const { qosClass } = this.seed.template;
    if (this.#scheduledAtSeconds === 0) return { phase: "Pending", qosClass };
    return {
      phase: "Pending",
      qosClass,
      conditions: [scheduledCondition(this.#scheduledAtSeconds * 1_000_000)],
    };
  }
}

/** That a pod has a node. @see kubernetes `pkg/registry/core/pod/storage/storage.go`, `assignPod` */
export function scheduledCondition(atUs: number): PodCondition {
  return {
    type: "PodScheduled",
    status: "True",
    lastProbeTime: null,
    lastTransitionTime: rfc3339(atUs),
  };
}
