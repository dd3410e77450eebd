import type { Node } from "../../../api/objects.ts";
import type { AdmissionPlugin } from "./admission.ts";

const notReadyTaint = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" } as const;

/**
 * A new node takes no pods until a controller has seen it ready.
 *
 * @see kubernetes `plugin/pkg/admission/nodetaint/admission.go`
 */
export const taintNodesByCondition: AdmissionPlugin = {
  name: "TaintNodesByCondition",
  handles: ({ resource, subresource }) => resource.plural === "nodes" && subresource === "",
  admitCreate(object) {
    const { spec } = object as unknown as Node;
    const taints = spec.taints ?? [];
    const isTainted = taints.some(
      ({ key, effect }) => key === notReadyTaint.key && effect === notReadyTaint.effect,
    );
    return isTainted
      ? object
      : { ...object, spec: { ...spec, taints: [...taints, notReadyTaint] } };
  },
};
