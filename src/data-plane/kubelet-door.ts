import type { Node, Pod } from "../api/objects.ts";
import type { EventWords } from "./kubelet-events.ts";
import type { PodIdentity } from "./protocol.ts";

/** What an event is about. */
export type KubeletEventSubject =
  | { readonly kind: "Node"; readonly name: string }
  | { readonly kind: "Pod"; readonly identity: PodIdentity; readonly containerName: string };

/**
 * The API server as kubelets use it. Called at the time their requests arrive; the composition root
 * wires it to a real one.
 */
export interface KubeletDoor {
  registerNode(node: Node): void;
  patchNodeStatus(nodeName: string, change: (stored: Node) => Node): void;
  renewLease(nodeName: string): void;
  patchPodStatus(nodeName: string, pod: PodIdentity, change: (stored: Pod) => Pod): void;
  removePod(nodeName: string, pod: PodIdentity): void;
  recordEvent(
    nodeName: string,
    subject: KubeletEventSubject,
    event: Pick<EventWords, "type" | "reason"> & { readonly message: string },
  ): void;
  /** The kubelet's standing watches: its node, and the pods bound to it. */
  watch(
    nodeName: string,
    onNode: (node: Node) => void,
    onPod: (type: "ADDED" | "MODIFIED" | "DELETED", pod: Pod) => void,
  ): void;
}
