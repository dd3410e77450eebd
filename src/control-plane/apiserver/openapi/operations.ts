import { allVerbs } from "../resource.ts";
import { type GroupVersionKind, rootPathOf, type ServedKind } from "./served-kind.ts";

/** What can be done at a path, in the words of neither version of OpenAPI. */
export interface Operation {
  readonly method: "delete" | "get" | "patch" | "post" | "put";
  /** `x-kubernetes-action`: `post`, `list`, `deletecollection`, … */
  readonly action: string;
  /** What it is done to: for `pods/eviction` that is the Eviction of policy/v1. */
  readonly gvk: GroupVersionKind;
  /** `readCoreV1NamespacedPodStatus`. */
  readonly id: string;
  readonly queryParameters: readonly QueryParameter[];
  readonly body?: GroupVersionKind | "patch";
  readonly answer: GroupVersionKind | "text";
  readonly codes: readonly number[];
}

export interface QueryParameter {
  readonly name: string;
  readonly type: "boolean" | "integer" | "string";
}

export interface PathOperations {
  /** `/api/v1/namespaces/{namespace}/pods/{name}`. */
  readonly path: string;
  /** The `{…}` of the path. */
  readonly pathParameters: readonly ("name" | "namespace")[];
  readonly operations: readonly Operation[];
}

/**
 * The paths of a kind and of its subresources.
 *
 * @see kubernetes `apiserver/pkg/endpoints/installer.go`: `registerResourceHandlers`
 */
export function operationsOf(kind: ServedKind): readonly PathOperations[] {
  const root = `/${rootPathOf(kind)}`;
  const scope = kind.namespaced ? "/namespaces/{namespace}" : "";
  const collection = `${root}${scope}/${kind.plural}`;
  const item = `${collection}/{name}`;
  const inScope = kind.namespaced ? (["namespace"] as const) : [];
  const paths: PathOperations[] = [
    { path: collection, pathParameters: inScope, operations: collectionOperations(kind) },
    { path: item, pathParameters: ["name", ...inScope], operations: itemOperations(kind) },
    ...kind.subresources.map((name) => ({
      path: `${item}/${name}`,
      pathParameters: ["name" as const, ...inScope],
      operations: subresourceOperations(kind, name),
    })),
  ];
  if (kind.namespaced && isServed(kind, "list")) {
    const everywhere = list(kind, `list${prefixOf(kind)}${kind.kind}ForAllNamespaces`);
    paths.push({ path: `${root}/${kind.plural}`, pathParameters: [], operations: [everywhere] });
  }
  return paths.filter(({ operations }) => operations.length > 0);
}

function collectionOperations(kind: ServedKind): readonly Operation[] {
  const gvk = gvkOf(kind);
  const name = scopedName(kind);
  return served(kind, [
    ["list", list(kind, `list${prefixOf(kind)}${name}`)],
    ["create", create(gvk, gvk, `create${prefixOf(kind)}${name}`)],
    [
      "deletecollection",
      {
        method: "delete",
        action: "deletecollection",
        gvk,
        id: `delete${prefixOf(kind)}Collection${name}`,
        queryParameters: [...deleteParameters, ...selectParameters],
        body: deleteOptions,
        answer: status,
        codes: [200],
      },
    ],
  ]);
}

function itemOperations(kind: ServedKind): readonly Operation[] {
  const gvk = gvkOf(kind);
  const name = `${prefixOf(kind)}${scopedName(kind)}`;
  return served(kind, [
    ["get", read(gvk, `read${name}`)],
    ["update", replace(gvk, `replace${name}`)],
    ["patch", patch(gvk, `patch${name}`)],
    [
      "delete",
      {
        method: "delete",
        action: "delete",
        gvk,
        id: `delete${name}`,
        queryParameters: deleteParameters,
        body: deleteOptions,
        answer: answersDeletesItself.has(kind.kind) ? gvk : status,
        codes: [200, 202],
      },
    ],
  ]);
}

function subresourceOperations(kind: ServedKind, subresource: string): readonly Operation[] {
  const gvk = gvkOf(kind);
  const capitalized = `${subresource.charAt(0).toUpperCase()}${subresource.slice(1)}`;
  const name = `${prefixOf(kind)}${scopedName(kind)}${capitalized}`;
  const created = createdBySubresource.get(subresource);
  if (created !== undefined) return [create(created, created, `create${name}`)];
  switch (subresource) {
    case "status":
    case "ephemeralcontainers":
    case "resize":
    case "approval":
      return [read(gvk, `read${name}`), replace(gvk, `replace${name}`), patch(gvk, `patch${name}`)];
    case "scale":
      return [
        read(scale, `read${name}`),
        replace(scale, `replace${name}`),
        patch(scale, `patch${name}`),
      ];
    case "finalize":
      return [replace(gvk, `replace${name}`)];
    case "log":
      return [{ ...read(gvk, `read${name}`), queryParameters: logParameters, answer: "text" }];
    default:
      return [];
  }
}

function list(kind: ServedKind, id: string): Operation {
  const answer = { ...gvkOf(kind), kind: `${kind.kind}List` };
  const queryParameters = [...selectParameters, ...watchParameters];
  return {
    method: "get",
    action: "list",
    gvk: gvkOf(kind),
    id,
    queryParameters,
    answer,
    codes: [200],
  };
}

function read(gvk: GroupVersionKind, id: string): Operation {
  return { method: "get", action: "get", gvk, id, queryParameters: [], answer: gvk, codes: [200] };
}

function create(gvk: GroupVersionKind, body: GroupVersionKind, id: string): Operation {
  const queryParameters = writeParameters;
  const codes = [200, 201, 202];
  return { method: "post", action: "post", gvk, id, queryParameters, body, answer: gvk, codes };
}

function replace(gvk: GroupVersionKind, id: string): Operation {
  const queryParameters = writeParameters;
  const codes = [200, 201];
  return { method: "put", action: "put", gvk, id, queryParameters, body: gvk, answer: gvk, codes };
}

function patch(gvk: GroupVersionKind, id: string): Operation {
  const queryParameters = [...writeParameters, parameter("force", "boolean")];
  const codes = [200, 201];
  return {
    method: "patch",
    action: "patch",
    gvk,
    id,
    queryParameters,
    body: "patch",
    answer: gvk,
    codes,
  };
}

function parameter(name: string, type: QueryParameter["type"] = "string"): QueryParameter {
  return { name, type };
}

/** kubectl looks for `fieldValidation` to know that the server checks fields and it need not. */
const writeParameters = ["dryRun", "fieldManager", "fieldValidation"].map((name) =>
  parameter(name),
);

const deleteParameters = [
  parameter("dryRun"),
  parameter("gracePeriodSeconds", "integer"),
  parameter("ignoreStoreReadErrorWithClusterBreakingPotential", "boolean"),
  parameter("orphanDependents", "boolean"),
  parameter("propagationPolicy"),
];

const selectParameters = [
  parameter("continue"),
  parameter("fieldSelector"),
  parameter("labelSelector"),
  parameter("limit", "integer"),
  parameter("resourceVersion"),
  parameter("resourceVersionMatch"),
  parameter("sendInitialEvents", "boolean"),
  parameter("timeoutSeconds", "integer"),
];

const watchParameters = [
  parameter("allowWatchBookmarks", "boolean"),
  parameter("watch", "boolean"),
];

const logParameters = [
  parameter("container"),
  parameter("follow", "boolean"),
  parameter("limitBytes", "integer"),
  parameter("previous", "boolean"),
  parameter("sinceSeconds", "integer"),
  parameter("tailLines", "integer"),
  parameter("timestamps", "boolean"),
];

const status = { group: "", kind: "Status", version: "v1" };
const deleteOptions = { group: "", kind: "DeleteOptions", version: "v1" };
const scale = { group: "autoscaling", kind: "Scale", version: "v1" };

const createdBySubresource = new Map<string, GroupVersionKind>([
  ["binding", { group: "", kind: "Binding", version: "v1" }],
  ["eviction", { group: "policy", kind: "Eviction", version: "v1" }],
  ["token", { group: "authentication.k8s.io", kind: "TokenRequest", version: "v1" }],
]);

/** The others answer a Status. */
const answersDeletesItself = new Set([
  "CSIDriver",
  "CSINode",
  "PersistentVolume",
  "PersistentVolumeClaim",
  "Pod",
  "PodTemplate",
  "ResourceQuota",
  "Service",
  "ServiceAccount",
  "StorageClass",
  "VolumeAttachment",
]);

function gvkOf({ group, version, kind }: ServedKind): GroupVersionKind {
  return { group, kind, version };
}

/** `CoreV1`, `RbacAuthorizationV1`. */
function prefixOf({ group, version }: ServedKind): string {
  const words = group === "" ? ["core"] : group.replace(/\.k8s\.io$/, "").split(".");
  return [...words, version].map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

function scopedName({ kind, namespaced }: ServedKind): string {
  return namespaced ? `Namespaced${kind}` : kind;
}

function isServed(kind: ServedKind, verb: string): boolean {
  return (kind.verbs ?? allVerbs).includes(verb);
}

function served(
  kind: ServedKind,
  operations: readonly (readonly [verb: string, operation: Operation])[],
): readonly Operation[] {
  return operations.filter(([verb]) => isServed(kind, verb)).map(([, operation]) => operation);
}
