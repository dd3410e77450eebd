import type { ConditionView } from "../api/node-view.ts";
import type { Node, NodeStatus, ObjectMeta, Pod, PodStatus } from "../api/objects.ts";
import type { EventWords } from "./kubelet-events.ts";
import type { PodIdentity } from "./protocol.ts";

/** What an event is about, as the Event has it. */
export interface KubeletEventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty for a node. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** E.g. `spec.containers{nginx}`. */
  readonly fieldPath?: string | undefined;
  /** What the door remembers of its events, if it shall do so here; empty at first. */
  recorded?: readonly object[] | undefined;
}

/** A node that makes requests, by its name and by its place among the nodes. */
export interface KubeletNode {
  readonly index: number;
  readonly name: string;
}

/** An event's words. The message may be made when it is asked for. */
export type KubeletEvent = Pick<EventWords, "type" | "reason"> & { readonly message: string };

/** One version of a pod, as a watch tells of it. */
export interface PodVersion {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Its key in the store, if it is known: saves the API server making it again. */
  readonly storeKey: string | undefined;
  readonly isDeleting: boolean;
  /** Its spec, or what it has in common with others of its template: the same object then. */
  readonly sharedSpec: unknown;
  toObject(): unknown;
}

/** Where a pod is found. */
export type PodPlace = Pick<PodVersion, "namespace" | "name" | "storeKey">;

/** A status that is kept small until somebody reads it. */
export interface PodStatusRow {
  readonly phase: string;
  toStatus(pod: Pod): PodStatus;
}

/** What a report makes of a pod's status, however that is kept. */
export interface PodStatusChange {
  /** Of the pod that has this uid, and no other. */
  readonly uid: string;
  readonly ofObject: (stored: Pod) => Pod;
  /** The same row when nothing changes. */
  readonly ofRow: (stored: PodStatusRow | undefined) => PodStatusRow;
}

/** A node's status that is kept small until somebody reads it. */
export interface NodeStatusRow {
  /** What it has for pods. */
  readonly allocatable: Readonly<Record<string, string>>;
  readonly conditions: readonly ConditionView[];
  /** What the kubelet said of its node when it registered. */
  ownMetadata(): Pick<ObjectMeta, "labels" | "annotations">;
  toStatus(): NodeStatus;
}

/** What a report makes of a node's status, however that is kept. */
export interface NodeStatusChange {
  readonly ofObject: (stored: Node) => Node;
  /** The same row when nothing changes; `undefined` for a row that is of somebody else's making. */
  readonly ofRow: (stored: NodeStatusRow) => NodeStatusRow | undefined;
}

/**
 * Takes how a request ended, once. With an error, the server could not carry it out now, for no fault of
 * the request: whoever asked asks again. That it was refused for good is no error here, for a kubelet
 * has no use for it.
 */
export type KubeletAnswer = (failure?: Error) => void;

/** For who does not wait for one. */
export const noAnswer: KubeletAnswer = () => {};

/**
 * The API server as kubelets use it. Called at the time their requests arrive; the composition root
 * wires it to a real one.
 */
export interface KubeletDoor {
  registerNode(from: KubeletNode, status: NodeStatusRow): void;
  /** @param change May be asked again, when somebody else wrote in between. */
  patchNodeStatus(from: KubeletNode, change: NodeStatusChange, answer: KubeletAnswer): void;
  /** @param aheadUs How far the kubelet's clock is ahead, µs. */
  renewLease(from: KubeletNode, aheadUs: number, answer: KubeletAnswer): void;
  patchPodStatus(
    from: KubeletNode,
    pod: PodPlace,
    change: PodStatusChange,
    answer: KubeletAnswer,
  ): void;
  removePod(from: KubeletNode, pod: PodIdentity, answer: KubeletAnswer): void;
  recordEvent(from: KubeletNode, subject: KubeletEventSubject, event: KubeletEvent): void;
  /**
   * The kubelet's standing watches: its node, and the pods bound to it. Returns how to end them.
   *
   * @param onLost The API server ended one of them: the kubelet must begin anew.
   */
  watch(
    from: KubeletNode,
    onNode: (podCidr: string) => void,
    onPod: (type: "ADDED" | "MODIFIED" | "DELETED", pod: PodVersion) => void,
    onLost: () => void,
  ): () => void;
}
