import {
  badRequest,
  internalError,
  invalid,
  isApiError,
  unexpectedError,
} from "../../api/errors.ts";
import { required } from "../../api/field-errors.ts";
import type { KubeObject, ObjectMeta, Pod } from "../../api/objects.ts";
import { rfc3339 } from "../../api/time.ts";
import { validateObjectMeta } from "../../api/validation/object-meta.ts";
import type { AdmissionView } from "./admission/admission.ts";
import { authorize } from "./authorize.ts";
import { ClaimTakenError } from "./claims.ts";
import { keyOf, type Resource, subjectOf } from "./resource.ts";
import { accountNameOf, withReferences } from "./references.ts";
import type { RequestContext } from "./request.ts";
import {
  lookUp,
  recordRequest,
  recordStored,
  type ServerParts,
  strategyContext,
} from "./server-parts.ts";
import type { Answer } from "./storage.ts";
import { tokenVolumeSite } from "./admission/service-account.ts";
import { PodRow, PodSeed } from "./stored/pod-row.ts";
import { PodTemplate } from "./stored/pod-template.ts";
import { PlainObject, type StoredObject } from "./stored/stored-object.ts";

/** What `generateName` appends. @see kubernetes `apimachinery/pkg/util/rand`: no vowels, no 0 1 3 */
const suffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";
const suffixLength = 5;
const generatedBaseMax = 58;
/** @see kubernetes `registry/generic/registry/store.go`: `maxNameGenerationCreateAttempts` */
const generatedAttemptsMax = 8;
/** How many addresses that are not free after all are tried for a service. */
const claimAttemptsMax = 64;

/**
 * POST of a collection: identity, admission, defaults, validation, and one compare-and-put.
 *
 * @see kubernetes `staging/src/k8s.io/apiserver/pkg/registry/rest/create.go`, `BeforeCreate`
 */
export function createObject(
  parts: ServerParts,
  request: RequestContext,
  sent: KubeObject,
  answer: Answer<StoredObject>,
): void {
  const create = (known: ServerParts): void => {
    attemptCreation(known, request, sent, answer, firstAttempt);
  };
  withReferences(parts, request, sent, create, answer);
}

/** What attempts before this one found out. */
interface Attempt {
  readonly number: number;
  /** Cluster IPs that are not free. */
  readonly taken: readonly string[];
}

const firstAttempt: Attempt = { number: 0, taken: [] };

function attemptCreation(
  parts: ServerParts,
  request: RequestContext,
  sent: KubeObject,
  answer: Answer<StoredObject>,
  attempt: Attempt,
): void {
  const { number, taken } = attempt;
  let context: RequestContext;
  let stored: StoredObject;
  try {
    requireMatchingNamespace(request, sent);
    const { name = "" } = sent.metadata;
    context = name === request.name ? request : { ...request, name };
    if (name === "") context = { ...request, name: generatedName(parts, request, sent, number) };
    authorizeCreation(context);
    recordRequest(parts, context, "create");
    stored = isPods(context)
      ? preparedPod(parts, context, sent)
      : prepared(parts, context, sent, taken);
  } catch (refusal) {
    return answer(refusal as Error);
  }
  if (context.dryRun) return parts.storage.previewCreate(context, stored, answer);
  store(parts, context, stored, (error, result) => {
    const again = (next: Attempt): void => attemptCreation(parts, request, sent, answer, next);
    if (error instanceof ClaimTakenError) {
      const { refusal, object } = error.claim;
      if (taken.length >= claimAttemptsMax) return answer(refusal);
      return again({ number, taken: [...taken, object.metadata.name ?? ""] });
    }
    const isNameTaken = isApiError(error, "AlreadyExists") && (sent.metadata.name ?? "") === "";
    if (isNameTaken && number < generatedAttemptsMax - 1)
      return again({ number: number + 1, taken });
    answer(error, result);
  });
}

/** POST of what podrace's own components make, as it is to be stored: nothing in it is the client's. */
export function createTrusted(
  parts: ServerParts,
  context: RequestContext,
  admit: () => StoredObject,
  answer: Answer<StoredObject>,
): void {
  const create = (known: ServerParts): void => {
    let stored: StoredObject;
    try {
      authorize(context, "create");
      known.admission.checkAgain(context, admissionView(known));
      stored = admit();
    } catch (refusal) {
      return answer(refusal as Error);
    }
    store(known, context, stored, answer);
  };
  withReferences(parts, context, undefined, create, answer);
}

function store(
  parts: ServerParts,
  context: RequestContext,
  object: StoredObject,
  answer: Answer<StoredObject>,
): void {
  const { storeKey } = object;
  const id = storeKey === undefined ? context : { ...context, storeKey };
  parts.storage.create(id, object, (error, stored) => {
    if (error !== undefined || stored === undefined)
      return answer(error ?? internalError("nothing stored"));
    recordStored(parts, context, "create", stored);
    answer(undefined, stored);
  });
}

/** What is to be created has no name yet, as far as authorization is concerned. */
function authorizeCreation(context: RequestContext): void {
  authorize(context.name === "" ? context : { ...context, name: "" }, "create");
}

function isPods({ resource }: RequestContext): boolean {
  return resource.group === "" && resource.plural === "pods";
}

/** Pods of one template share what was made of it; only their names are looked at again. */
function preparedPod(parts: ServerParts, context: RequestContext, sent: KubeObject): StoredObject {
  const { resource, namespace, name } = context;
  const nowUs = parts.nowUs();
  const account = accountOf(parts, namespace, sent as unknown as Pod);
  let template = parts.podTemplates.find(sent, namespace, account);
  if (template === undefined) {
    const object = preparedObject(parts, context, sent);
    template = new PodTemplate(object as unknown as Pod, nowUs, (...of) => suffixOf(parts, ...of));
    parts.podTemplates.add(sent, namespace, account, template);
  } else {
    recordAdmitted(parts, context);
    parts.admission.checkAgain(context, admissionView(parts));
    requireOwnFieldsUnset(sent.metadata);
    if (!isPlainName.test(name)) {
      const causes = validateObjectMeta({ name, namespace }, true, nameRuleOf(resource));
      if (causes.length > 0) throw invalid(resource, name, causes);
    }
  }
  const storeKey = keyOf(resource, namespace, name);
  const uid = uidOf(parts, storeKey, nowUs);
  return new PodRow(new PodSeed(template, { namespace, name, uid, storeKey }, nowUs));
}

/** A name that every rule allows: most are. */
const isPlainName = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** The service account of a pod to be. */
function accountOf(parts: ServerParts, namespace: string, pod: Pod): unknown {
  const accounts = parts.resources.find("", "v1", "serviceaccounts");
  return accounts && lookUp(parts, accounts, namespace, accountNameOf(pod));
}

function suffixOf(parts: ServerParts, namespace: string, name: string, atUs: number): string {
  const site = `${tokenVolumeSite(namespace, name)}@${atUs}`;
  return parts.chance.text(site, suffixLength, suffixAlphabet);
}

function prepared(
  parts: ServerParts,
  context: RequestContext,
  sent: KubeObject,
  taken: readonly string[],
): StoredObject {
  return new PlainObject(preparedObject(parts, context, sent, taken));
}

function preparedObject(
  parts: ServerParts,
  context: RequestContext,
  sent: KubeObject,
  taken: readonly string[] = [],
): KubeObject {
  const { resource } = context;
  const { strategy } = resource;
  const named = { ...sent, metadata: identity(parts, context, sent.metadata) };
  const view = admissionView(parts);
  const defaulted = strategy.applyDefaults(named);
  recordAdmitted(parts, context);
  const admitted = parts.admission.admitCreate(defaulted, context, view);
  const object = strategy.prepareForCreate(admitted, strategyContext(parts, taken));
  const causes = [
    ...validateObjectMeta(object.metadata, resource.namespaced, nameRuleOf(resource)),
    ...strategy.validate(object),
    ...strategy.validateCreate(object),
  ];
  if (causes.length > 0) throw invalid(resource, context.name, causes);
  return object;
}

function recordAdmitted(parts: ServerParts, context: RequestContext): void {
  const { resource, namespace, name } = context;
  const plugins = parts.admission.names(context);
  parts.record("admitted", subjectOf(resource, namespace, name), { plugins });
}

/** What only the server decides, whatever the client sent. */
function identity(parts: ServerParts, context: RequestContext, sent: ObjectMeta): ObjectMeta {
  const { resource, namespace, name } = context;
  requireOwnFieldsUnset(sent);
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
    uid: uidOf(parts, key, nowUs),
    ...(resource.strategy.countsGenerations && { generation: 1 }),
    creationTimestamp: rfc3339(nowUs),
  };
}

/** Drawn for the place and the time: whoever takes that place later is somebody else. */
export function uidOf({ chance }: ServerParts, key: string, nowUs: number): string {
  return chance.uuid(["uid", key, "@", String(nowUs)]);
}

function requireOwnFieldsUnset({ resourceVersion }: ObjectMeta): void {
  if (resourceVersion) {
    throw unexpectedError("resourceVersion should not be set on objects to be created");
  }
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
  fromAttempt: number,
): string {
  const base = sent.metadata.generateName ?? "";
  if (base === "") {
    throw invalid(resource, "", [required("metadata.name", "name or generateName is required")]);
  }
  const start = base.slice(0, generatedBaseMax);
  for (let attempt = fromAttempt; ; attempt++) {
    const site = `name/${resource.plural}/${namespace}/${base}@${parts.nowUs()}#${attempt}`;
    const name = start + parts.chance.text(site, suffixLength, suffixAlphabet);
    if (parts.cacheOf(resource).get(keyOf(resource, namespace, name)) === undefined) return name;
  }
}

/** What admission may look up. */
export function admissionView(parts: ServerParts): AdmissionView {
  const found = (plural: string, namespace: string, name: string): KubeObject | undefined => {
    const resource = parts.resources.find("", "v1", plural);
    return resource && lookUp(parts, resource, namespace, name)?.toObject();
  };
  return {
    nowUs: parts.nowUs(),
    namespace: (name) => found("namespaces", "", name),
    serviceAccount: (namespace, name) => found("serviceaccounts", namespace, name),
    suffix: (key) => parts.chance.text(`${key}@${parts.nowUs()}`, suffixLength, suffixAlphabet),
  };
}

/** Names that become DNS labels are shorter. */
function nameRuleOf(resource: Resource): "subdomain" | "label" {
  return resource.plural === "namespaces" || resource.plural === "services" ? "label" : "subdomain";
}
