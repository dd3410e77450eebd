import { isApiError } from "../../api/errors.ts";
import type { KubeObject, Pod } from "../../api/objects.ts";
import { keyOf } from "./resource.ts";
import type { RequestContext } from "./request.ts";
import type { ServerParts } from "./server-parts.ts";
import type { Answer, ObjectId } from "./storage.ts";
import type { StoredObject } from "./stored/stored-object.ts";

/**
 * Looks up in the store what a creation refers to and the cache does not have, since that may be behind:
 * its namespace, and a pod's service account. Where the store answers at once there is no need to.
 *
 * @param act Gets parts that know of it, at once when nothing is missing.
 * @see `lookUp`
 */
export function withReferences(
  parts: ServerParts,
  context: RequestContext,
  sent: KubeObject | undefined,
  act: (parts: ServerParts) => void,
  answer: Answer<never>,
): void {
  if (parts.feed.isImmediate || parts.storage.store.direct !== undefined) return act(parts);
  const [missing] = referencesOf(parts, context, sent).filter((id) => !isKnown(parts, id));
  if (missing === undefined) return act(parts);
  parts.storage.get(missing, (error, stored) => {
    if (error !== undefined && !isApiError(error, "NotFound")) return answer(error);
    const key = keyOf(missing.resource, missing.namespace, missing.name);
    const fetched = new Map<string, StoredObject | undefined>([...parts.fetched, [key, stored]]);
    withReferences({ ...parts, fetched }, context, sent, act, answer);
  });
}

/** The service account that a pod names, or has by default. */
export function accountNameOf(pod: Partial<Pod>): string {
  return pod.spec?.serviceAccountName || "default";
}

function referencesOf(
  parts: ServerParts,
  { resource, namespace }: RequestContext,
  sent: KubeObject | undefined,
): readonly ObjectId[] {
  const references: ObjectId[] = [];
  const add = (plural: string, at: string, name: string): void => {
    const found = parts.resources.find("", "v1", plural);
    if (found !== undefined) references.push({ resource: found, namespace: at, name });
  };
  if (resource.namespaced && namespace !== "") add("namespaces", "", namespace);
  if (resource.group === "" && resource.plural === "pods" && sent !== undefined) {
    add("serviceaccounts", namespace, accountNameOf(sent as Partial<Pod>));
  }
  return references;
}

/** Whether the cache has it, or the store was asked. */
function isKnown(parts: ServerParts, { resource, namespace, name }: ObjectId): boolean {
  const key = keyOf(resource, namespace, name);
  return parts.fetched.has(key) || parts.cacheOf(resource).get(key) !== undefined;
}
