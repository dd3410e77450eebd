import type { Chance } from "../../kernel/chance.ts";
import type { FactData } from "../../kernel/trace.ts";
import type { AdmissionChain } from "./admission/admission.ts";
import type { ResourceTable } from "./resource-table.ts";
import { type Resource, type StrategyContext, subjectOf } from "./resource.ts";
import type { RequestContext } from "./request.ts";
import type { Storage } from "./storage.ts";
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
      const found = services ? parts.cacheOf(services).objects() : [];
      const held = new Set<string>();
      for (const stored of found) {
        const { clusterIP } = stored.toObject()["spec"] as { readonly clusterIP?: string };
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
  context: Pick<RequestContext, "resource" | "namespace" | "name" | "subresource">,
  verb: string,
  stored: StoredObject,
): void {
  const { resource, namespace, name, subresource } = context;
  parts.record("stored", subjectOf(resource, namespace, name), {
    verb,
    subresource,
    revision: stored.revision,
    phase: phaseOf(stored),
  });
}

function phaseOf(stored: StoredObject): string {
  const known = stored.knownField("status.phase");
  if (known !== undefined) return known;
  const { phase = "" } = (stored.toObject()["status"] ?? {}) as { readonly phase?: string };
  return phase;
}
