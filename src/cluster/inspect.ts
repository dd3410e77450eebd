import { ApiError, noSuchResource, notFound } from "../api/errors.ts";
import type { KubeObject, Pod } from "../api/objects.ts";
import { rfc3339Micro } from "../api/time.ts";
import type { AdminAnswer } from "../control-plane/apiserver/http/http-door.ts";
import type { NodeInspection, PodInspection } from "../data-plane/protocol.ts";
import type { Cluster } from "./cluster.ts";

/** Whose view it is, and of when. */
interface Viewpoint {
  /** E.g. `kubelet:node-1`. */
  readonly actor: string;
  readonly thread: string;
  /** Virtual time, RFC 3339 with µs. Kubelets may be ahead of it by one window. */
  readonly now: string;
  readonly nowUs: number;
}

/** The body of `GET /podrace/v1/inspect/nodes/NAME`. */
export interface NodeInspectionBody extends Viewpoint, NodeInspection {
  readonly kind: "node";
  readonly name: string;
}

/** The body of `GET /podrace/v1/inspect/namespaces/NAMESPACE/pods/NAME`. */
export interface PodInspectionBody extends Viewpoint, PodInspection {
  readonly kind: "pod";
  readonly nodeName: string;
}

/** @throws {ApiError} For what there is not, and for a pod that no kubelet has. */
export async function inspect(cluster: Cluster, path: string): Promise<AdminAnswer> {
  const [, , , , first, second, third, fourth, ...rest] = path.split("/").map(decoded);
  if (first === "nodes" && second !== undefined && third === undefined) {
    return { code: 200, body: await inspectNode(cluster, second) };
  }
  const isPod = first === "namespaces" && third === "pods" && rest.length === 0;
  if (isPod && second !== undefined && fourth !== undefined) {
    return { code: 200, body: await inspectPod(cluster, second, fourth) };
  }
  throw noSuchResource();
}

async function inspectNode(cluster: Cluster, name: string): Promise<NodeInspectionBody> {
  const viewpoint = viewpointOf(cluster, name);
  const inspection = await cluster.inspectNode(name);
  if (inspection !== undefined) return { kind: "node", name, ...viewpoint, ...inspection };
  if (objectOf(cluster, "nodes", "", name) === undefined) {
    throw notFound({ group: "", resource: "nodes" }, name);
  }
  throw new ApiError("NotFound", `node "${name}" has no kubelet: it is an object only`);
}

async function inspectPod(
  cluster: Cluster,
  namespace: string,
  name: string,
): Promise<PodInspectionBody> {
  const pod = objectOf(cluster, "pods", namespace, name) as Pod | undefined;
  if (pod === undefined) throw notFound({ group: "", resource: "pods" }, name);
  const { nodeName = "" } = pod.spec;
  if (nodeName === "") {
    throw new ApiError("NotFound", `pod "${name}" is not bound to a node yet: no kubelet has it`);
  }
  const viewpoint = viewpointOf(cluster, nodeName);
  const inspection = await cluster.inspectPod(nodeName, pod.metadata.uid ?? "");
  if (inspection !== undefined) return { kind: "pod", nodeName, ...viewpoint, ...inspection };
  throw new ApiError("NotFound", `the kubelet of node "${nodeName}" does not know pod "${name}"`);
}

function viewpointOf(cluster: Cluster, node: string): Viewpoint {
  const actor = `kubelet:${node}`;
  const { nowUs } = cluster;
  return { actor, thread: cluster.threadOf(actor), now: rfc3339Micro(nowUs), nowUs };
}

function objectOf(
  { server }: Cluster,
  plural: string,
  namespace: string,
  name: string,
): KubeObject | undefined {
  const resource = server.resources.find("", "v1", plural);
  return resource && server.peek(resource, namespace, name);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw noSuchResource();
  }
}
