import { badRequest, internalError, invalid, unexpectedError } from "../../api/errors.ts";
import { required } from "../../api/field-errors.ts";
import type { KubeObject, ObjectMeta } from "../../api/objects.ts";
import { rfc3339 } from "../../api/time.ts";
import { validateObjectMeta } from "../../api/validation/object-meta.ts";
import type { AdmissionView } from "./admission/admission.ts";
import { authorize } from "./authorize.ts";
import { keyOf, type Resource, subjectOf } from "./resource.ts";
import type { RequestContext } from "./request.ts";
import { recordRequest, recordStored, type ServerParts, strategyContext } from "./server-parts.ts";
import type { Answer } from "./storage.ts";
import { PlainObject } from "./stored/stored-object.ts";

/** What `generateName` appends. @see kubernetes `apimachinery/pkg/util/rand`: no vowels, no 0 1 3 */
const suffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";
const suffixLength = 5;
const generatedBaseMax = 58;

/**
 * POST of a collection: identity, admission, defaults, validation, and one compare-and-put.
 *
 * @see kubernetes `staging/src/k8s.io/apiserver/pkg/registry/rest/create.go`, `BeforeCreate`
 */
export function createObject(
  parts: ServerParts,
  request: RequestContext,
  sent: KubeObject,
  answer: Answer<KubeObject>,
): void {
  let context: RequestContext;
  let object: KubeObject;
  try {
    requireMatchingNamespace(request, sent);
    context = { ...request, name: sent.metadata.name || generatedName(parts, request, sent) };
    authorize({ ...context, name: "" }, "create");
    recordRequest(parts, context, "create");
    object = prepared(parts, context, sent);
  } catch (refusal) {
    return answer(refusal as Error);
  }
  if (context.dryRun) return parts.storage.previewCreate(context, object, answer);
  parts.storage.create(context, new PlainObject(object), (error, stored) => {
    if (error !== undefined || stored === undefined)
      return answer(error ?? internalError("nothing stored"));
    recordStored(parts, context, "create", stored);
    answer(undefined, stored.toObject());
  });
}

function prepared(parts: ServerParts, context: RequestContext, sent: KubeObject): KubeObject {
  const { resource } = context;
  const { strategy } = resource;
  const named = { ...sent, metadata: identity(parts, context, sent.metadata) };
  const view = admissionView(parts);
  const defaulted = strategy.applyDefaults(named);
  parts.record("admitted", subjectOf(resource, context.namespace, context.name), {
    plugins: parts.admission.names(context),
  });
  const admitted = parts.admission.admitCreate(defaulted, context, view);
  const object = strategy.prepareForCreate(admitted, strategyContext(parts));
  const causes = [
    ...validateObjectMeta(object.metadata, resource.namespaced, nameRuleOf(resource)),
    ...strategy.validate(object),
    ...strategy.validateCreate(object),
  ];
  if (causes.length > 0) throw invalid(resource, context.name, causes);
  return object;
}

/** What only the server decides, whatever the client sent. */
function identity(parts: ServerParts, context: RequestContext, sent: ObjectMeta): ObjectMeta {
  const { resource, namespace, name } = context;
  if (sent.resourceVersion) {
    throw unexpectedError("resourceVersion should not be set on objects to be created");
  }
  const {
    deletionTimestamp: _deletionTimestamp,
    deletionGracePeriodSeconds: _deletionGracePeriodSeconds,
    selfLink: _selfLink,
    managedFields: _managedFields,
    resourceVersion: _resourceVersion,
    generation: _generation,
    namespace: _namespace,
    ...kept
  } = sent;
  const nowUs = parts.nowUs();
  const key = keyOf(resource, namespace, name);
  return {
    ...kept,
    name,
    ...(resource.namespaced && { namespace }),
    uid: parts.chance.uuid(`uid${key}@${nowUs}`),
    ...(resource.strategy.countsGenerations && { generation: 1 }),
    creationTimestamp: rfc3339(nowUs),
  };
}

function requireMatchingNamespace({ resource, namespace }: RequestContext, sent: KubeObject): void {
  const named = sent.metadata.namespace;
  if (named && resource.namespaced && named !== namespace) {
    throw badRequest(
      "the namespace of the provided object does not match the namespace sent on the request",
    );
  }
}

function generatedName(
  parts: ServerParts,
  { resource, namespace }: RequestContext,
  sent: KubeObject,
): string {
  const base = sent.metadata.generateName ?? "";
  if (base === "") {
    throw invalid(resource, "", [required("metadata.name", "name or generateName is required")]);
  }
  const start = base.slice(0, generatedBaseMax);
  for (let attempt = 0; ; attempt++) {
    const site = `name/${resource.plural}/${namespace}/${base}@${parts.nowUs()}#${attempt}`;
    const name = start + parts.chance.text(site, suffixLength, suffixAlphabet);
    if (parts.cacheOf(resource).get(keyOf(resource, namespace, name)) === undefined) return name;
  }
}

function admissionView(parts: ServerParts): AdmissionView {
  const inCache = (plural: string, namespace: string, name: string): KubeObject | undefined => {
    const resource = parts.resources.find("", "v1", plural);
    return (
      resource &&
      parts
        .cacheOf(resource)
        .get(keyOf(resource, namespace, name))
        ?.toObject()
    );
  };
  return {
    nowUs: parts.nowUs(),
    namespace: (name) => inCache("namespaces", "", name),
    serviceAccount: (namespace, name) => inCache("serviceaccounts", namespace, name),
    suffix: (key) => parts.chance.text(`${key}@${parts.nowUs()}`, suffixLength, suffixAlphabet),
  };
}

/** Names that become DNS labels are shorter. */
function nameRuleOf(resource: Resource): "subdomain" | "label" {
  return resource.plural === "namespaces" || resource.plural === "services" ? "label" : "subdomain";
}
