import type { PodSpec, Service } from "../../api/objects.ts";
import type { PrintableObject } from "../kubectl/object-printer.ts";
import { podManifestSpec } from "./pod-manifest.ts";

/**
 * What somebody would have to say to get this object again: without what a cluster adds to it.
 *
 * @returns `undefined` for what every cluster has by itself, what a controller makes from something
 *   else, and what is on its way out.
 */
export function manifestOf(object: PrintableObject): PrintableObject | undefined {
  const { apiVersion, kind = "", metadata = {}, status: _status, ...rest } = object;
  if (metadata["deletionTimestamp"] !== undefined || isMadeByController(metadata)) return undefined;
  const { name = "" } = metadata;
  const manifest: PrintableObject = {
    apiVersion: apiVersion ?? "",
    kind,
    metadata: manifestMetadata(metadata, kind),
    ...manifestFields(kind, rest),
  };
  return isInEveryCluster(manifest, name) ? undefined : manifest;
}

type Metadata = NonNullable<PrintableObject["metadata"]>;
type Fields = Readonly<Record<string, unknown>>;

/** What the API server alone may say of an object, and owners, which have other uids elsewhere. */
const assignedMetadata: ReadonlySet<string> = new Set([
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "ownerReferences",
  "resourceVersion",
  "selfLink",
  "uid",
]);

function manifestMetadata(metadata: Metadata, kind: string): Metadata {
  const kept = Object.fromEntries(
    Object.entries(metadata).filter(([field]) => !assignedMetadata.has(field)),
  );
  const { annotations, labels, ...rest } = kept;
  return {
    ...rest,
    ...withoutKey("annotations", annotations, lastApplied),
    ...withoutKey("labels", labels, kind === "Namespace" ? nameLabel : ""),
  };
}

/** kubectl's own note, which it writes anew. */
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
const nameLabel = "kubernetes.io/metadata.name";

function withoutKey(field: string, map: unknown, key: string): Fields {
  const entries = Object.entries((map ?? {}) as Fields).filter(([name]) => name !== key);
  return entries.length === 0 ? {} : { [field]: Object.fromEntries(entries) };
}

function manifestFields(kind: string, fields: Fields): Fields {
  switch (kind) {
    case "Namespace":
      return withoutSpec(fields, ({ finalizers }) => {
        const own = ((finalizers ?? []) as string[]).filter((name) => name !== "kubernetes");
        return own.length === 0 ? {} : { finalizers: own };
      });
    case "Pod":
      return withoutSpec(fields, (spec) => podManifestSpec(spec as unknown as PodSpec));
    case "Service":
      return withoutSpec(fields, serviceManifestSpec);
    default:
      return fields;
  }
}

function withoutSpec(fields: Fields, manifestSpec: (spec: Fields) => object): Fields {
  const { spec, ...rest } = fields;
  const left = manifestSpec((spec ?? {}) as Fields);
  return Object.keys(left).length === 0 ? rest : { ...rest, spec: left };
}

/** A service without a cluster IP stays one: that is asked for, not assigned. */
function serviceManifestSpec(spec: Service["spec"]): object {
  const { clusterIP, clusterIPs: _ips, ipFamilies, ipFamilyPolicy, ...rest } = spec;
  const isAssigned = ipFamilyPolicy === undefined || ipFamilyPolicy === "SingleStack";
  return {
    ...rest,
    ...(clusterIP === "None" && { clusterIP }),
    ...(!isAssigned && { ipFamilies, ipFamilyPolicy }),
  };
}

function isMadeByController({ ownerReferences }: Metadata): boolean {
  const owners = (ownerReferences ?? []) as readonly { readonly controller?: boolean }[];
  return owners.some(({ controller }) => controller === true);
}

const ownNamespaces: ReadonlySet<string> = new Set([
  "default",
  "kube-node-lease",
  "kube-public",
  "kube-system",
]);

/** A namespace or service account that somebody has said something about is not what all have. */
function isInEveryCluster({ kind, metadata, ...fields }: PrintableObject, name: string): boolean {
  const isBare = Object.keys(metadata ?? {}).every((field) =>
    ["name", "namespace"].includes(field),
  );
  const isPlain = isBare && Object.keys(fields).every((field) => field === "apiVersion");
  switch (kind) {
    case "Namespace":
      return isPlain && ownNamespaces.has(name);
    case "ServiceAccount":
      return isPlain && name === "default";
    case "ConfigMap":
      return name === "kube-root-ca.crt";
    case "Service":
      return name === "kubernetes" && metadata?.["namespace"] === "default";
    case "Secret":
      return fields["type"] === "kubernetes.io/service-account-token";
    default:
      return false;
  }
}
