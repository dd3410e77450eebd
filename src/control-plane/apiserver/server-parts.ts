import type { KubeObject } from "../../api/objects.ts";
import type { Chance } from "../../kernel/chance.ts";
import type { FactData } from "../../kernel/trace.ts";
import type { AdmissionChain } from "./admission/admission.ts";
import type { ResourceTable } from "./resource-table.ts";
import { type Resource, type StrategyContext, subjectOf } from "./resource.ts";
import type { RequestContext } from "./request.ts";
import type { Storage } from "./storage.ts";
import type { WatchCache } from "./watch-cache.ts";

/** What the verbs of an API server share. */
export interface ServerParts {
  readonly resources: ResourceTable;
  readonly storage: Storage;
  readonly chance: Chance;
  readonly admission: AdmissionChain;
  nowUs(): number;
  cacheOf(resource: Resource): WatchCache;
  record(kind: string, subject: string, data: FactData): void;
}

export function strategyContext(parts: ServerParts): StrategyContext {
  return {
    nowUs: parts.nowUs(),
    chance: parts.chance,
    clusterIps: () => {
      const services = parts.resources.find("", "v1", "services");
      const objects: Iterable<KubeObject> = services ? parts.cacheOf(services).objects() : [];
      const held = new Set<string>();
      for (const { spec } of objects) {
        const { clusterIP } = spec as { readonly clusterIP?: string };
        if (clusterIP !== undefined && clusterIP !== "") held.add(clusterIP);
      }
      return held;
    },
  };
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
  context: RequestContext,
  verb: string,
  stored: KubeObject,
): void {
  const { resource, namespace, name, subresource } = context;
  const { phase = "" } = (stored["status"] ?? {}) as { readonly phase?: string };
  parts.record("stored", subjectOf(resource, namespace, name), {
    verb,
    subresource,
    revision: Number(stored.metadata.resourceVersion),
    phase,
  });
}
