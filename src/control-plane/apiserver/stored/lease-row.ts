import type { KubeObject, Lease, OwnerReference } from "../../../api/objects.ts";
import { rfc3339, rfc3339Micro } from "../../../api/time.ts";
import { keyOf, stampRevision, StoredObject } from "./stored-object.ts";

/** What stays the same while a node renews its lease. */
export interface LeaseHolder {
  readonly namespace: string;
  /** Of the node, and of its lease. */
  readonly name: string;
  readonly nodeUid: string;
  readonly durationSeconds: number;
}

/** A node's heartbeat: what changes is one time. */
export class LeaseRow extends StoredObject {
  readonly #holder: LeaseHolder;
  readonly uid: string;
  readonly #createdAtUs: number;
  readonly #renewUs: number;

  constructor(holder: LeaseHolder, uid: string, createdAtUs: number, renewUs: number) {
    super();
    this.#holder = holder;
    this.uid = uid;
    this.#createdAtUs = createdAtUs;
    this.#renewUs = renewUs;
  }

  get namespace(): string {
    return this.#holder.namespace;
  }

  get name(): string {
    return this.#holder.name;
  }

  get key(): string {
    return keyOf(this.namespace, this.name);
  }

  get labels(): undefined {
    return undefined;
  }

  get isDeleting(): boolean {
    return false;
  }

  get sharedSpec(): unknown {
    return this.toObject()["spec"];
  }

  /** A lease has no phase, and whoever records what was stored asks for it. */
  override knownField(field: string): string | undefined {
    return field === "status.phase" ? "" : undefined;
  }

  renewed(renewUs: number): LeaseRow {
    return new LeaseRow(this.#holder, this.uid, this.#createdAtUs, renewUs);
  }

  toObject(): KubeObject {
    const { namespace, name, nodeUid, durationSeconds } = this.#holder;
    const owner: OwnerReference = { apiVersion: "v1", kind: "Node", name, uid: nodeUid };
    const lease: Lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        name,
        ownerReferences: [owner],
        namespace,
        uid: this.uid,
        creationTimestamp: rfc3339(this.#createdAtUs),
        ...this.revisionField(),
      },
      spec: {
        holderIdentity: name,
        leaseDurationSeconds: durationSeconds,
        renewTime: rfc3339Micro(this.#renewUs),
      },
    };
    return lease;
  }

  atRevision(revision: number): StoredObject {
    return stampRevision(this.renewed(this.#renewUs), revision);
  }
}
