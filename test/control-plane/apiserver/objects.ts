import type { KubeObject, Node, ObjectMeta, Pod, PodSpec } from "../../../src/api/objects.ts";

/** A pod with one container, as `kubectl run` sends it. */
export function aPod(
  name: string,
  spec: Partial<PodSpec> = {},
  metadata: ObjectMeta = {},
): KubeObject {
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, ...metadata },
    spec: { containers: [{ name: "main", image: "nginx" }], ...spec },
  };
  return pod;
}

export function aConfigMap(
  name: string,
  data: Readonly<Record<string, string>> = {},
  metadata: ObjectMeta = {},
): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, ...metadata }, data };
}

export function aNamespace(name: string, metadata: ObjectMeta = {}): KubeObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, ...metadata } };
}

export function aNode(name: string, node: Partial<Pick<Node, "spec" | "status">> = {}): KubeObject {
  return { apiVersion: "v1", kind: "Node", metadata: { name }, spec: {}, ...node };
}
