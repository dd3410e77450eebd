import type { KubeObject } from "../../api/objects.ts";
import type { StatusCause } from "../../api/errors.ts";
import type { Chance } from "../../kernel/chance.ts";
import type { Claim } from "./claims.ts";

/**
 * A kind as data: all that the generic registry, discovery, the tables and the HTTP door need to
 * serve it. Adding a kind is adding one of these.
 */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly subresources: readonly Subresource[];
  /** Where its objects are in the store, e.g. `/registry/pods/`. Names as Kubernetes has them. */
  readonly keyPrefix: string;
  /** Values that `fieldSelector` may ask for, besides `metadata.name` and `metadata.namespace`. */
  readonly selectableFields: Readonly<Record<string, (object: KubeObject) => string>>;
  /** Whether DELETE answers with the object; otherwise with a Status. */
  readonly deletionAnswersObject: boolean;
  /** What an object of the kind has and no other may have; absent when there is no such thing. */
  readonly claims?: (object: KubeObject) => readonly Claim[];
  readonly strategy: Strategy;
}

export interface Subresource {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

/** What a strategy may ask its surroundings for. */
export interface StrategyContext {
  readonly nowUs: number;
  readonly chance: Chance;
  /** Cluster IPs that services hold. */
  readonly clusterIps: () => ReadonlySet<string>;
}

/**
 * What is particular to a kind. Every function is pure: it returns a new object, sharing what it
 * did not change.
 *
 * @see kubernetes `staging/src/k8s.io/apiserver/pkg/registry/rest/{create,update,delete}.go`
 */
export interface Strategy {
  readonly applyDefaults: (object: KubeObject) => KubeObject;
  /** Drops what a client may not set, and sets what only the server knows. */
  readonly prepareForCreate: (object: KubeObject, context: StrategyContext) => KubeObject;
  /** Keeps what this door may not change, e.g. the status. */
  readonly prepareForUpdate: (object: KubeObject, old: KubeObject) => KubeObject;
  readonly prepareForStatusUpdate: (object: KubeObject, old: KubeObject) => KubeObject;
  readonly validate: (object: KubeObject) => readonly StatusCause[];
  /** What is asked of a new object besides. */
  readonly validateCreate: (object: KubeObject) => readonly StatusCause[];
  readonly validateUpdate: (object: KubeObject, old: KubeObject) => readonly StatusCause[];
  /** Whether `metadata.generation` counts the changes of `spec`. */
  readonly countsGenerations: boolean;
  /**
   * How long to wait for the object's owner (a pod's kubelet) to let go of it, in seconds; 0 to
   * remove it at once.
   */
  readonly gracePeriodSeconds: (object: KubeObject, asked: number | undefined) => number;
}

export const allVerbs = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
] as const;

/** A strategy that changes nothing and removes at once; kinds spread it and say what differs. */
export const plainStrategy: Strategy = {
  applyDefaults: (object) => object,
  prepareForCreate: (object) => object,
  prepareForUpdate: (object) => object,
  prepareForStatusUpdate: (object, old) => ({ ...object, spec: old["spec"] }),
  validate: () => [],
  validateCreate: () => [],
  validateUpdate: () => [],
  countsGenerations: false,
  gracePeriodSeconds: () => 0,
};

/** `v1`, `apps/v1`. */
export function apiVersionOf(groupVersion: {
  readonly group: string;
  readonly version: string;
}): string {
  return groupVersion.group === ""
    ? groupVersion.version
    : `${groupVersion.group}/${groupVersion.version}`;
}

/** How errors name a kind's collection: group and plural. */
export function groupResourceOf(resource: Resource): { group: string; resource: string } {
  return { group: resource.group, resource: resource.plural };
}

/** The store's key of an object, e.g. `/registry/pods/default/my-nginx`. */
export function keyOf(resource: Resource, namespace: string, name: string): string {
  return resource.namespaced
    ? `${resource.keyPrefix}${namespace}/${name}`
    : `${resource.keyPrefix}${name}`;
}

/** How facts name an object, e.g. `pods/default/my-nginx`, in parts. */
export function subjectOf(
  { namespaced, plural }: Resource,
  namespace: string,
  name: string,
): readonly string[] {
  return namespaced ? [plural, "/", namespace, "/", name] : [plural, "/", name];
}
