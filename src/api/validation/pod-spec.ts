import type { StatusCause } from "../errors.ts";
import { duplicateValue, invalidValue, required } from "../field-errors.ts";
import { dns1123Label, dns1123Subdomain, qualifiedName } from "../names.ts";
import type { PodSpec } from "../objects.ts";
import { validateContainers, validateInitContainers } from "./containers.ts";
import { inRange, invalidFor, requiredChoice, validateLabels } from "./field-checks.ts";
import { validateTolerations } from "./tolerations.ts";
import { validateVolumes } from "./volumes.ts";

const int32Max = 2 ** 31 - 1;

/**
 * What is wrong with a pod's spec after defaulting.
 *
 * Not looked at yet: affinity, topology spread, security contexts, DNS options, resource claims,
 * overhead and what only Windows has.
 *
 * @see kubernetes `pkg/apis/core/validation/validation.go`: `ValidatePodSpec`
 */
export function validatePodSpec(spec: PodSpec): StatusCause[] {
  const volumes = validateVolumes(spec.volumes, "spec.volumes");
  return [
    ...(spec.terminationGracePeriodSeconds === undefined
      ? [required("spec.terminationGracePeriodSeconds")]
      : []),
    ...volumes.causes,
    ...validateContainers(spec, volumes.sound),
    ...validateInitContainers(spec, volumes.sound),
    ...validateHostNetworkPorts(spec),
    ...requiredChoice("spec.restartPolicy", spec.restartPolicy, restartPolicies),
    ...requiredChoice("spec.dnsPolicy", spec.dnsPolicy, dnsPolicies),
    ...validateLabels(spec.nodeSelector, "spec.nodeSelector"),
    ...validateGates(spec),
    ...validateNamesOf(spec),
    ...inRange("spec.activeDeadlineSeconds", spec.activeDeadlineSeconds, 1, int32Max),
    ...validateHostNames(spec),
    ...validateTolerations(spec.tolerations, "spec.tolerations"),
    ...validateClasses(spec),
  ];
}

const restartPolicies = ["Always", "OnFailure", "Never"];
const dnsPolicies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];

/** On the node's own network a container's port is the node's port. */
function validateHostNetworkPorts(spec: PodSpec): StatusCause[] {
  if (spec.hostNetwork !== true) return [];
  const rule = "must match `containerPort` when `hostNetwork` is true";
  return (spec.containers ?? []).flatMap(({ ports = [] }, containerIndex) =>
    ports.flatMap(({ hostPort = 0, containerPort }, portIndex) => {
      const field = `spec.containers[${containerIndex}].ports[${portIndex}].hostPort`;
      return hostPort === containerPort ? [] : [invalidValue(field, hostPort, rule)];
    }),
  );
}

function validateGates({ readinessGates = [], schedulingGates = [] }: PodSpec): StatusCause[] {
  const names = new Set<string>();
  return [
    ...readinessGates.flatMap(({ conditionType }, index) =>
      invalidFor(
        `spec.readinessGates[${index}].conditionType`,
        conditionType,
        qualifiedName(conditionType),
      ),
    ),
    ...schedulingGates.flatMap(({ name }, index) => {
      const field = `spec.schedulingGates[${index}]`;
      const isTaken = names.has(name);
      names.add(name);
      return [
        ...invalidFor(field, name, qualifiedName(name)),
        ...(isTaken ? [duplicateValue(field, name)] : []),
      ];
    }),
  ];
}

function validateNamesOf({ serviceAccountName = "", nodeName = "" }: PodSpec): StatusCause[] {
  return [
    ...validateSubdomain("spec.serviceAccountName", serviceAccountName),
    ...validateSubdomain("spec.nodeName", nodeName),
  ];
}

function validateHostNames({ hostname = "", subdomain = "" }: PodSpec): StatusCause[] {
  return [
    ...(hostname === "" ? [] : invalidFor("spec.hostname", hostname, dns1123Label(hostname))),
    ...(subdomain === "" ? [] : invalidFor("spec.subdomain", subdomain, dns1123Label(subdomain))),
  ];
}

function validateClasses(spec: PodSpec): StatusCause[] {
  const { priorityClassName = "", runtimeClassName, preemptionPolicy } = spec;
  return [
    ...validateSubdomain("spec.priorityClassName", priorityClassName),
    ...(runtimeClassName === undefined
      ? []
      : invalidFor("spec.runtimeClassName", runtimeClassName, dns1123Subdomain(runtimeClassName))),
    ...(preemptionPolicy === undefined
      ? []
      : requiredChoice("spec.preemptionPolicy", preemptionPolicy, [
          "PreemptLowerPriority",
          "Never",
        ])),
  ];
}

function validateSubdomain(field: string, name: string): StatusCause[] {
  return name === "" ? [] : invalidFor(field, name, dns1123Subdomain(name));
}
