import { badRequest, invalid } from "../../api/errors.ts";
import { equalJson } from "../../api/equal-json.ts";
import type { KubeObject } from "../../api/objects.ts";
import { validateObjectMetaUpdate } from "../../api/validation/object-meta.ts";
import { authorize } from "./authorize.ts";
import { finalizersOf } from "./remove.ts";
import { subjectOf } from "./resource.ts";
import type { RequestContext } from "./request.ts";
import { recordRequest, recordStored, type ServerParts } from "./server-parts.ts";
import { type Answer, requireCurrent } from "./storage.ts";
import { PlainObject, type StoredObject } from "./stored/stored-object.ts";

/**
 * PUT and PATCH: both turn the stored object into a new one, which the kind's strategy reconciles
 * with what this door may change.
 *
 * @param change Asked again when somebody else wrote in between, unless the client named a revision.
 * @see kubernetes `staging/src/k8s.io/apiserver/pkg/registry/rest/update.go`, `BeforeUpdate`
 */
export function updateObject(
  parts: ServerParts,
  context: RequestContext,
  verb: "update" | "patch",
  change: Change,
  answer: Answer<StoredObject>,
): void {
  try {
    authorize(context, verb);
  } catch (refusal) {
    return answer(refusal as Error);
  }
  if (change.ofRow === undefined) recordRequest(parts, context, verb);
  let released: KubeObject | undefined;
  const reconcile = (stored: KubeObject): KubeObject | undefined => {
    const sent = change.ofObject(stored);
    requireCurrent(context, sent, stored);
    const object = reconciled(context, sent, stored);
    released = isReleased(object, stored) ? object : undefined;
    return released === undefined ? object : undefined;
  };
  if (context.dryRun) {
    parts.storage.previewUpdate(context, reconcile, (error, object) => {
      const preview = released ?? object;
      answer(error, preview && new PlainObject(preview));
    });
    return;
  }
  parts.storage.update(
    context,
    reconcile,
    (error, stored) => {
      if (error !== undefined || stored === undefined) return answer(error);
      if (released === undefined) {
        recordStored(parts, context, verb, stored);
        return answer(undefined, stored);
      }
      const { resource, namespace, name } = context;
      parts.record("removed", subjectOf(resource, namespace, name), { graceSeconds: 0 });
      answer(undefined, new PlainObject(released));
    },
    change.ofRow,
  );
}

/** What a client wants of what is stored. */
export interface Change {
  /** The object as the client wants it. What it throws is the answer. */
  readonly ofObject: (stored: KubeObject) => KubeObject;
  /**
   * The same for a row, from podrace's own components, whose requests are facts only as far as
   * something is stored; `undefined` when it takes an object.
   */
  readonly ofRow?: ((stored: StoredObject) => StoredObject | undefined) | undefined;
}

/** Whether the last finalizer of a deleted object is gone: then it goes too. */
function isReleased({ metadata }: KubeObject, stored: KubeObject): boolean {
  return (
    metadata.deletionTimestamp !== undefined &&
    (metadata.deletionGracePeriodSeconds ?? 0) === 0 &&
    (stored.metadata.finalizers ?? []).length > 0 &&
    finalizersOf({ ...stored, metadata }) === 0
  );
}

function reconciled(context: RequestContext, sent: KubeObject, stored: KubeObject): KubeObject {
  const { resource, subresource } = context;
  const { strategy } = resource;
  if (sent.metadata.name && sent.metadata.name !== stored.metadata.name) {
    throw badRequest(
      `the name of the object (${sent.metadata.name}) does not match the name on the URL (${stored.metadata.name})`,
    );
  }
  if (sent.metadata.namespace && sent.metadata.namespace !== stored.metadata.namespace) {
    throw badRequest(
      "the namespace of the provided object does not match the namespace sent on the request",
    );
  }
  const wanted = withServerFields(sent, stored);
  const prepared =
    subresource === "status"
      ? strategy.prepareForStatusUpdate(wanted, stored)
      : strategy.prepareForUpdate(strategy.applyDefaults(wanted), stored);
  const object = withGeneration(context, prepared, stored);
  validate(context, object, stored);
  return object;
}

function validate(context: RequestContext, object: KubeObject, stored: KubeObject): void {
  const { resource, subresource } = context;
  const { strategy } = resource;
  const causes = [
    ...validateObjectMetaUpdate(object.metadata, stored.metadata),
    ...(subresource === "status"
      ? []
      : [...strategy.validate(object), ...strategy.validateUpdate(object, stored)]),
  ];
  if (causes.length > 0) throw invalid(resource, context.name, causes);
}

/** Identity and deletion state come from the store, whatever the client sent. */
function withServerFields(sent: KubeObject, stored: KubeObject): KubeObject {
  const { metadata } = stored;
  const {
    deletionTimestamp: _deletionTimestamp,
    deletionGracePeriodSeconds: _deletionGracePeriodSeconds,
    generation: _generation,
    managedFields: _managedFields,
    ...kept
  } = sent.metadata;
  const server = {
    name: metadata.name,
    namespace: metadata.namespace,
    generateName: metadata.generateName,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    generation: metadata.generation,
    creationTimestamp: metadata.creationTimestamp,
    deletionTimestamp: metadata.deletionTimestamp,
    deletionGracePeriodSeconds: metadata.deletionGracePeriodSeconds,
  };
  const present = Object.fromEntries(
    Object.entries(server).filter(([, value]) => value !== undefined),
  );
  return { ...sent, metadata: { ...kept, ...present } };
}

function withGeneration(
  context: RequestContext,
  object: KubeObject,
  stored: KubeObject,
): KubeObject {
  if (!context.resource.strategy.countsGenerations) return object;
  if (equalJson(object["spec"], stored["spec"])) return object;
  const generation = (stored.metadata.generation ?? 0) + 1;
  return { ...object, metadata: { ...object.metadata, generation } };
}
