import { type ApiError, badRequest, conflict, unexpectedError } from "../../api/errors.ts";
import type { Binding, Eviction, KubeObject, Namespace, Pod } from "../../api/objects.ts";
import { authorize } from "./authorize.ts";
import { finalizersOf, removeObject } from "./remove.ts";
import { subjectOf } from "./resource.ts";
import type { RequestContext } from "./request.ts";
import { recordRequest, recordStored, type ServerParts } from "./server-parts.ts";
import { type Answer, requireUid } from "./storage.ts";
import { PodRow, scheduledCondition } from "./stored/pod-row.ts";
import { PlainObject, type StoredObject } from "./stored/stored-object.ts";

/**
 * POST of `pods/binding`: the scheduler's word that a pod belongs to a node.
 *
 * @see kubernetes `pkg/registry/core/pod/storage/storage.go`, `assignPod`
 */
export function bindPod(
  parts: ServerParts,
  context: RequestContext,
  binding: Binding,
  answer: Answer<StoredObject>,
): void {
  const { resource, namespace, name } = context;
  const nodeName = binding.target.name ?? "";
  try {
    authorize(context, "create");
    if (binding.metadata.name !== name) {
      throw badRequest("name in URL does not match name in Binding object");
    }
    if (nodeName === "") throw unexpectedError("target.name: Required value");
  } catch (refusal) {
    return answer(refusal as Error);
  }
  recordRequest(parts, context, "create");
  const assign = (stored: KubeObject): KubeObject => {
    const pod = stored as unknown as Pod;
    requireUid(context, binding.metadata.uid, stored);
    requireBindable(pod);
    const scheduled = scheduledCondition(parts.nowUs());
    const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== "PodScheduled");
    return {
      ...stored,
      metadata: { ...stored.metadata, ...mergedAnnotations(pod, binding) },
      spec: { ...pod.spec, nodeName },
      status: { ...pod.status, conditions: [...others, scheduled] },
    };
  };
  if (context.dryRun) {
    parts.storage.previewUpdate(context, assign, (error, object) =>
      answer(error, object && new PlainObject(object)),
    );
    return;
  }
  const assignRow = (stored: StoredObject): StoredObject | undefined => {
    return boundRow(stored, binding, parts.nowUs());
  };
  const done: Answer<StoredObject> = (error, stored) => {
    if (error !== undefined || stored === undefined) return answer(error);
    recordStored(parts, context, "create", stored);
    parts.record("bound", subjectOf(resource, namespace, name), { node: nodeName });
    answer(undefined, stored);
  };
  parts.storage.update(context, assign, done, assignRow);
}

/** The row after a binding; `undefined` when that takes an object, or a word of refusal. */
export function boundRow(
  stored: StoredObject,
  { metadata: { uid, annotations }, target }: Binding,
  atUs: number,
): PodRow | undefined {
  if (!(stored instanceof PodRow) || annotations !== undefined) return undefined;
  if (uid !== stored.uid || stored.knownField("spec.nodeName") !== "") return undefined;
  return stored.bound(target.name ?? "", atUs);
}

/**
 * POST of `pods/eviction`: a deletion that may be refused to protect the pod's siblings.
 *
 * @see kubernetes `pkg/registry/core/pod/storage/eviction.go`
 */
export function evictPod(
  parts: ServerParts,
  context: RequestContext,
  eviction: Eviction,
  answer: Answer<unknown>,
): void {
  if (eviction.metadata.name !== context.name) {
    return answer(badRequest("name in URL does not match name in Eviction object"));
  }
  const { gracePeriodSeconds, preconditions, dryRun = [] } = eviction.deleteOptions ?? {};
  removeObject(
    parts,
    { ...context, dryRun: context.dryRun || dryRun.length > 0 },
    {
      gracePeriodSeconds,
      ...(preconditions !== undefined && { preconditions }),
    },
    answer,
  );
}

/**
 * PUT of `namespaces/finalize`: takes finalizers from the spec; with the last one the namespace is
 * gone.
 *
 * @see kubernetes `pkg/registry/core/namespace/storage/storage.go`
 */
export function finalizeNamespace(
  parts: ServerParts,
  context: RequestContext,
  sent: Namespace,
  answer: Answer<KubeObject>,
): void {
  try {
    authorize(context, "update");
  } catch (refusal) {
    return answer(refusal as Error);
  }
  recordRequest(parts, context, "update");
  const finalize = (stored: KubeObject): KubeObject | undefined => {
    const finalizers = sent.spec?.finalizers ?? [];
    const { deletionTimestamp } = stored.metadata;
    const object = { ...stored, spec: { finalizers } };
    const isDone = deletionTimestamp !== undefined && finalizersOf(object) === 0;
    return isDone ? undefined : object;
  };
  parts.storage.update(context, finalize, (error, stored) => answer(error, stored?.toObject()));
}

function requireBindable(pod: Pod): void {
  const name = pod.metadata.name ?? "";
  const refuse = (why: string): ApiError =>
    conflict({ group: "", resource: "pods/binding" }, name, why);
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  }
  if (pod.spec.nodeName) {
    throw refuse(`pod ${name} is already assigned to node "${pod.spec.nodeName}"`);
  }
}

function mergedAnnotations(pod: Pod, binding: Binding): Pick<Pod["metadata"], "annotations"> {
  const added = binding.metadata.annotations;
  return added === undefined ? {} : { annotations: { ...pod.metadata.annotations, ...added } };
}
