import type { KubeObject, Node } from "../api/objects.ts";
import { rfc3339Micro } from "../api/time.ts";
import type { ApiServer } from "../control-plane/apiserver/api-server.ts";
import { type RequestContext, watchAll } from "../control-plane/apiserver/request.ts";
import { EventRecorder } from "../control-plane/client/event-recorder.ts";
import type { KubeletDoor } from "../data-plane/kubelet-door.ts";
import type { Resource } from "../control-plane/apiserver/resource.ts";

const leaseNamespace = "kube-node-lease";
/** @see kubernetes `pkg/kubelet/apis/config/v1beta1/defaults.go`: `NodeLeaseDurationSeconds` */
const leaseDurationSeconds = 40;

const ignore = (): void => {};

/** The kubelets' way into an API server: each request is made as the node it comes from. */
export function createKubeletDoor(server: ApiServer): KubeletDoor {
  const find = (group: string, plural: string): Resource =>
    server.resources.find(group, "v1", plural) as Resource;
  const nodes = find("", "nodes");
  const pods = find("", "pods");
  const events = find("", "events");
  const leases = find("coordination.k8s.io", "leases");
  const context = (
    nodeName: string,
    resource: Resource,
    namespace: string,
    name: string,
    subresource = "",
  ): RequestContext => ({
    resource,
    namespace,
    name,
    subresource,
    user: {
      username: `system:node:${nodeName}`,
      groups: ["system:nodes", "system:authenticated"],
    },
    client: `kubelet:${nodeName}`,
    dryRun: false,
  });
  const recorder = new EventRecorder(
    {
      get nowUs() {
        return server.nowUs;
      },
      createEvent: (host, event) => {
        const { namespace = "", name = "" } = event.metadata;
        server.create(context(host, events, namespace, name), event, ignore);
      },
      patchEvent: (host, namespace, name, change, answer) =>
        server.update(context(host, events, namespace, name), "patch", change, answer),
    },
    "kubelet",
  );

  return {
    registerNode(node) {
      const name = node.metadata.name ?? "";
      server.create(context(name, nodes, "", name), node, ignore);
    },

    patchNodeStatus(nodeName, change) {
      server.update(
        context(nodeName, nodes, "", nodeName, "status"),
        "patch",
        (stored) => change(stored as unknown as Node),
        ignore,
      );
    },

    renewLease(nodeName) {
      const renewTime = rfc3339Micro(server.nowUs);
      const at = context(nodeName, leases, leaseNamespace, nodeName);
      const renew = (stored: KubeObject): KubeObject => ({
        ...stored,
        spec: { ...(stored["spec"] as object), renewTime },
      });
      server.update(at, "patch", renew, (error) => {
        if (error !== undefined) server.create(at, newLease(server, nodeName, renewTime), ignore);
      });
    },

    patchPodStatus(nodeName, { namespace, name }, change) {
      server.update(
        context(nodeName, pods, namespace, name, "status"),
        "patch",
        (stored) => change(stored as never),
        ignore,
      );
    },

    removePod(nodeName, { namespace, name, uid }) {
      const options = { gracePeriodSeconds: 0, preconditions: { uid } };
      server.remove(context(nodeName, pods, namespace, name), options, ignore);
    },

    recordEvent(nodeName, subject, event) {
      if (subject.kind === "Node") {
        const about = {
          apiVersion: "v1",
          kind: "Node",
          namespace: "",
          name: nodeName,
          uid: nodeName,
        };
        recorder.record(about, event, nodeName);
        return;
      }
      const { identity, containerName } = subject;
      const about = {
        apiVersion: "v1",
        kind: "Pod",
        ...identity,
        ...(containerName !== "" && { fieldPath: `spec.containers{${containerName}}` }),
      };
      recorder.record(about, event, nodeName);
    },

    watch(nodeName, onNode, onPod) {
      const sink = { bookmark: ignore, error: ignore };
      server.watch(
        context(nodeName, nodes, "", ""),
        { ...watchAll, fieldSelector: `metadata.name=${nodeName}` },
        { ...sink, event: (_type, stored) => onNode(stored.toObject() as unknown as Node) },
      );
      server.watch(
        context(nodeName, pods, "", ""),
        { ...watchAll, fieldSelector: `spec.nodeName=${nodeName}` },
        { ...sink, event: (type, stored) => onPod(type, stored.toObject() as never) },
      );
    },
  };
}

function newLease(server: ApiServer, nodeName: string, renewTime: string): KubeObject {
  const nodes = server.resources.find("", "v1", "nodes") as Resource;
  const uid = server.peek(nodes, "", nodeName)?.metadata.uid ?? "";
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: {
      name: nodeName,
      namespace: leaseNamespace,
      ownerReferences: [{ apiVersion: "v1", kind: "Node", name: nodeName, uid }],
    },
    spec: { holderIdentity: nodeName, leaseDurationSeconds, renewTime },
  };
}
