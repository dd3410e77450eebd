import type { Chance } from "../../kernel/chance.ts";
import { FactForm } from "../../kernel/fact-form.ts";
import type { HashedText } from "../../kernel/hash.ts";
import type { FactData, FactSubject } from "../../kernel/trace.ts";
import type { AdmissionChain } from "./admission/admission.ts";
import type { ResourceTable } from "./resource-table.ts";
import { keyOf, type Resource, type StrategyContext, subjectOf } from "./resource.ts";
import type { RequestContext } from "./request.ts";
import type { Storage } from "./storage.ts";
import type { StoreFeed } from "./store-feed.ts";
import { LeaseRow } from "./stored/lease-row.ts";
import type { PodTemplates } from "./stored/pod-template.ts";
import type { StoredObject } from "./stored/stored-object.ts";
import type { WatchCache } from "./watch-cache.ts";

/** What the verbs of an API server share. */
export interface ServerParts {
  readonly resources: ResourceTable;
  readonly storage: Storage;
  readonly chance: Chance;
  readonly admission: AdmissionChain;
  readonly podTemplates: PodTemplates;
  readonly feed: StoreFeed;
  /** What was looked up in the store for the request under way, by key. See `withReferences`. */
  readonly fetched: ReadonlyMap<string, StoredObject | undefined>;
  nowUs(): number;
  cacheOf(resource: Resource): WatchCache;
  record(kind: string, subject: FactSubject, data: FactData): void;
  recordForm(form: FactForm, subject: HashedText, value: number): void;
}

/** @param taken Cluster IPs that are held by services this server has not heard of. */
export function strategyContext(
  parts: ServerParts,
  taken: readonly string[] = [],
): StrategyContext {
  return {
    nowUs: parts.nowUs(),
    chance: parts.chance,
    clusterIps: () => {
      const services = parts.resources.find("", "v1", "services");
      const held = new Set<string>(taken);
      for (const stored of services === undefined ? [] : objectsOf(parts, services)) {
        const { clusterIP } = stored.toObject()["spec"] as { readonly clusterIP?: string };
        if (clusterIP !== undefined && clusterIP !== "") held.add(clusterIP);
      }
      return held;
    },
  };
}

/**
 * What a request refers to, e.g. its namespace: as the cache has it, or else the store, since a cache
 * may be behind.
 *
 * @see kubernetes `staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go`
 */
export function lookUp(
  parts: ServerParts,
  resource: Resource,
  namespace: string,
  name: string,
): StoredObject | undefined {
  const key = keyOf(resource, namespace, name);
  const cached = parts.cacheOf(resource).get(key);
  if (cached !== undefined || parts.feed.isImmediate) return cached;
  return parts.fetched.get(key) ?? parts.storage.store.direct?.get(key)?.value;
}

/**
 * All objects of a kind, as the store has them where it answers at once; where it does not, as the
 * cache has them.
 */
function objectsOf(parts: ServerParts, resource: Resource): Iterable<StoredObject> {
  let objects = parts.cacheOf(resource).objects();
  if (parts.feed.isImmediate || parts.storage.store.direct === undefined) return objects;
  const { keyPrefix } = resource;
  const all = { startKey: keyPrefix, prefix: keyPrefix, limit: 0, revision: 0 };
  parts.storage.list(all, (_error, page) => {
    if (page !== undefined) objects = page.items.map(({ value }) => value);
  });
  return objects;
}

export function recordRequest(parts: ServerParts, context: RequestContext, verb: string): void {
  const { resource, namespace, name, subresource, user, client } = context;
  const path = subresource === "" ? resource.plural : `${resource.plural}/${subresource}`;
  parts.record("requestReceived", subjectOf(resource, namespace, name), {
    verb,
    path,
    user: user.username,
    client,
  });
}

/** The moment the whole cluster may know of a write. */
export function recordStored(
  parts: ServerParts,
  context: Pick<RequestContext, "resource" | "namespace" | "name" | "subresource">,
  verb: string,
  stored: StoredObject,
): void {
  if (stored instanceof LeaseRow && verb === "patch") {
    return recordRenewal(parts, stored.seed, stored.revision);
  }
  const { resource, namespace, name, subresource } = context;
  parts.record("stored", subjectOf(resource, namespace, name), {
    verb,
    subresource,
    revision: stored.revision,
    phase: phaseOf(stored),
  });
}

/** As `recordStored` of a lease: most of what is written in a cluster at rest. */
export function recordRenewal(parts: ServerParts, lease: HashedText, revision: number): void {
  parts.recordForm(renewal, lease, revision);
}

const renewal = new FactForm("stored", { verb: "patch", subresource: "", phase: "" }, "revision");

function phaseOf(stored: StoredObject): string {
  const known = stored.knownField("status.phase");
  if (known !== undefined) return known;
  const { phase = "" } = (stored.toObject()["status"] ?? {}) as { readonly phase?: string };
  return phase;
}
