import { forbidden } from "../../../api/errors.ts";
import type { Pod } from "../../../api/objects.ts";
import { groupResourceOf } from "../resource.ts";
import type { AdmissionPlugin } from "./admission.ts";

/** The classes every cluster has. @see kubernetes `pkg/apis/scheduling/types.go` */
const builtInPriorities: ReadonlyMap<string, number> = new Map([
  ["system-node-critical", 2_000_001_000],
  ["system-cluster-critical", 2_000_000_000],
]);
const defaultPolicy = "PreemptLowerPriority";

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
    const refuse = (why: string): Error => forbidden(groupResourceOf(resource), name, why);
    const { priorityClassName = "", priority: sent, preemptionPolicy = defaultPolicy } = pod.spec;
    const value = priorityClassName === "" ? 0 : builtInPriorities.get(priorityClassName);
    if (value === undefined) {
      throw refuse(`no PriorityClass with name ${priorityClassName} was found`);
    }
    if (sent !== undefined && sent !== value) {
      throw refuse(
        `the integer value of priority (${sent}) ${mustNotBeProvided} ${value} ${source}`,
      );
    }
    if (preemptionPolicy !== defaultPolicy) {
      throw refuse(
        `the string value of PreemptionPolicy (${preemptionPolicy}) ${mustNotBeProvided} ${defaultPolicy} ${source}`,
      );
    }
    return { ...object, spec: { ...pod.spec, priority: value, preemptionPolicy } };
  },
};

const mustNotBeProvided =
  "must not be provided in pod spec; priority admission controller computed";
const source = "from the given PriorityClass name";
