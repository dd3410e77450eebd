import { conflict } from "../../api/errors.ts";
import type { KubeObject } from "../../api/objects.ts";
import { rfc3339 } from "../../api/time.ts";
import { authorize } from "./authorize.ts";
import { groupResourceOf, subjectOf } from "./resource.ts";
import type { DeleteOptions, RequestContext } from "./request.ts";
import { recordRequest, type ServerParts } from "./server-parts.ts";
import type { Answer } from "./storage.ts";

export interface Removal {
  /** The object's last state, or its state while its owner lets go of it. */
  readonly object: KubeObject;
  /** Whether it is gone; otherwise it is marked and waits for its kubelet or its finalizers. */
  readonly isGone: boolean;
}

/**
 * DELETE: at once, or by marking the object and waiting for whoever must let go of it.
 *
 * @see kubernetes `staging/src/k8s.io/apiserver/pkg/registry/rest/delete.go`, `BeforeDelete`
 */
export function removeObject(
  parts: ServerParts,
  context: RequestContext,
  options: DeleteOptions,
  answer: Answer<Removal>,
): void {
  try {
    authorize(context, "delete");
  } catch (refusal) {
    return answer(refusal as Error);
  }
  recordRequest(parts, context, "delete");
  const { resource, namespace, name } = context;
  let marked: KubeObject | undefined;
  const remove = (stored: KubeObject): KubeObject | undefined => {
    requirePreconditions(context, options, stored);
    marked = markedForDeletion(parts, context, options, stored);
    return marked;
  };
  if (context.dryRun) {
    parts.storage.get(context, (error, object) => {
      answer(error, object && { object, isGone: true });
    });
    return;
  }
  parts.storage.update(context, remove, (error, object) => {
    if (error !== undefined || object === undefined) return answer(error);
    const isGone = marked === undefined;
    parts.record(isGone ? "removed" : "markedForDeletion", subjectOf(resource, namespace, name), {
      graceSeconds: marked?.metadata.deletionGracePeriodSeconds ?? 0,
    });
    answer(undefined, { object, isGone });
  });
}

function markedForDeletion(
  parts: ServerParts,
  { resource }: RequestContext,
  { gracePeriodSeconds: asked }: DeleteOptions,
  stored: KubeObject,
): KubeObject | undefined {
  const { metadata } = stored;
  const finalizers = finalizersOf(stored);
  const graceSeconds = resource.strategy.gracePeriodSeconds(stored, asked);
  if (graceSeconds === 0 && finalizers === 0) return undefined;
  const remaining = metadata.deletionGracePeriodSeconds;
  // A deletion under way is only ever brought forward.
  if (metadata.deletionTimestamp !== undefined && remaining !== undefined && remaining <= graceSeconds) {
    return stored;
  }
  const deletionTimestamp = rfc3339(parts.nowUs() + graceSeconds * 1_000_000);
  const generation =
    metadata.generation === undefined || metadata.deletionTimestamp !== undefined
      ? {}
      : { generation: metadata.generation + 1 };
  const isNamespace = resource.plural === "namespaces";
  return {
    ...stored,
    metadata: {
      ...metadata,
      ...generation,
      deletionTimestamp,
      deletionGracePeriodSeconds: graceSeconds,
    },
    ...(isNamespace && { status: { ...(stored["status"] as object), phase: "Terminating" } }),
  };
}

/** Namespaces keep theirs in `spec`, so that the namespace controller alone can take it away. */
function finalizersOf(object: KubeObject): number {
  const inSpec = (object["spec"] as { readonly finalizers?: readonly string[] } | undefined)?.finalizers;
  return (object.metadata.finalizers?.length ?? 0) + (inSpec?.length ?? 0);
}

function requirePreconditions(
  { resource, name }: RequestContext,
  { preconditions }: DeleteOptions,
  stored: KubeObject,
): void {
  const { uid, resourceVersion } = stored.metadata;
  if (preconditions?.uid !== undefined && preconditions.uid !== uid) {
    throw conflict(
      groupResourceOf(resource),
      name,
      `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
  }
  const wanted = preconditions?.resourceVersion;
  if (wanted !== undefined && wanted !== resourceVersion) {
    throw conflict(
      groupResourceOf(resource),
      name,
      `the ResourceVersion in the precondition (${wanted}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    );
  }
}
