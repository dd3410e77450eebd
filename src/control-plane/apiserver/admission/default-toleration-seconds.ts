import type { Pod, Toleration } from "../../../api/objects.ts";
import type { AdmissionPlugin } from "./admission.ts";

const graceSeconds = 300;

/**
 * Pods stay on a node that stops answering for five minutes, unless they say otherwise.
 *
 * @see kubernetes `plugin/pkg/admission/defaulttolerationseconds/admission.go`
 */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: "DefaultTolerationSeconds",
  handles: ({ resource, subresource }) => resource.plural === "pods" && subresource === "",
  admitCreate(object) {
    const pod = object as unknown as Pod;
    const tolerations = pod.spec.tolerations ?? [];
    const added = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]
      .filter((key) => !tolerations.some((toleration) => coversNoExecute(toleration, key)))
      .map((key): Toleration => ({
        key,
        operator: "Exists",
        effect: "NoExecute",
        tolerationSeconds: graceSeconds,
      }));
    if (added.length === 0) return object;
    return { ...object, spec: { ...pod.spec, tolerations: [...tolerations, ...added] } };
  },
};

function coversNoExecute({ key, effect }: Toleration, taintKey: string): boolean {
  return (!key || key === taintKey) && (!effect || effect === "NoExecute");
}
