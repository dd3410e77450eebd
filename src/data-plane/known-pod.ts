import type { KubeletEventSubject } from "./kubelet-door.ts";

/** A pod that some kubelet knows, by the handle that stands for it in records. */
export interface KnownPod {
  readonly handle: number;
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly storeKey: string | undefined;
  sharedSpec: unknown;
  spec: KnownSpec;
  /** What its events are about: the pod itself, then its containers; made when first needed. */
  readonly subjects: (KubeletEventSubject | undefined)[];
  isDeleting: boolean;
  graceSeconds: number;
}

/** What kubelets need of a spec; pods of one template share it. */
export interface KnownSpec {
  readonly text: string;
  readonly containerNames: readonly string[];
}

/**
 * What an event of a pod is about.
 *
 * @param container Its place in the pod; −1 for the pod itself.
 */
export function subjectOf(known: KnownPod, container: number): KubeletEventSubject {
  let subject = known.subjects[container + 1];
  if (subject === undefined) {
    const { namespace, name, uid, spec } = known;
    const containerName = spec.containerNames[container] ?? "";
    subject = {
      apiVersion: "v1",
      kind: "Pod",
      namespace,
      name,
      uid,
      fieldPath: containerName === "" ? undefined : `spec.containers{${containerName}}`,
      recorded: [],
    };
    known.subjects[container + 1] = subject;
  }
  return subject;
}
