import { isApiError, isServerFailure } from "../api/errors.ts";
import type { KubeObject, Node } from "../api/objects.ts";
import { rfc3339Micro } from "../api/time.ts";
import type { ApiServer } from "../control-plane/apiserver/api-server.ts";
import {
  type RequestContext,
  type Requester,
  watchAll,
} from "../control-plane/apiserver/request.ts";
import { EventRecorder, type EventSource } from "../control-plane/client/event-recorder.ts";
import {
  type KubeletAnswer,
  type KubeletDoor,
  type KubeletNode,
  noAnswer,
  type NodeStatusRow,
} from "../data-plane/kubelet-door.ts";
import { keyOf, type Resource } from "../control-plane/apiserver/resource.ts";
import { LeasePulse } from "../control-plane/apiserver/stored/lease-pulse.ts";
import { LeaseRow } from "../control-plane/apiserver/stored/lease-row.ts";
import { NodeRow } from "../control-plane/apiserver/stored/node-row.ts";
import { PodRow } from "../control-plane/apiserver/stored/pod-row.ts";
import type { StoredObject } from "../control-plane/apiserver/stored/stored-object.ts";
import type { Change } from "../control-plane/apiserver/update.ts";

const leaseNamespace = "kube-node-lease";
/** @see kubernetes `pkg/kubelet/apis/config/v1beta1/defaults.go`: `NodeLeaseDurationSeconds` */
const leaseDurationSeconds = 40;

/** What a node's requests have in common. */
interface NodeUser extends Requester, EventSource {
  readonly nodeKey: string;
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
  /** By node index: of the requests of a busy cluster each comes from another node. */
  const users: (NodeUser | undefined)[] = [];
  const pulses: LeasePulse[] = [];
  const userOf = ({ index, name }: KubeletNode): NodeUser => {
    let user = users[index];
    if (user === undefined) {
      user = {
        user: { username: `system:node:${name}`, groups: nodeGroups },
        client: `kubelet:${name}`,
        nodeKey: keyOf(nodes, "", name),
        component: "kubelet",
        host: name,
      };
      users[index] = user;
    }
    return user;
  };
  const context = (
    from: KubeletNode,
    resource: Resource,
    namespace: string,
    name: string,
    subresource = "",
    storeKey?: string,
  ): RequestContext => {
    const { user, client } = userOf(from);
    return { resource, namespace, name, subresource, user, client, dryRun: false, storeKey };
  };
  const recorder = new EventRecorder<NodeUser>({
    get nowUs() {
      return server.nowUs;
    },
    createEvent: (from, event) => server.createEvent(from, event, ignore),
    reviseEvent: ({ user, client }, namespace, name, change, answer) => {
      const at = { resource: events, namespace, name, subresource: "", user, client };
      server.revise({ ...at, dryRun: false }, change, answer);
    },
  });

  return {
    registerNode(from, status) {
      const at = context(from, nodes, "", from.name, "", userOf(from).nodeKey);
      server.createNode(at, status, (error) => {
        if (!isApiError(error, "AlreadyExists")) return;
        const again = (stored: KubeObject): KubeObject => registeredAgain(stored, status);
        server.update(at, "patch", again, ignore);
      });
    },

    patchNodeStatus(from, { ofObject, ofRow }, answer) {
      server.revise(
        context(from, nodes, "", from.name, "status", userOf(from).nodeKey),
        {
          ofRow: (stored) => {
            if (!(stored instanceof NodeRow)) return undefined;
            const status = ofRow(stored.status);
            if (status === undefined) return undefined;
            return status === stored.status ? stored : stored.withStatus(status);
          },
          ofObject: (stored) => ofObject(stored as unknown as Node),
        },
        told(answer),
      );
    },

    renewLease(from, aheadUs, answer) {
      const { name } = from;
      const pulse = (pulses[from.index] ??= new LeasePulse(keyOf(leases, leaseNamespace, name)));
      const nowUs = server.nowUs + aheadUs;
      const outcome = server.renewLease(pulse, nowUs);
      if (outcome === "renewed") return answer();
      const at = context(from, leases, leaseNamespace, name, "", pulse.key);
      const create = (nodeUid: string): void => {
        const holder = { namespace: leaseNamespace, name, nodeUid };
        const whole = { ...holder, durationSeconds: leaseDurationSeconds };
        server.createLease(at, whole, told(answer));
      };
      const node = outcome === "missing" && server.peekVersion(nodes, "", name);
      if (node) return create(node.uid);
      server.revise(at, renewal(nowUs), (error) => {
        if (!isApiError(error, "NotFound")) return told(answer)(error);
        server.get(context(from, nodes, "", name), (unread, found) => {
          if (isServerFailure(unread)) return answer(unread);
          create(found?.metadata.uid ?? "");
        });
      });
    },

    patchPodStatus(from, { namespace, name, storeKey }, { uid, ofObject, ofRow }, answer) {
      server.revise(
        context(from, pods, namespace, name, "status", storeKey),
        {
          ofRow: (stored) => {
            if (!(stored instanceof PodRow) || stored.uid !== uid) return undefined;
            const status = ofRow(stored.status);
            return status === stored.status ? stored : stored.withStatus(status);
          },
          ofObject: (stored) => (stored.metadata.uid === uid ? ofObject(stored as never) : stored),
        },
        told(answer),
      );
    },

    removePod(from, { namespace, name, uid }, answer) {
      const options = { gracePeriodSeconds: 0, preconditions: { uid } };
      server.remove(context(from, pods, namespace, name), options, told(answer));
    },

    recordEvent(from, subject, event) {
      recorder.record(subject, event, userOf(from));
    },

    watch(from, onNode, onPod, onLost) {
      const sink = { bookmark: ignore, error: onLost };
      const endNode = server.watch(
        context(from, nodes, "", ""),
        { ...watchAll, fieldSelector: `metadata.name=${from.name}` },
        { ...sink, event: (_type, stored) => onNode(podCidrOf(stored)) },
      );
      const endPods = server.watch(
        context(from, pods, "", ""),
        { ...watchAll, fieldSelector: `spec.nodeName=${from.name}`, specsOnly: true },
        { ...sink, event: (type, stored) => onPod(type, stored) },
      );
      return () => {
        endNode();
        endPods();
      };
    },
  };
}

/** A kubelet hears of what it may ask again, and of nothing else. */
function told(answer: KubeletAnswer): (error: Error | undefined) => void {
  if (answer === noAnswer) return ignore;
  return (error) => answer(isServerFailure(error) ? error : undefined);
}

/** @see kubernetes `pkg/kubelet/kubelet_node_status.go`: `tryRegisterWithAPIServer` */
function registeredAgain(stored: KubeObject, status: NodeStatusRow): KubeObject {
  const { metadata } = stored;
  const { labels, annotations } = status.ownMetadata();
  return {
    ...stored,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...labels },
      annotations: { ...metadata.annotations, ...annotations },
    },
  };
}

function podCidrOf(stored: StoredObject): string {
  if (stored instanceof NodeRow) return stored.podCidr;
  return (stored.toObject() as unknown as Node).spec.podCIDR ?? "";
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
