import type { ConditionView, NodeView } from "../../../api/node-view.ts";
import type { KubeObject, Node, NodeStatus, ObjectMeta, Taint } from "../../../api/objects.ts";
import { rfc3339 } from "../../../api/time.ts";
import { stampRevision, StoredObject } from "./stored-object.ts";

/** The status of a node as its kubelet keeps it small. */
export interface NodeStatusRow {
  readonly allocatable: Readonly<Record<string, string>>;
  readonly conditions: readonly ConditionView[];
  /** What the kubelet said of its node when it registered. */
  ownMetadata(): Pick<ObjectMeta, "labels" | "annotations">;
  toStatus(): NodeStatus;
}

/** What stays the same while a node is there. */
export interface NodeSeed {
  readonly name: string;
  readonly uid: string;
  readonly storeKey: string;
  readonly createdAtUs: number;
}

/**
 * A node to which nothing has happened but what happens to every node: its kubelet registered it and
 * reports on it, it got a range of pod addresses, its taints follow its conditions. Anything else (a
 * label, a cordon) makes a whole object of it.
 */
export class NodeRow extends StoredObject implements NodeView {
  readonly #seed: NodeSeed;
  readonly #status: NodeStatusRow;
  readonly taints: readonly Taint[];
  readonly podCidr: string;

  constructor(seed: NodeSeed, status: NodeStatusRow, taints: readonly Taint[], podCidr = "") {
    super();
    this.#seed = seed;
    this.#status = status;
    this.taints = taints;
    this.podCidr = podCidr;
  }

  get namespace(): string {
    return "";
  }

  get name(): string {
    return this.#seed.name;
  }

  get uid(): string {
    return this.#seed.uid;
  }

  get key(): string {
    return this.#seed.name;
  }

  override get storeKey(): string {
    return this.#seed.storeKey;
  }

  get labels(): Readonly<Record<string, string>> | undefined {
    return this.#status.ownMetadata().labels;
  }

  get isDeleting(): boolean {
    return false;
  }

  get isUnschedulable(): boolean {
    return false;
  }

  get allocatable(): Readonly<Record<string, string>> {
    return this.#status.allocatable;
  }

  get conditions(): readonly ConditionView[] {
    return this.#status.conditions;
  }

  get status(): NodeStatusRow {
    return this.#status;
  }

  get sharedSpec(): Node["spec"] {
    const { podCidr, taints } = this;
    return {
      ...(podCidr !== "" && { podCIDR: podCidr, podCIDRs: [podCidr] }),
      ...(taints.length > 0 && { taints }),
    };
  }

  withStatus(status: NodeStatusRow): NodeRow {
    return new NodeRow(this.#seed, status, this.taints, this.podCidr);
  }

  withTaints(taints: readonly Taint[]): NodeRow {
    return new NodeRow(this.#seed, this.#status, taints, this.podCidr);
  }

  withPodCidr(podCidr: string): NodeRow {
    return new NodeRow(this.#seed, this.#status, this.taints, podCidr);
  }

  toObject(): KubeObject {
    const { name, uid, createdAtUs } = this.#seed;
    const node: Node = {
      apiVersion: "v1",
      kind: "Node",
      metadata: {
        name,
        ...this.#status.ownMetadata(),
        uid,
        creationTimestamp: rfc3339(createdAtUs),
        ...this.revisionField(),
      },
      spec: this.sharedSpec,
      status: this.#status.toStatus(),
    };
    return node;
  }

  atRevision(revision: number): StoredObject {
    return stampRevision(this.withStatus(this.#status), revision);
  }

  override knownField(field: string): string | undefined {
    switch (field) {
      case "spec.unschedulable":
        return "false";
      // A node has no phase here, and whoever records what was stored asks for it.
      case "status.phase":
        return "";
      default:
        return undefined;
    }
  }
}
