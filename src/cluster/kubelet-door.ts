import { ApiError } from "../api/errors.ts";
import type { KubeObject, Node } from "../api/objects.ts";
import { rfc3339Micro } from "../api/time.ts";
import type { ApiServer } from "../control-plane/apiserver/api-server.ts";
import { type RequestContext, watchAll } from "../control-plane/apiserver/request.ts";
import { EventRecorder } from "../control-plane/client/event-recorder.ts";
import type { KubeletDoor } from "../data-plane/kubelet-door.ts";
import { keyOf, type Resource } from "../control-plane/apiserver/resource.ts";
import { LeaseRow } from "../control-plane/apiserver/stored/lease-row.ts";
import { PodRow } from "../control-plane/apiserver/stored/pod-row.ts";
import type { Change } from "../control-plane/apiserver/update.ts";

const leaseNamespace = "kube-node-lease";
/** @see kubernetes `pkg/kubelet/apis/config/v1beta1/defaults.go`: `NodeLeaseDurationSeconds` */
const leaseDurationSeconds = 40;

/** What a node's requests have in common. */
interface NodeUser extends Pick<RequestContext, "user" | "client"> {
  readonly leaseKey: string;
}

const nodeGroups = ["system:nodes", "system:authenticated"];

const ignore = (): void => {};

/** The kubelets' way into an API server: each request is made as the node it comes from. */
export function createKubeletDoor(server: ApiServer): KubeletDoor {
  const find = (group: string, plural: string): Resource =>
    server.resources.find(group, "v1", plural) as Resource;
  const nodes = find("", "nodes");
  const pods = find("", "pods");
  const events = find("", "events");
  const leases = find("coordination.k8s.io", "leases");
  const users = new Map<string, NodeUser>();
  const userOf = (nodeName: string): NodeUser => {
    let user = users.get(nodeName);
    if (user === undefined) {
      user = {
        user: { username: `system:node:${nodeName}`, groups: nodeGroups },
        client: `kubelet:${nodeName}`,
        leaseKey: keyOf(leases, leaseNamespace, nodeName),
      };
      users.set(nodeName, user);
    }
    return user;
  };
  const context = (
    nodeName: string,
    resource: Resource,
    namespace: string,
    name: string,
    subresource = "",
    storeKey?: string,
  ): RequestContext => {
    const { user, client } = userOf(nodeName);
    return { resource, namespace, name, subresource, user, client, dryRun: false, storeKey };
  };
  const recorder = new EventRecorder(
    {
      get nowUs() {
        return server.nowUs;
      },
      createEvent: (host, event) => {
        const { namespace, name } = event;
        server.createEvent(context(host, events, namespace, name), event, ignore);
      },
      reviseEvent: (host, namespace, name, change, answer) =>
        server.revise(context(host, events, namespace, name), change, answer),
    },
    "kubelet",
  );

  return {
    registerNode(node) {
      const name = node.metadata.name ?? "";
      const at = context(name, nodes, "", name);
      server.create(at, node, (error) => {
        if (!isAlreadyExists(error)) return;
        server.update(at, "patch", (stored) => registeredAgain(stored, node), ignore);
      });
    },

    patchNodeStatus(nodeName, change) {
      server.update(
        context(nodeName, nodes, "", nodeName, "status"),
        "patch",
        (stored) => change(stored as unknown as Node),
        ignore,
      );
    },

    renewLease(nodeName, aheadUs) {
      const nowUs = server.nowUs + aheadUs;
      const { leaseKey } = userOf(nodeName);
      const at = context(nodeName, leases, leaseNamespace, nodeName, "", leaseKey);
      server.revise(at, renewal(nowUs), (error) => {
        if (error === undefined) return;
        server.get(context(nodeName, nodes, "", nodeName), (_error, node) => {
          const holder = {
            namespace: leaseNamespace,
            name: nodeName,
            nodeUid: node?.metadata.uid ?? "",
            durationSeconds: leaseDurationSeconds,
          };
          server.createLease(at, holder, ignore);
        });
      });
    },

    patchPodStatus(nodeName, { namespace, name, storeKey }, { uid, ofObject, ofRow }) {
      server.revise(
        context(nodeName, pods, namespace, name, "status", storeKey),
        {
          ofRow: (stored) => {
            if (!(stored instanceof PodRow) || stored.uid !== uid) return undefined;
            const status = ofRow(stored.status);
            return status === stored.status ? stored : stored.withStatus(status);
          },
          ofObject: (stored) => (stored.metadata.uid === uid ? ofObject(stored as never) : stored),
        },
        ignore,
      );
    },

    removePod(nodeName, { namespace, name, uid }) {
      const options = { gracePeriodSeconds: 0, preconditions: { uid } };
      server.remove(context(nodeName, pods, namespace, name), options, ignore);
    },

    recordEvent(nodeName, subject, event) {
      recorder.record(subject, event, nodeName);
    },

    watch(nodeName, onNode, onPod, onLost) {
      const sink = { bookmark: ignore, error: onLost };
      const endNode = server.watch(
        context(nodeName, nodes, "", ""),
        { ...watchAll, fieldSelector: `metadata.name=${nodeName}` },
        { ...sink, event: (_type, stored) => onNode(stored.toObject() as unknown as Node) },
      );
      const endPods = server.watch(
        context(nodeName, pods, "", ""),
        { ...watchAll, fieldSelector: `spec.nodeName=${nodeName}` },
        { ...sink, event: (type, stored) => onPod(type, stored) },
      );
      return () => {
        endNode();
        endPods();
      };
    },
  };
}

function isAlreadyExists(error: Error | undefined): boolean {
  return error instanceof ApiError && error.reason === "AlreadyExists";
}

/** @see kubernetes `pkg/kubelet/kubelet_node_status.go`: `tryRegisterWithAPIServer` */
function registeredAgain(stored: KubeObject, { metadata: { labels, annotations } }: Node) {
  const { metadata } = stored;
  return {
    ...stored,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...labels },
      annotations: { ...metadata.annotations, ...annotations },
    },
  };
}

function renewal(nowUs: number): Change {
  return {
    ofRow: (stored) => (stored instanceof LeaseRow ? stored.renewed(nowUs) : undefined),
    ofObject: (stored) => ({
      ...stored,
      spec: { ...(stored["spec"] as object), renewTime: rfc3339Micro(nowUs) },
    }),
  };
}
