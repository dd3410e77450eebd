import type { Container, PodSpec, Quantity } from "./objects.ts";
import { parseQuantity } from "./quantity.ts";

/** Amounts in nano-units, by resource name. */
export type ResourceAmounts = ReadonlyMap<string, bigint>;

/**
 * What a pod's containers need together: the sum of those that run side by side, or what the most
 * demanding init container needs while it runs next to the sidecars started before it.
 *
 * @param missing Taken for a container that does not name the resource at all.
 * @see kubernetes `component-helpers/resource/helpers.go`: `AggregateContainerRequests`
 */
export function aggregateContainerResources(
  spec: PodSpec,
  list: "requests" | "limits",
  missing: ResourceAmounts = new Map(),
): ResourceAmounts {
  const amountsOf = (container: Container) => containerAmounts(container, list, missing);
  const total = new Map<string, bigint>();
  for (const container of spec.containers ?? []) add(total, amountsOf(container));
  const sidecars = new Map<string, bigint>();
  const peak = new Map<string, bigint>();
  for (const container of spec.initContainers ?? []) {
    const amounts = amountsOf(container);
    if (container.restartPolicy === "Always") {
      add(total, amounts);
      add(sidecars, amounts);
      raise(peak, sidecars);
    } else {
      const during = new Map(amounts);
      add(during, sidecars);
      raise(peak, during);
    }
  }
  raise(total, peak);
  return total;
}

/** A list of quantities in nano-units. */
export function resourceAmounts(
  list: Readonly<Record<string, Quantity>> = {},
): Map<string, bigint> {
  return new Map(Object.entries(list).map(([name, quantity]) => [name, parseQuantity(quantity)]));
}

/** Adds `more` to `total`, which is the caller's own. */
export function add(total: Map<string, bigint>, more: ResourceAmounts): void {
  for (const [name, amount] of more) total.set(name, (total.get(name) ?? 0n) + amount);
}

function containerAmounts(
  { resources }: Container,
  list: "requests" | "limits",
  missing: ResourceAmounts,
): Map<string, bigint> {
  const amounts = resourceAmounts(resources?.[list]);
  for (const [name, amount] of missing) if (!amounts.has(name)) amounts.set(name, amount);
  return amounts;
}

function raise(total: Map<string, bigint>, least: ResourceAmounts): void {
  for (const [name, amount] of least) {
    const current = total.get(name);
    if (current === undefined || current < amount) total.set(name, amount);
  }
}
