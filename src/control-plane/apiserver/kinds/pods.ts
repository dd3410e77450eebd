import { podQosClass } from "../../../api/pod-qos.ts";
import { defaultPod } from "../../../api/defaults/pod.ts";
import type { KubeObject, Pod } from "../../../api/objects.ts";
import { validateNewPod, validatePod, validatePodUpdate } from "../../../api/validation/pod.ts";
import { allVerbs, plainStrategy, type Resource } from "../resource.ts";

const podOf = (object: KubeObject): Pod => object as unknown as Pod;

/** @see kubernetes `pkg/registry/core/pod/strategy.go` */
export const pods: Resource = {
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  singular: "pod",
  shortNames: ["po"],
  categories: ["all"],
  namespaced: true,
  verbs: allVerbs,
  subresources: [
    { name: "binding", group: "", version: "v1", kind: "Binding", verbs: ["create"] },
    { name: "eviction", group: "policy", version: "v1", kind: "Eviction", verbs: ["create"] },
    { name: "status", group: "", version: "v1", kind: "Pod", verbs: ["get", "patch", "update"] },
  ],
  keyPrefix: "/registry/pods/",
  selectableFields: {
    "spec.nodeName": (object) => podOf(object).spec.nodeName ?? "",
    "spec.restartPolicy": (object) => podOf(object).spec.restartPolicy ?? "",
    "spec.schedulerName": (object) => podOf(object).spec.schedulerName ?? "",
    "spec.serviceAccountName": (object) => podOf(object).spec.serviceAccountName ?? "",
    "spec.hostNetwork": (object) => String(podOf(object).spec.hostNetwork ?? false),
    "status.phase": (object) => podOf(object).status?.phase ?? "",
    "status.podIP": (object) => podOf(object).status?.podIP ?? "",
    "status.nominatedNodeName": (object) => podOf(object).status?.nominatedNodeName ?? "",
  },
  deletionAnswersObject: true,
  strategy: {
    ...plainStrategy,
    countsGenerations: true,
    applyDefaults: (object) => defaultPod(podOf(object)),
    prepareForCreate: (object) => ({
      ...object,
      status: { phase: "Pending", qosClass: podQosClass(podOf(object)) },
    }),
    prepareForUpdate: (object, old) => ({ ...object, status: old["status"] }),
    prepareForStatusUpdate: (object, old) => ({
      ...object,
      spec: old["spec"],
      status: { ...podOf(object).status, qosClass: podOf(old).status?.qosClass },
    }),
    validate: (object) => validatePod(podOf(object)),
    validateCreate: (object) => validateNewPod(podOf(object)),
    validateUpdate: (object, old) => validatePodUpdate(podOf(object), podOf(old)),
    gracePeriodSeconds,
  },
};

/** A pod that no kubelet runs goes at once; otherwise its kubelet has this long to stop it. */
function gracePeriodSeconds(object: KubeObject, asked: number | undefined): number {
  const { spec, status } = podOf(object);
  const isOver = status?.phase === "Succeeded" || status?.phase === "Failed";
  if (!spec.nodeName || isOver) return 0;
  const seconds = asked ?? spec.terminationGracePeriodSeconds ?? 30;
  return seconds < 0 ? 1 : seconds;
}
