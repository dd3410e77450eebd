import type { Binding, Node, Taint } from "../../api/objects.ts";
import type { Chance } from "../../kernel/chance.ts";
import type { DirectStore } from "../store/store.ts";
import { admissionView } from "./create.ts";
import type { RequestContext } from "./request.ts";
import { keyOf, type Resource, subjectOf } from "./resource.ts";
import { recordRenewal, recordRequest, recordStored, type ServerParts } from "./server-parts.ts";
import type { EventColumns } from "./stored/event-columns.ts";
import type { EventRow } from "./stored/event-row.ts";
import type { LeasePulse } from "./stored/lease-pulse.ts";
import { LeaseRow } from "./stored/lease-row.ts";
import { stampRevision, type StoredObject } from "./stored/stored-object.ts";
import { boundRow } from "./subresources.ts";

/**
 * The short way for what podrace's own components write all the time: heartbeats, statuses, events.
 * Where a row becomes the next row and the store answers at once, nothing is left to decide of
 * what a request passes through: the components may do anything, rows need no validation, and a lost
 * race cannot be. Whenever one of these does not hold, the answer is `undefined`, and the request goes
 * the long way, which comes to the same.
 */
export class ComponentWrites {
  readonly #parts: ServerParts;
  readonly #chance: Chance;
  readonly #leases: Resource;
  readonly #events: Resource;
  readonly #namespaces: Resource;
  readonly #namespaceKeys = new Map<string, string>();
  readonly #columns: EventColumns | undefined;
  #nodeTaints: readonly Taint[] | undefined;

  /** @param columns Where events are deferred to; absent where none may be. */
  constructor(parts: ServerParts, columns: EventColumns | undefined) {
    this.#parts = parts;
    this.#chance = parts.chance;
    this.#leases = parts.resources.find("coordination.k8s.io", "v1", "leases") as Resource;
    this.#events = parts.resources.find("", "v1", "events") as Resource;
    this.#columns = columns;
    this.#namespaces = parts.resources.find("", "v1", "namespaces") as Resource;
  }

  /** @param next Of what is stored: the next row, the same for no change, `undefined` for no row. */
  revise(
    context: RequestContext,
    verb: string,
    next: (stored: StoredObject) => StoredObject | undefined,
  ): StoredObject | undefined {
    const { storeKey } = context;
    if (storeKey === undefined) return undefined;
    const found = this.#direct?.get(storeKey);
    if (found === undefined) return undefined;
    const row = next(found.value);
    if (row === undefined) return undefined;
    if (row !== found.value) this.#direct?.replace(storeKey, found.modRevision, row);
    recordStored(this.#parts, context, verb, row);
    return row;
  }

  /** Binds a pod that nobody has bound, and to which nothing else happened. */
  bind(context: RequestContext, binding: Binding): StoredObject | undefined {
    const { storeKey, resource, namespace, name } = context;
    const { name: nodeName = "" } = binding.target;
    if (storeKey === undefined || binding.metadata.name !== name || nodeName === "")
      return undefined;
    const found = this.#direct?.get(storeKey);
    const row = found && boundRow(found.value, binding, this.#parts.nowUs());
    if (row === undefined) return undefined;
    recordRequest(this.#parts, context, "create");
    this.#direct?.replace(storeKey, found?.modRevision ?? 0, row);
    recordStored(this.#parts, context, "create", row);
    this.#parts.record("bound", subjectOf(resource, namespace, name), { node: nodeName });
    return row;
  }

  /** A lease's renewal; `missing` when there is none, `undefined` when it takes the long way. */
  renewLease(lease: LeasePulse, renewUs: number): "renewed" | "missing" | undefined {
    const direct = this.#direct;
    if (direct === undefined) return undefined;
    const revision = this.#beat(direct, lease, renewUs);
    if (revision !== undefined) {
      recordRenewal(this.#parts, lease, revision);
      return "renewed";
    }
    const found = direct.get(lease.key);
    if (found === undefined) return "missing";
    if (!(found.value instanceof LeaseRow)) return undefined;
    const row = found.value.renewed(renewUs);
    direct.replace(lease.key, found.modRevision, row);
    recordRenewal(this.#parts, row.seed, row.revision);
    return "renewed";
  }

  /** Nobody watches leases most of the time: then their renewals are not even made. */
  #beat(direct: DirectStore<StoredObject>, lease: LeasePulse, renewUs: number): number | undefined {
    if (!this.#parts.cacheOf(this.#leases).isUnwatched) return undefined;
    lease.pulse ??= direct.pulse?.(this.#leases.keyPrefix, lease);
    return lease.pulse && direct.beat?.(lease.pulse, renewUs);
  }

  createEvent(event: EventRow): StoredObject | undefined {
    const direct = this.#direct;
    const { namespace } = event;
    if (direct === undefined || !this.#isLiving(namespace)) return undefined;
    const resource = this.#events;
    const { name } = event;
    const row = event.admit(this.#parts.nowUs(), this.#chance);
    if (this.#isDeferred(direct, row)) {
      stampRevision(row, this.#parts.storage.store.revision);
    } else if (direct.replace(keyOf(resource, namespace, name), 0, row) === undefined) {
      return undefined;
    }
    recordStored(this.#parts, { resource, namespace, name, subresource: "" }, "create", row);
    return row;
  }

  /** Nobody watches events most of the time: then they are not even made. */
  #isDeferred(direct: DirectStore<StoredObject>, event: EventRow): boolean {
    const { parts } = event;
    const columns = this.#columns;
    if (direct.defer === undefined || columns === undefined || parts === undefined) return false;
    if (!this.#parts.cacheOf(this.#events).isUnwatched) return false;
    columns.add(parts, this.#parts.nowUs());
    if (direct.defer(columns)) return true;
    columns.dropLast();
    return false;
  }

  /** What admission makes of every node that a kubelet registers. */
  taintsOfNewNodes(context: RequestContext): readonly Taint[] {
    this.#nodeTaints ??= this.#admittedTaints(context);
    return this.#nodeTaints;
  }

  #admittedTaints(context: RequestContext): readonly Taint[] {
    const { name } = context;
    const node = { apiVersion: "v1", kind: "Node", metadata: { name }, spec: {} };
    const view = admissionView(this.#parts);
    const admitted = this.#parts.admission.admitCreate(node, context, view);
    return (admitted as unknown as Node).spec.taints ?? [];
  }

  get #direct(): DirectStore<StoredObject> | undefined {
    return this.#parts.storage.store.direct;
  }

  /** @see `admission/namespace-lifecycle.ts` */
  #isLiving(namespace: string): boolean {
    let key = this.#namespaceKeys.get(namespace);
    if (key === undefined) {
      key = keyOf(this.#namespaces, "", namespace);
      this.#namespaceKeys.set(namespace, key);
    }
    return this.#parts.cacheOf(this.#namespaces).get(key)?.isDeleting === false;
  }
}
