import { forbidden } from "../../../api/errors.ts";
import type { Pod } from "../../../api/objects.ts";
import { groupResourceOf } from "../resource.ts";
import type { AdmissionPlugin } from "./admission.ts";

/** The classes every cluster has. @see kubernetes `pkg/apis/scheduling/types.go` */
const builtInPriorities: Readonly<Record<string, number>> = {
  "system-node-critical": 2_000_001_000,
  "system-cluster-critical": 2_000_000_000,
};

/**
 * Resolves a pod's priority class to its number.
 *
 * @see kubernetes `plugin/pkg/admission/priority/admission.go`
 */
export const priority: AdmissionPlugin = {
  name: "Priority",
  handles: ({ resource, subresource }) => resource.plural === "pods" && subresource === "",
  admitCreate(object, { resource, name }) {
    const pod = object as unknown as Pod;
    const className = pod.spec.priorityClassName ?? "";
    const value = className === "" ? 0 : builtInPriorities[className];
    if (value === undefined) {
      throw forbidden(
        groupResourceOf(resource),
        name,
        `no PriorityClass with name ${className} was found`,
      );
    }
    const preemptionPolicy = pod.spec.preemptionPolicy ?? "PreemptLowerPriority";
    return { ...object, spec: { ...pod.spec, priority: value, preemptionPolicy } };
  },
};
