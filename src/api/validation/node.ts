import { equalJson } from "../equal-json.ts";
import type { StatusCause } from "../errors.ts";
import { duplicateValue, forbiddenField, invalidValue } from "../field-errors.ts";
import { cidrProblems } from "../ip.ts";
import { labelValue, qualifiedName } from "../names.ts";
import type { Node, Taint } from "../objects.ts";
import { invalidFor, requiredChoice } from "./field-checks.ts";
import { validateFinalizerNames } from "./finalizer-names.ts";
import { validateResourceQuantity } from "./resource-requirements.ts";
import { taintEffects } from "./tolerations.ts";

/**
 * What is wrong with a node. Upstream places a node's taints under its metadata.
 *
 * @see kubernetes `pkg/apis/core/validation/validation.go`: `ValidateNode`
 */
export function validateNode(node: Node): StatusCause[] {
  const { podCIDRs = [], taints = [] } = node.spec ?? {};
  return [
    ...validateFinalizerNames(node.metadata),
    ...validateTaints(taints, "metadata.taints"),
    ...validateNodeResources(node),
    ...podCIDRs.flatMap((cidr, index) =>
      invalidFor(`spec.podCIDRs[${index}]`, cidr, cidrProblems(cidr)),
    ),
    ...(podCIDRs.length > 1 && !isDualStack(podCIDRs)
      ? [
          invalidValue(
            "spec.podCIDRs",
            podCIDRs,
            "may specify no more than one CIDR for each IP family",
          ),
        ]
      : []),
  ];
}

/**
 * What is wrong with how a node changes: its pod CIDRs and its provider ID are given once.
 *
 * @see kubernetes `pkg/apis/core/validation/validation.go`: `ValidateNodeUpdate`
 */
export function validateNodeUpdate(node: Node, old: Node): StatusCause[] {
  return [
    ...validateAddresses(node),
    ...validatePodCidrsKept(node, old),
    ...validateProviderIdKept(node, old),
  ];
}

function validateNodeResources({ status }: Node): StatusCause[] {
  return (["capacity", "allocatable"] as const).flatMap((list) =>
    Object.entries(status?.[list] ?? {}).flatMap(([name, quantity]) =>
      validateResourceQuantity(name, quantity, `status.${list}.${name}`),
    ),
  );
}

function validateTaints(taints: readonly Taint[], field: string): StatusCause[] {
  const taken = new Set<string>();
  return taints.flatMap((taint, index) => {
    const at = `${field}[${index}]`;
    const { key, value = "", effect } = taint;
    const valueProblems = labelValue(value);
    const pair = `${key}:${effect}`;
    const isTaken = taken.has(pair);
    taken.add(pair);
    // Upstream prints its internal type here, whose fields are called otherwise.
    const shown = { Key: key, Value: value, Effect: effect, TimeAdded: taint.timeAdded ?? null };
    const duplicate = duplicateValue(at, shown);
    const rule = "taints must be unique by key and effect pair";
    return [
      ...invalidFor(`${at}.key`, key, qualifiedName(key)),
      ...(valueProblems.length === 0
        ? []
        : [invalidValue(`${at}.value`, value, valueProblems.join(";"))]),
      ...requiredChoice(`${at}.effect`, effect, taintEffects),
      ...(isTaken ? [{ ...duplicate, message: `${duplicate.message}: ${rule}` }] : []),
    ];
  });
}

/** Upstream prints these by the names of its internal type, too. */
function validateAddresses({ status }: Node): StatusCause[] {
  const taken = new Set<string>();
  return (status?.addresses ?? []).flatMap(({ type, address }, index) => {
    const pair = `${type}/${address}`;
    if (!taken.has(pair)) {
      taken.add(pair);
      return [];
    }
    return [duplicateValue(`status.addresses[${index}]`, { Type: type, Address: address })];
  });
}

function validatePodCidrsKept(node: Node, old: Node): StatusCause[] {
  const { podCIDRs: kept = [] } = old.spec ?? {};
  const { podCIDRs = [] } = node.spec ?? {};
  if (kept.length === 0 || equalJson(kept, podCIDRs)) return [];
  const rule = 'node updates may not change podCIDR except from "" to valid';
  return [forbiddenField("spec.podCIDRs", rule)];
}

function validateProviderIdKept(node: Node, old: Node): StatusCause[] {
  const kept = old.spec?.providerID ?? "";
  if (kept === "" || kept === node.spec?.providerID) return [];
  const rule = 'node updates may not change providerID except from "" to valid';
  return [forbiddenField("spec.providerID", rule)];
}

function isDualStack(cidrs: readonly string[]): boolean {
  const families = new Set(cidrs.map((cidr) => cidr.includes(":")));
  return cidrs.length === 2 && families.size === 2;
}
