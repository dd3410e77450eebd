import { equalJson } from "../equal-json.ts";
import type { StatusCause } from "../errors.ts";
import { forbiddenField, invalidValue, required } from "../field-errors.ts";
import type { Container, PodSpec, Toleration } from "../objects.ts";
import { unifiedDiff } from "../unified-diff.ts";
import { imageWhitespace } from "./containers.ts";
import { validateTolerations } from "./tolerations.ts";

const int32Max = 2 ** 31 - 1;

/**
 * What is wrong with how a pod's spec changes: only images, the deadline, additional tolerations and
 * fewer scheduling gates are allowed, and a narrower node selector while gates remain.
 *
 * The message for anything else ends in a diff of the two specs, which shows the fields by their
 * JSON names where upstream shows those of its internal type.
 */
export function validatePodSpecUpdate(spec: PodSpec, old: PodSpec): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const list of ["containers", "initContainers"] as const) {
    const field = `spec.${list}`;
    const containers = spec[list] ?? [];
    if (containers.length !== (old[list] ?? []).length) {
      return [...causes, forbiddenField(field, "pod updates may not add or remove containers")];
    }
    causes.push(...validateImages(containers, field));
  }
  const deadline = validateDeadline(spec, old);
  causes.push(...deadline.causes);
  if (deadline.isFatal) return causes;
  return [
    ...causes,
    ...validateAddedTolerations(spec.tolerations, old.tolerations),
    ...validateRemovedGates(spec, old),
    ...validateSelectorOfGated(spec, old),
    ...validateTheRest(spec, old),
  ];
}

function validateImages(containers: readonly Container[], field: string): StatusCause[] {
  return containers.flatMap(({ image = "" }, index) => {
    const at = `${field}[${index}].image`;
    return [
      ...(image === "" ? [required(at)] : []),
      ...(image.trim() === image ? [] : [invalidValue(at, image, imageWhitespace)]),
    ];
  });
}

/** A deadline may come, or come nearer. */
function validateDeadline(
  { activeDeadlineSeconds: seconds }: PodSpec,
  { activeDeadlineSeconds: oldSeconds }: PodSpec,
): { causes: StatusCause[]; isFatal: boolean } {
  const field = "spec.activeDeadlineSeconds";
  const fatal = (problem: string) => ({
    causes: [invalidValue(field, seconds, problem)],
    isFatal: true,
  });
  if (seconds === undefined) {
    const rule = "must not update from a positive integer to nil value";
    const causes = oldSeconds === undefined ? [] : [invalidValue(field, null, rule)];
    return { causes, isFatal: false };
  }
  if (seconds < 0 || seconds > int32Max) {
    return fatal(`must be between 0 and ${int32Max}, inclusive`);
  }
  return oldSeconds !== undefined && oldSeconds < seconds
    ? fatal("must be less than or equal to previous value")
    : { causes: [], isFatal: false };
}

function validateAddedTolerations(
  tolerations: readonly Toleration[] = [],
  old: readonly Toleration[] = [],
): StatusCause[] {
  const field = "spec.tolerations";
  const isKept = (kept: Toleration) =>
    tolerations.some((toleration) => equalJson(untimed(toleration), untimed(kept)));
  return old.every(isKept)
    ? validateTolerations(tolerations, field)
    : [
        forbiddenField(
          field,
          "existing toleration can not be modified except its tolerationSeconds",
        ),
      ];
}

function untimed(toleration: Toleration): object {
  return { ...toleration, tolerationSeconds: undefined };
}

function validateRemovedGates(
  { schedulingGates = [] }: PodSpec,
  { schedulingGates: old = [] }: PodSpec,
): StatusCause[] {
  const known = new Set(old.map(({ name }) => name));
  return schedulingGates.flatMap(({ name }, index) => {
    const problem = `only deletion is allowed, but found new scheduling gate '${name}'`;
    return known.has(name) ? [] : [forbiddenField(`spec.schedulingGates[${index}].name`, problem)];
  });
}

/** While a gate holds a pod back, where it may run can still be narrowed. */
function validateSelectorOfGated(spec: PodSpec, old: PodSpec): StatusCause[] {
  const { nodeSelector = {} } = spec;
  const isNarrowed = Object.entries(old.nodeSelector ?? {}).every(
    ([key, value]) => nodeSelector[key] === value,
  );
  if (!isGated(old) || isNarrowed) return [];
  const rule = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
  return [invalidValue("spec.nodeSelector", nodeSelector, rule)];
}

const updatableFields = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
];

/** With every field that may change set back to what it was, nothing may differ. */
function validateTheRest(spec: PodSpec, old: PodSpec): StatusCause[] {
  const grace = old.terminationGracePeriodSeconds;
  const isGraceMended =
    grace !== undefined && grace < 0 && spec.terminationGracePeriodSeconds === 1;
  const fixed = withFields(spec, {
    containers: withImagesOf(spec.containers, old.containers),
    initContainers: spec.initContainers && withImagesOf(spec.initContainers, old.initContainers),
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    tolerations: old.tolerations,
    schedulingGates: old.schedulingGates,
    ...(isGraceMended && { terminationGracePeriodSeconds: grace }),
    ...(isGated(old) && { nodeSelector: old.nodeSelector }),
  });
  if (equalJson(fixed, old)) return [];
  const rule = `pod updates may not change fields other than ${updatableFields.join(",")}`;
  return [forbiddenField("spec", `${rule}\n${unifiedDiff(pretty(old), pretty(fixed))}`)];
}

function withImagesOf(
  containers: readonly Container[] = [],
  old: readonly Container[] = [],
): Container[] {
  return containers.map((container, index) => {
    const image = old[index]?.image;
    return image === undefined ? container : { ...container, image };
  });
}

/** Fields keep their places, so that the diff shows what changed and nothing else. */
function withFields(
  spec: PodSpec,
  fields: { readonly [Field in keyof PodSpec]?: PodSpec[Field] | undefined },
): PodSpec {
  const entries = Object.entries({ ...spec, ...fields });
  return Object.fromEntries(
    entries.filter(([, value]) => value !== undefined),
  ) as unknown as PodSpec;
}

function isGated({ schedulingGates = [] }: PodSpec): boolean {
  return schedulingGates.length > 0;
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 1);
}
