import type { Container, Pod } from "../api/objects.ts";
import type { KubeletContainer, KubeletPodSpec, PodIdentity } from "./protocol.ts";

/** What a kubelet needs of a pod's spec, the same text for all pods of one template. */
export function kubeletPodSpec({ spec }: Pod): KubeletPodSpec {
  return {
    restartPolicy: spec.restartPolicy ?? "Always",
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
    hostNetwork: spec.hostNetwork ?? false,
    initContainers: (spec.initContainers ?? []).map(kubeletContainer),
    containers: spec.containers.map(kubeletContainer),
  };
}

export function podIdentity({ metadata }: Pod): PodIdentity {
  const { namespace = "", name = "", uid = "" } = metadata;
  return { namespace, name, uid };
}

function kubeletContainer(container: Container): KubeletContainer {
  return {
    name: container.name,
    image: container.image ?? "",
    imagePullPolicy: container.imagePullPolicy ?? "IfNotPresent",
    command: container.command ?? [],
    args: container.args ?? [],
    ports: (container.ports ?? []).map(({ containerPort }) => containerPort),
    isSidecar: container.restartPolicy === "Always",
  };
}
