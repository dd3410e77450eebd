import type { StatusCause } from "../errors.ts";
import { forbiddenField, invalidValue, notSupported, required } from "../field-errors.ts";
import { cidrProblems, ipProblems } from "../ip.ts";
import { dns1123Subdomain } from "../names.ts";
import type { Service, ServiceSpec } from "../objects.ts";
import { inRange, invalidFor, requiredChoice, validateLabels } from "./field-checks.ts";
import { validateFinalizerNames } from "./finalizer-names.ts";
import { validateClusterIps, validateClusterIpsKept } from "./service-cluster-ips.ts";
import { validatePortConflicts, validateServicePorts } from "./service-ports.ts";

/** @see kubernetes `pkg/apis/core/validation/validation.go`: `validateService` */
export function validateService({ metadata, spec }: Service): StatusCause[] {
  return [...validateFinalizerNames(metadata), ...validateServiceSpec(spec ?? {})];
}

/** @see kubernetes `pkg/apis/core/validation/validation.go`: `ValidateServiceUpdate` */
export function validateServiceUpdate(service: Service, old: Service): StatusCause[] {
  return validateClusterIpsKept(service.spec ?? {}, old.spec ?? {});
}

/** Without a cluster IP of its own: clients find the pods through DNS. */
export function isHeadless({ clusterIPs = [] }: ServiceSpec): boolean {
  return clusterIPs.length === 1 && clusterIPs[0] === "None";
}

const types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];

function validateServiceSpec(spec: ServiceSpec): StatusCause[] {
  const { ports = [], externalIPs = [] } = spec;
  const needsPorts = !isHeadless(spec) && spec.type !== "ExternalName";
  return [
    ...(ports.length === 0 && needsPorts ? [required("spec.ports")] : []),
    ...validateType(spec),
    ...validateServicePorts(spec),
    ...validateLabels(spec.selector, "spec.selector"),
    ...validateSessionAffinity(spec),
    ...validateClusterIps(spec),
    ...externalIPs.flatMap((ip, index) =>
      invalidFor(`spec.externalIPs[${index}]`, ip, ipProblems(ip)),
    ),
    ...requiredChoice("spec.type", spec.type, types),
    ...validatePortConflicts(spec),
    ...validateLoadBalancer(spec),
    ...validateTrafficPolicies(spec),
  ];
}

function validateType(spec: ServiceSpec): StatusCause[] {
  const { type, externalName = "" } = spec;
  if (type === "LoadBalancer" || type === "NodePort") {
    const rule = `may not be set to 'None' for ${type} services`;
    return isHeadless(spec) ? [invalidValue("spec.clusterIPs[0]", "None", rule)] : [];
  }
  if (type !== "ExternalName") return [];
  const rule = "may not be set for ExternalName services";
  const target = externalName.replace(/\.$/, "");
  return [
    ...((spec.clusterIPs ?? []).length > 0 ? [forbiddenField("spec.clusterIPs", rule)] : []),
    ...((spec.ipFamilies ?? []).length > 0 ? [forbiddenField("spec.ipFamilies", rule)] : []),
    ...(spec.ipFamilyPolicy === undefined ? [] : [forbiddenField("spec.ipFamilyPolicy", rule)]),
    ...(target === ""
      ? [required("spec.externalName")]
      : invalidFor("spec.externalName", target, dns1123Subdomain(target))),
  ];
}

const affinitySecondsMax = 86_400;

function validateSessionAffinity(spec: ServiceSpec): StatusCause[] {
  const { sessionAffinity, sessionAffinityConfig } = spec;
  const field = "spec.sessionAffinityConfig";
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds;
  const secondsField = `${field}.clientIP.timeoutSeconds`;
  const secondsRule = `must be greater than 0 and less than ${affinitySecondsMax}`;
  return [
    ...requiredChoice("spec.sessionAffinity", sessionAffinity, ["ClientIP", "None"]),
    ...(sessionAffinity === "None" && sessionAffinityConfig !== undefined
      ? [forbiddenField(field, "must not be set when session affinity is None")]
      : []),
    ...(sessionAffinity === "ClientIP" && seconds === undefined
      ? [required(secondsField, "when session affinity type is ClientIP")]
      : []),
    ...(seconds !== undefined && (seconds <= 0 || seconds > affinitySecondsMax)
      ? [invalidValue(secondsField, seconds, secondsRule)]
      : []),
  ];
}

function validateLoadBalancer(spec: ServiceSpec): StatusCause[] {
  const { type, loadBalancerSourceRanges: ranges = [], allocateLoadBalancerNodePorts } = spec;
  // Upstream spells this one field with a capital.
  const field = "spec.LoadBalancerSourceRanges";
  const rule = "may only be used when `type` is 'LoadBalancer'";
  const isLoadBalancer = type === "LoadBalancer";
  const nodePortsField = "spec.allocateLoadBalancerNodePorts";
  return [
    ...(ranges.length > 0 && !isLoadBalancer ? [forbiddenField(field, rule)] : []),
    ...ranges
      .map((range) => range.trim())
      .flatMap((range, index) => invalidFor(`${field}[${index}]`, range, cidrProblems(range))),
    ...(allocateLoadBalancerNodePorts !== undefined && !isLoadBalancer
      ? [forbiddenField(nodePortsField, rule)]
      : []),
    ...(allocateLoadBalancerNodePorts === undefined && isLoadBalancer
      ? [required("allocateLoadBalancerNodePorts")]
      : []),
  ];
}

const trafficPolicies = ["Cluster", "Local"];
const trafficDistributions = ["PreferClose", "PreferSameZone", "PreferSameNode"];

function validateTrafficPolicies(spec: ServiceSpec): StatusCause[] {
  const { type, externalTrafficPolicy = "", healthCheckNodePort = 0 } = spec;
  const { internalTrafficPolicy, trafficDistribution } = spec;
  const isOutside =
    type === "LoadBalancer" ||
    type === "NodePort" ||
    (type === "ClusterIP" && (spec.externalIPs ?? []).length > 0);
  const needsHealthCheck = type === "LoadBalancer" && externalTrafficPolicy === "Local";
  const healthField = "spec.healthCheckNodePort";
  const healthRule =
    "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
  const internalField = "spec.internalTrafficPolicy";
  const outsideRule = "may only be set for externally-accessible services";
  return [
    ...(isOutside
      ? requiredChoice("spec.externalTrafficPolicy", externalTrafficPolicy, trafficPolicies)
      : externalTrafficPolicy === ""
        ? []
        : [invalidValue("spec.externalTrafficPolicy", externalTrafficPolicy, outsideRule)]),
    ...(needsHealthCheck && healthCheckNodePort === 0 ? [required(healthField)] : []),
    ...(needsHealthCheck && healthCheckNodePort !== 0
      ? inRange(healthField, healthCheckNodePort, 1, 65535)
      : []),
    ...(!needsHealthCheck && healthCheckNodePort !== 0
      ? [invalidValue(healthField, healthCheckNodePort, healthRule)]
      : []),
    ...(internalTrafficPolicy === undefined && type === "ExternalName"
      ? []
      : requiredChoice(internalField, internalTrafficPolicy, trafficPolicies)),
    ...(trafficDistribution === undefined || trafficDistributions.includes(trafficDistribution)
      ? []
      : [notSupported("spec.trafficDistribution", trafficDistribution, trafficDistributions)]),
  ];
}
