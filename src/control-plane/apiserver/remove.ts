import { conflict } from "../../api/errors.ts";
import type { KubeObject } from "../../api/objects.ts";
import { parseRfc3339, rfc3339 } from "../../api/time.ts";
import { authorize } from "./authorize.ts";
import { subjectOf } from "./resource.ts";
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
    parts.admission.admitDelete(context);
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
    parts.storage.previewUpdate(context, remove, (error, object) => {
      answer(error, object && { object, isGone: marked === undefined });
    });
    return;
  }
  parts.storage.update(context, remove, (error, stored) => {
    if (error !== undefined || stored === undefined) return answer(error);
    const isGone = marked === undefined;
    parts.record(isGone ? "removed" : "markedForDeletion", subjectOf(resource, namespace, name), {
      graceSeconds: marked?.metadata.deletionGracePeriodSeconds ?? 0,
    });
    answer(undefined, { object: stored.toObject(), isGone });
  });
}

/** Returns `undefined` when nobody has to let go of the object: then it goes at once. */
function markedForDeletion(
  parts: ServerParts,
  { resource }: RequestContext,
  { gracePeriodSeconds: asked }: DeleteOptions,
  stored: KubeObject,
): KubeObject | undefined {
  const { metadata } = stored;
  const isHeld = finalizersOf(stored) > 0;
  if (metadata.deletionTimestamp !== undefined) return hurriedOn(stored, asked, isHeld);
  const graceSeconds = resource.strategy.gracePeriodSeconds(stored, asked);
  if (graceSeconds === 0 && !isHeld) return undefined;
  const deletionTimestamp = rfc3339(parts.nowUs() + graceSeconds * 1_000_000);
  if (resource.plural === "namespaces") {
    const status = { ...(stored["status"] as object), phase: "Terminating" };
    return { ...stored, metadata: { ...metadata, deletionTimestamp }, status };
  }
  const { generation } = metadata;
  return {
    ...stored,
    metadata: {
      ...metadata,
      ...(generation !== undefined && { generation: generation + 1 }),
      deletionTimestamp,
      deletionGracePeriodSeconds: graceSeconds,
    },
  };
}

/** A deletion under way is only ever brought forward, counting from when it began. */
function hurriedOn(
  stored: KubeObject,
  asked: number | undefined,
  isHeld: boolean,
): KubeObject | undefined {
  const { metadata } = stored;
  const graceSeconds = metadata.deletionGracePeriodSeconds ?? 0;
  if (graceSeconds === 0) return isHeld ? stored : undefined;
  const wantedSeconds = asked === undefined ? graceSeconds : asked < 0 ? 1 : asked;
  if (wantedSeconds >= graceSeconds) return stored;
  if (wantedSeconds === 0 && !isHeld) return undefined;
  const dueUs = parseRfc3339(metadata.deletionTimestamp ?? "") ?? 0;
  const deletionTimestamp = rfc3339(dueUs - (graceSeconds - wantedSeconds) * 1_000_000);
  const deletionGracePeriodSeconds = wantedSeconds;
  return { ...stored, metadata: { ...metadata, deletionTimestamp, deletionGracePeriodSeconds } };
}

/** Namespaces keep theirs in `spec`, so that the namespace controller alone can take it away. */
export function finalizersOf(object: KubeObject): number {
  const inSpec = (object["spec"] as { readonly finalizers?: readonly string[] } | undefined)
    ?.finalizers;
  return (object.metadata.finalizers?.length ?? 0) + (inSpec?.length ?? 0);
}

function requirePreconditions(
  { resource, name }: RequestContext,
  { preconditions }: DeleteOptions,
  stored: KubeObject,
): void {
  const { uid, resourceVersion } = stored.metadata;
  // Upstream names the kind here, not the resource.
  const kind = { group: resource.group, resource: resource.kind };
  if (preconditions?.uid !== undefined && preconditions.uid !== uid) {
    throw conflict(
      kind,
      name,
      `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
  }
  const wanted = preconditions?.resourceVersion;
  if (wanted !== undefined && wanted !== resourceVersion) {
    throw conflict(
      kind,
      name,
      `the ResourceVersion in the precondition (${wanted}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    );
  }
}
