import type { ApiError } from "../../api/errors.ts";
import { conflict, invalid } from "../../api/errors.ts";
import { required } from "../../api/field-errors.ts";
import type {
  Binding,
  Eviction,
  KubeObject,
  Namespace,
  Pod,
  PodCondition,
} from "../../api/objects.ts";
import { rfc3339 } from "../../api/time.ts";
import { authorize } from "./authorize.ts";
import { removeObject } from "./remove.ts";
import { subjectOf } from "./resource.ts";
import type { RequestContext } from "./request.ts";
import { recordRequest, recordStored, type ServerParts } from "./server-parts.ts";
import type { Answer } from "./storage.ts";

/**
 * POST of `pods/binding`: the scheduler's word that a pod belongs to a node.
 *
 * @see kubernetes `pkg/registry/core/pod/storage/storage.go`, `assignPod`
 */
export function bindPod(
  parts: ServerParts,
  context: RequestContext,
  binding: Binding,
  answer: Answer<KubeObject>,
): void {
  const { resource, namespace, name } = context;
  const nodeName = binding.target.name ?? "";
  try {
    authorize(context, "create");
    if (nodeName === "") {
      throw invalid({ group: "", kind: "Binding" }, name, [required("target.name")]);
    }
  } catch (refusal) {
    return answer(refusal as Error);
  }
  recordRequest(parts, context, "create");
  const assign = (stored: KubeObject): KubeObject => {
    const pod = stored as unknown as Pod;
    requireBindable(pod, binding);
    const scheduled: PodCondition = {
      type: "PodScheduled",
      status: "True",
      lastProbeTime: null,
      lastTransitionTime: rfc3339(parts.nowUs()),
    };
    const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== "PodScheduled");
    return {
      ...stored,
      metadata: { ...stored.metadata, ...mergedAnnotations(pod, binding) },
      spec: { ...pod.spec, nodeName },
      status: { ...pod.status, conditions: [...others, scheduled] },
    };
  };
  parts.storage.update(context, assign, (error, stored) => {
    if (error !== undefined || stored === undefined) return answer(error);
    recordStored(parts, context, "create", stored);
    parts.record("bound", subjectOf(resource, namespace, name), { node: nodeName });
    answer(undefined, stored);
  });
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
  const { gracePeriodSeconds, preconditions } = eviction.deleteOptions ?? {};
  removeObject(
    parts,
    context,
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
    const isDone = stored.metadata.deletionTimestamp !== undefined && finalizers.length === 0;
    return isDone ? undefined : { ...stored, spec: { finalizers } };
  };
  parts.storage.update(context, finalize, answer);
}

function requireBindable(pod: Pod, binding: Binding): void {
  const name = pod.metadata.name ?? "";
  const refuse = (why: string): ApiError =>
    conflict({ group: "", resource: "pods/binding" }, name, why);
  const { uid } = binding.metadata;
  if (uid && uid !== pod.metadata.uid) {
    throw refuse(
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`,
    );
  }
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
