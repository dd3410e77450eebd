import type { KubeObject, Lease, OwnerReference } from "../../../api/objects.ts";
import { rfc3339, rfc3339Micro } from "../../../api/time.ts";
import { type HashedText, hashOfText } from "../../../kernel/hash.ts";
import { keyOf, stampRevision, StoredObject } from "./stored-object.ts";

/** Whose lease it is. */
export interface LeaseHolder {
  readonly namespace: string;
  /** Of the node, and of its lease. */
  readonly name: string;
  readonly nodeUid: string;
  readonly durationSeconds: number;
}

/** What stays the same while a node renews its lease; in facts, what they are about. */
export class LeaseSeed implements HashedText {
  readonly holder: LeaseHolder;
  readonly uid: string;
  readonly createdAtUs: number;
  // Signed here, for V8 boxes what does not fit into a signed integer.
  readonly #high: number;
  readonly #low: number;

  constructor(holder: LeaseHolder, uid: string, createdAtUs: number) {
    this.holder = holder;
    this.uid = uid;
    this.createdAtUs = createdAtUs;
    const { high, low } = hashOfText(this.text);
    this.#high = high | 0;
    this.#low = low | 0;
  }

  get text(): string {
    return `leases/${this.holder.namespace}/${this.holder.name}`;
  }

  get high(): number {
    return this.#high >>> 0;
  }

  get low(): number {
    return this.#low >>> 0;
  }
}

/** A node's heartbeat: what changes is one time. */
export class LeaseRow extends StoredObject {
  readonly seed: LeaseSeed;
  // Apart, for V8 boxes what does not fit into a signed integer.
  readonly #renewSeconds: number;
  readonly #renewRestUs: number;

  constructor(seed: LeaseSeed, renewUs: number) {
    super();
    this.seed = seed;
    this.#renewSeconds = Math.floor(renewUs / 1_000_000);
    this.#renewRestUs = renewUs - this.#renewSeconds * 1_000_000;
  }

  get namespace(): string {
    return this.seed.holder.namespace;
  }

  get name(): string {
    return this.seed.holder.name;
  }

  get uid(): string {
    return this.seed.uid;
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
    return new LeaseRow(this.seed, renewUs);
  }

  toObject(): KubeObject {
    const { uid, createdAtUs, holder } = this.seed;
    const { namespace, name, nodeUid, durationSeconds } = holder;
    const owner: OwnerReference = { apiVersion: "v1", kind: "Node", name, uid: nodeUid };
    const lease: Lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        name,
        ownerReferences: [owner],
        namespace,
        uid,
        creationTimestamp: rfc3339(createdAtUs),
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

  get #renewUs(): number {
    return this.#renewSeconds * 1_000_000 + this.#renewRestUs;
  }
}
