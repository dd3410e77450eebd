import {
  aggregateContainerResources,
  resourceAmounts,
  type ResourceAmounts,
} from "../container-resources.ts";
import type { PodSpec, Quantity } from "../objects.ts";
import { isPodLevelResource } from "../pod-resources.ts";
import { formatQuantity, type QuantityForm, quantityForm } from "../quantity.ts";
import { isHugePages } from "../resource-names.ts";

type ResourceList = Readonly<Record<string, Quantity>>;

/**
 * Resources of the pod as a whole, when some are given: huge pages are limited to what the containers
 * may use, and what is limited is requested, as the containers do or else up to the limit.
 *
 * @see kubernetes `pkg/apis/core/v1/defaults.go`: `defaultHugePagePodLimits`, `defaultPodRequests`
 */
export function defaultPodResources(spec: PodSpec): PodSpec {
  const { resources } = spec;
  const isGiven =
    Object.keys(resources?.limits ?? {}).length + Object.keys(resources?.requests ?? {}).length > 0;
  if (resources === undefined || !isGiven) return spec;
  const requests = resources.requests ?? {};
  const pages = [...aggregateContainerResources(spec, "limits")].filter(
    ([name]) => isHugePages(name) && requests[name] === undefined,
  );
  const limits = { ...shown(new Map(pages), spec), ...resources.limits };
  if (Object.keys(limits).length === 0) return spec;
  const ofContainers = [...aggregateContainerResources(spec, "requests")].filter(
    ([name]) => isPodLevelResource(name) && !isHugePages(name),
  );
  const ofLimits = [...resourceAmounts(limits)].filter(([name]) => isPodLevelResource(name));
  const limited = Object.fromEntries(ofLimits.map(([name]) => [name, limits[name] ?? "0"]));
  const all = { ...limited, ...shown(new Map(ofContainers), spec), ...requests };
  return { ...spec, resources: { ...resources, limits: sorted(limits), requests: sorted(all) } };
}

/** Sums are written in the form of the first container that names the resource. */
function shown(amounts: ResourceAmounts, spec: PodSpec): ResourceList {
  const entries = [...amounts].map(([name, amount]) => [
    name,
    formatQuantity(amount, formIn(spec, name)),
  ]);
  return Object.fromEntries(entries) as ResourceList;
}

function formIn({ containers, initContainers = [] }: PodSpec, name: string): QuantityForm {
  for (const { resources } of [...containers, ...initContainers]) {
    const quantity = resources?.requests?.[name] ?? resources?.limits?.[name];
    if (quantity !== undefined) return quantityForm(quantity);
  }
  return "decimal";
}

function sorted(list: ResourceList): ResourceList {
  return Object.fromEntries(Object.entries(list).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
