import type { StatusCause } from "../errors.ts";
import { forbiddenField } from "../field-errors.ts";
import type { Pod, PodSpec } from "../objects.ts";
import { validateImageWhitespace } from "./containers.ts";
import { validateFinalizerNames } from "./finalizer-names.ts";
import { validatePodSpec } from "./pod-spec.ts";
import { validatePodSpecUpdate } from "./pod-spec-update.ts";

/**
 * What is wrong with a pod, new or changed, that has been defaulted.
 *
 * @see kubernetes `pkg/apis/core/validation/validation.go`: `validatePodMetadataAndSpec`
 */
export function validatePod({ metadata, spec }: Pod): StatusCause[] {
  return [
    ...validateFinalizerNames(metadata),
    ...validatePodSpec(spec),
    ...validateTokenVolumes(spec),
    ...validateImageWhitespace(spec.containers, "spec.containers"),
    ...validateImageWhitespace(spec.initContainers, "spec.initContainers"),
  ];
}

/**
 * What is wrong with a new pod, beyond `validatePod`.
 *
 * @see kubernetes `pkg/apis/core/validation/validation.go`: `ValidatePodCreate`
 */
export function validateNewPod({ spec }: Pod): StatusCause[] {
  const { nodeName = "", ephemeralContainers = [], schedulingGates = [] } = spec;
  const isBoundTooEarly = nodeName !== "" && schedulingGates.length > 0;
  const gateRule = "cannot be set until all schedulingGates have been cleared";
  return [
    ...(ephemeralContainers.length > 0
      ? [forbiddenField("spec.ephemeralContainers", "cannot be set on create")]
      : []),
    ...(isBoundTooEarly ? [forbiddenField("spec.nodeName", gateRule)] : []),
  ];
}

/**
 * What is wrong with how a pod changes, beyond `validatePod`.
 *
 * @see kubernetes `pkg/apis/core/validation/validation.go`: `ValidatePodUpdate`
 */
export function validatePodUpdate(newPod: Pod, oldPod: Pod): StatusCause[] {
  return validatePodSpecUpdate(newPod.spec, oldPod.spec);
}

/** A token belongs to a service account. */
function validateTokenVolumes({ serviceAccountName = "", volumes = [] }: PodSpec): StatusCause[] {
  if (serviceAccountName !== "") return [];
  const rule = "must not be specified when serviceAccountName is not set";
  return volumes.flatMap(({ projected }, volumeIndex) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken }, sourceIndex) => {
      const source = `spec.volumes[${volumeIndex}].projected.sources[${sourceIndex}]`;
      return serviceAccountToken === undefined
        ? []
        : [forbiddenField(`${source}.serviceAccountToken`, rule)];
    }),
  );
}
