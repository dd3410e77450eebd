import type { Container, PodSpec } from "../api/objects.ts";
import type { KubeletContainer, KubeletPodSpec } from "./protocol.ts";

/** What a kubelet needs of a pod's spec, the same text for all pods of one template. */
export function kubeletPodSpec(spec: PodSpec): KubeletPodSpec {
  return {
    restartPolicy: spec.restartPolicy ?? "Always",
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
    hostNetwork: spec.hostNetwork ?? false,
    initContainers: (spec.initContainers ?? []).map(kubeletContainer),
    containers: spec.containers.map(kubeletContainer),
  };
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
