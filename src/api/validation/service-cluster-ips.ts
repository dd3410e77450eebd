import type { StatusCause } from "../errors.ts";
import { duplicateValue, invalidValue, notSupported, required } from "../field-errors.ts";
import { ipProblems, isIpv6 } from "../ip.ts";
import type { ServiceSpec } from "../objects.ts";
import { invalidFor } from "./field-checks.ts";

const field = "spec.clusterIPs";

/**
 * What is wrong with a service's cluster IPs and their families.
 *
 * @see kubernetes `pkg/apis/core/validation/validation.go`: `ValidateServiceClusterIPsRelatedFields`
 */
export function validateClusterIps(spec: ServiceSpec): StatusCause[] {
  if (spec.type === "ExternalName") return [];
  const causes = [...validateFirst(spec), ...validateFamilies(spec)];
  const { clusterIPs: ips = [], ipFamilies = [] } = spec;
  const malformed = ips.flatMap((ip, index) => {
    if (index > 0 || ip !== "None") return invalidFor(`${field}[${index}]`, ip, ipProblems(ip));
    const rule = "'None' must be the first and only value";
    return ips.length > 1 ? [invalidValue(field, ips, rule)] : [];
  });
  causes.push(...malformed);
  if (ips.length > 2) causes.push(invalidValue(field, ips, "may only hold up to 2 values"));
  if (malformed.length > 0) return causes;
  const isPair = ips.length === 2 && new Set(ips.map(isIpv6)).size === 2;
  if (ips.length > 1 && !isPair) {
    causes.push(invalidValue(field, ips, "may specify no more than one IP for each IP family"));
  }
  return ips[0] === "None" ? causes : [...causes, ...validateFamiliesOfIps(ips, ipFamilies)];
}

/** A cluster IP once given stays, unless the service becomes or was an `ExternalName`. */
export function validateClusterIpsKept(spec: ServiceSpec, old: ServiceSpec): StatusCause[] {
  if (spec.type === "ExternalName" || old.type === "ExternalName") return [];
  const { clusterIPs: ips = [] } = spec;
  const { clusterIPs: kept = [] } = old;
  const [first] = kept;
  if (first === undefined || first === ips[0]) return [];
  return ips.length === 0
    ? [invalidValue(`${field}[0]`, ips, "primary clusterIP can not be unset")]
    : [invalidValue(`${field}[0]`, ips, "may not change once set")];
}

const families = ["IPv4", "IPv6"];
const familyPolicies = ["PreferDualStack", "RequireDualStack", "SingleStack"];

function validateFamiliesOfIps(
  ips: readonly string[],
  ipFamilies: readonly string[],
): StatusCause[] {
  return ips.slice(0, ipFamilies.length).flatMap((ip, index) => {
    const family = ipFamilies[index] ?? "";
    const isOfFamily = (family === "IPv6") === isIpv6(ip) || !families.includes(family);
    const rule = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
    return isOfFamily ? [] : [invalidValue(`${field}[${index}]`, ip, rule)];
  });
}

/** `clusterIP` and the first of `clusterIPs` are two names for one thing. */
function validateFirst({ clusterIP = "", clusterIPs: ips = [] }: ServiceSpec): StatusCause[] {
  if (clusterIP === "") {
    const rule = "must be empty when `clusterIP` is not specified";
    return ips.length === 0 ? [] : [invalidValue(field, ips, rule)];
  }
  if (ips.length === 0) return [required(field)];
  return ips[0] === clusterIP
    ? []
    : [invalidValue(field, ips, "first value must match `clusterIP`")];
}

function validateFamilies({ ipFamilies = [], ipFamilyPolicy }: ServiceSpec): StatusCause[] {
  return [
    ...ipFamilies.flatMap((family, index) => {
      const at = `spec.ipFamilies[${index}]`;
      return [
        ...(families.includes(family) ? [] : [notSupported(at, family, families)]),
        ...(ipFamilies.indexOf(family) < index ? [duplicateValue(at, family)] : []),
      ];
    }),
    ...(ipFamilyPolicy === undefined || familyPolicies.includes(ipFamilyPolicy)
      ? []
      : [notSupported("spec.ipFamilyPolicy", ipFamilyPolicy, familyPolicies)]),
  ];
}
