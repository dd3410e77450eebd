import type { StatusCause } from "../errors.ts";
import { forbiddenField, invalidValue, required } from "../field-errors.ts";
import { qualifiedName } from "../names.ts";
import type { Quantity, ResourceRequirements } from "../objects.ts";
import { canonicalQuantity, parseQuantity } from "../quantity.ts";
import { isExtendedResource, isHugePages, isNativeResource } from "../resource-names.ts";
import { invalidFor } from "./field-checks.ts";

type ResourceList = Readonly<Record<string, Quantity>>;

/**
 * What is wrong with a container's requests and limits, resource names in code-unit order.
 *
 * @see kubernetes `pkg/apis/core/validation/validation.go`: `validateResourceRequirements`
 */
export function validateResourceRequirements(
  resources: ResourceRequirements | undefined,
  field: string,
): StatusCause[] {
  const { limits = {}, requests = {} } = resources ?? {};
  const named = [...Object.keys(limits), ...Object.keys(requests)];
  const hasHugePages = named.some(isHugePages);
  const hasCompute = named.some((name) => name === "cpu" || name === "memory");
  return [
    ...resourceNames(limits).flatMap(([name, quantity]) =>
      validateContainerResource(name, quantity, `${field}.limits[${name}]`),
    ),
    ...resourceNames(requests).flatMap(([name, quantity]) => [
      ...validateContainerResource(name, quantity, `${field}.requests[${name}]`),
      ...validateAgainstLimit(name, quantity, limits, field),
    ]),
    ...(hasHugePages && !hasCompute
      ? [forbiddenField(field, "HugePages require cpu or memory")]
      : []),
  ];
}

/** A quantity of a resource: never negative, and whole for what cannot be divided. */
export function validateResourceQuantity(
  name: string,
  quantity: Quantity,
  field: string,
): StatusCause[] {
  const nano = parseQuantity(quantity);
  const shown = canonicalQuantity(quantity);
  const isWhole = nano % 1_000_000_000n === 0n;
  return [
    ...(nano < 0n ? [invalidValue(field, shown, "must be greater than or equal to 0")] : []),
    ...(isCounted(name) && !isWhole ? [invalidValue(field, shown, "must be an integer")] : []),
  ];
}

function validateContainerResource(name: string, quantity: Quantity, field: string): StatusCause[] {
  return [
    ...validateContainerResourceName(name, field),
    ...validateResourceQuantity(name, quantity, field),
    ...(isHugePages(name) && !isDivisible(name, quantity)
      ? [invalidValue(field, canonicalQuantity(quantity), notDivisible(name, quantity))]
      : []),
  ];
}

function validateContainerResourceName(name: string, field: string): StatusCause[] {
  const malformed = invalidFor(field, name, qualifiedName(name));
  if (!name.includes("/")) {
    const isForContainers = containerResources.includes(name) || isHugePages(name);
    if (isForContainers) return malformed;
    const isStandard = standardResources.includes(name);
    const problems = [
      ...(malformed.length > 0 || isStandard
        ? []
        : ["must be a standard resource type or fully qualified"]),
      "must be a standard resource for containers",
    ];
    return [...malformed, ...invalidFor(field, name, problems)];
  }
  if (isNativeResource(name) || isExtendedResource(name)) return malformed;
  const problem = "doesn't follow extended resource name standard";
  return [...malformed, invalidValue(field, name, problem)];
}

function validateAgainstLimit(
  name: string,
  quantity: Quantity,
  limits: ResourceList,
  field: string,
): StatusCause[] {
  const limit = limits[name];
  const isOvercommitAllowed = isNativeResource(name) && !isHugePages(name);
  if (limit === undefined) {
    const rule = "Limit must be set for non overcommitable resources";
    return isOvercommitAllowed ? [] : [required(`${field}.limits`, rule)];
  }
  const requested = parseQuantity(quantity);
  const limited = parseQuantity(limit);
  const limitShown = `${name} limit of ${canonicalQuantity(limit)}`;
  if (requested !== limited && !isOvercommitAllowed) {
    const problem = `must be equal to ${limitShown}`;
    return [invalidValue(`${field}.requests`, canonicalQuantity(quantity), problem)];
  }
  if (requested <= limited) return [];
  const problem = `must be less than or equal to ${limitShown}`;
  return [invalidValue(`${field}.requests`, canonicalQuantity(quantity), problem)];
}

const containerResources = ["cpu", "memory", "ephemeral-storage"];

/** Names known to the system; most of them make sense in quotas only. */
const standardResources = [
  ...containerResources,
  ...containerResources.flatMap((name) => [`requests.${name}`, `limits.${name}`]),
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "storage",
  "requests.storage",
  "services.nodeports",
  "services.loadbalancers",
];

const countedResources = [
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "services.nodeports",
  "services.loadbalancers",
];

function isCounted(name: string): boolean {
  return countedResources.includes(name) || isExtendedResource(name);
}

function isDivisible(name: string, quantity: Quantity): boolean {
  const pageSize = name.slice("hugepages-".length);
  try {
    const page = parseQuantity(pageSize);
    return page > 0n && parseQuantity(quantity) % page === 0n;
  } catch {
    return false;
  }
}

function notDivisible(name: string, quantity: Quantity): string {
  return `${canonicalQuantity(quantity)} is not positive integer multiple of ${name}`;
}

function resourceNames(list: ResourceList): [string, Quantity][] {
  return Object.entries(list).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
