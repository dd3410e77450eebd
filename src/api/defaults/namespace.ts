import type { Namespace } from "../objects.ts";

/**
 * A namespace with its phase, and labelled with its own name so that selectors can name it.
 *
 * @see kubernetes `pkg/apis/core/v1/defaults.go`: `SetDefaults_Namespace`
 */
export function defaultNamespace(namespace: Namespace): Namespace {
  const { metadata, status } = namespace;
  const { name = "" } = metadata;
  const labels = { ...metadata.labels, "kubernetes.io/metadata.name": name };
  return {
    ...namespace,
    metadata: name === "" ? metadata : { ...metadata, labels },
    status: { ...status, phase: status?.phase || "Active" },
  };
}

/**
 * A new namespace: alive, and not gone before its content is.
 *
 * @see kubernetes `pkg/registry/core/namespace/strategy.go`: `PrepareForCreate`
 */
export function prepareNamespace(namespace: Namespace): Namespace {
  const { finalizers = [] } = namespace.spec ?? {};
  const isKept = finalizers.includes("kubernetes");
  return {
    ...namespace,
    spec: { finalizers: isKept ? finalizers : [...finalizers, "kubernetes"] },
    status: { phase: "Active" },
  };
}
