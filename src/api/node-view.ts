import type { Node, Taint } from "./objects.ts";

/** What controllers and the scheduler read of a node, however it is kept. */
export interface NodeView {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly taints: readonly Taint[];
  readonly isUnschedulable: boolean;
  /** Empty until it has one. */
  readonly podCidr: string;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly conditions: readonly ConditionView[];
}

/** A condition's status, without its times and words. */
export interface ConditionView {
  readonly type: string;
  readonly status: string;
}

/** A node that is there as a whole. */
export function nodeViewOf({ metadata, spec, status }: Node): NodeView {
  return {
    name: metadata.name ?? "",
    labels: metadata.labels,
    taints: spec.taints ?? noTaints,
    isUnschedulable: spec.unschedulable ?? false,
    podCidr: spec.podCIDR ?? "",
    allocatable: status?.allocatable ?? nothing,
    conditions: status?.conditions ?? noConditions,
  };
}

const noTaints: readonly Taint[] = [];
const noConditions: readonly ConditionView[] = [];
const nothing: Readonly<Record<string, string>> = {};
