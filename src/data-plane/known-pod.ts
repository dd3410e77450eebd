import type { PodSpec } from "../api/objects.ts";
import type { KubeletEventSubject } from "./kubelet-door.ts";
import { kubeletPodSpec } from "./kubelet-pod-spec.ts";

/** A pod that some kubelet knows, by the handle that stands for it in records. */
export interface KnownPod {
  readonly handle: number;
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly storeKey: string | undefined;
  sharedSpec: unknown;
  spec: KnownSpec;
  /** What its events were about so far: the pod itself, or one of its containers. */
  subject: PodSubject | undefined;
  isDeleting: boolean;
  graceSeconds: number;
  /** Statuses that came in. */
  statuses: number;
}

/** What kubelets need of a spec; pods of one template share it. */
export interface KnownSpec {
  readonly text: string;
  /** How events name each container. */
  readonly fieldPaths: readonly string[];
}

/** What kubelets need of each spec, worked out once. */
export class KnownSpecs {
  readonly #known = new WeakMap<PodSpec, KnownSpec>();

  of(sharedSpec: unknown): KnownSpec {
    let known = this.#known.get(sharedSpec as PodSpec);
    if (known === undefined) {
      const spec = kubeletPodSpec(sharedSpec as PodSpec);
      const containers = [...spec.initContainers, ...spec.containers];
      known = {
        text: JSON.stringify(spec),
        fieldPaths: containers.map(({ name }) => `spec.containers{${name}}`),
      };
      this.#known.set(sharedSpec as PodSpec, known);
    }
    return known;
  }
}

const noEvents: readonly never[] = [];

/** What an event of a pod is about. */
class PodSubject implements KubeletEventSubject {
  readonly container: number;
  readonly fieldPath: string | undefined;
  recorded: readonly object[] = noEvents;
  readonly next: PodSubject | undefined;
  readonly #pod: KnownPod;

  constructor(pod: KnownPod, container: number, next: PodSubject | undefined) {
    this.#pod = pod;
    this.container = container;
    this.fieldPath = pod.spec.fieldPaths[container];
    this.next = next;
  }

  get apiVersion(): string {
    return "v1";
  }

  get kind(): string {
    return "Pod";
  }

  get namespace(): string {
    return this.#pod.namespace;
  }

  get name(): string {
    return this.#pod.name;
  }

  get uid(): string {
    return this.#pod.uid;
  }
}

/** @param container Its place in the pod; −1 for the pod itself. */
export function subjectOf(pod: KnownPod, container: number): KubeletEventSubject {
  for (let known = pod.subject; known !== undefined; known = known.next) {
    if (known.container === container) return known;
  }
  pod.subject = new PodSubject(pod, container, pod.subject);
  return pod.subject;
}
