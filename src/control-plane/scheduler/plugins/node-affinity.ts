import type {
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
} from "../../../api/objects.ts";
import { isLabelInteger } from "../../../api/label-requirement.ts";
import { matchesLabels } from "../../../api/selectors.ts";
import { type FilterPlugin, fits, type NodeInfo, refuses } from "../framework.ts";

/**
 * Keeps pods to the nodes that their node selector and their required node affinity ask for.
 *
 * @see kubernetes `pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go` and
 *   `staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go`
 */
export const nodeAffinity: FilterPlugin = {
  name: "NodeAffinity",

  filter({ spec }, node) {
    const { nodeSelector, affinity } = spec;
    const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    if (nodeSelector === undefined && required === undefined) return fits;
    if (required !== undefined && namedNodes(required)?.has(node.name) === false) {
      // Upstream does not even look at such a node, so it says so in other words.
      return refuses("node(s) didn't satisfy plugin(s) [NodeAffinity]");
    }
    const isWanted =
      hasLabels(node, nodeSelector ?? {}) &&
      (required === undefined || required.nodeSelectorTerms.some((term) => matches(node, term)));
    return isWanted ? fits : refuses("node(s) didn't match Pod's node affinity/selector");
  },
};

function hasLabels({ labels = {} }: NodeInfo, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(
    ([key, value]) => Object.hasOwn(labels, key) && labels[key] === value,
  );
}

/** The nodes that every term names, one way or the other; `undefined` when some term names none. */
function namedNodes({ nodeSelectorTerms }: NodeSelector): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  for (const { matchFields = [] } of nodeSelectorTerms) {
    const naming = matchFields.filter(isNaming).map(({ values = [] }) => values);
    const [first, ...others] = naming;
    if (first === undefined) return undefined;
    const inAll = first.filter((name) => others.every((values) => values.includes(name)));
    for (const name of inAll) names.add(name);
  }
  return names.size === 0 ? undefined : names;
}

function isNaming({ key, operator }: NodeSelectorRequirement): boolean {
  return key === "metadata.name" && operator === "In";
}

/** A term without conditions matches nothing. */
function matches(
  node: NodeInfo,
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  return (
    matchExpressions.every((requirement) => matchesLabel(node, requirement)) &&
    matchFields.every((requirement) => matchesField(node, requirement))
  );
}

/** As label selectors call them, and how many values each takes. */
const operators = {
  In: { operator: "in", takes: (count: number) => count > 0 },
  NotIn: { operator: "notin", takes: (count: number) => count > 0 },
  Exists: { operator: "exists", takes: (count: number) => count === 0 },
  DoesNotExist: { operator: "!", takes: (count: number) => count === 0 },
  Gt: { operator: "gt", takes: (count: number) => count === 1 },
  Lt: { operator: "lt", takes: (count: number) => count === 1 },
} as const;

/** A requirement that makes no sense is met by no node. */
function matchesLabel({ labels }: NodeInfo, requirement: NodeSelectorRequirement): boolean {
  const { key, operator, values = [] } = requirement;
  if (!Object.hasOwn(operators, operator)) return false;
  const { operator: labelOperator, takes } = operators[operator];
  const isNumeric = operator === "Gt" || operator === "Lt";
  if (!takes(values.length) || (isNumeric && !values.every(isLabelInteger))) return false;
  return matchesLabels([{ key, operator: labelOperator, values }], labels);
}

/** The one field that a node is selected by is its name. */
function matchesField({ name }: NodeInfo, requirement: NodeSelectorRequirement): boolean {
  const { key, operator, values = [] } = requirement;
  if (values.length !== 1) return false;
  const isEqual = (key === "metadata.name" ? name : "") === values[0];
  if (operator === "In") return isEqual;
  return operator === "NotIn" && !isEqual;
}
