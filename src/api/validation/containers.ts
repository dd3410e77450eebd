import type { StatusCause } from "../errors.ts";
import {
  duplicateValue,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
  tooMany,
} from "../field-errors.ts";
import { dns1123Label } from "../names.ts";
import type { Container, PodSpec, Volume } from "../objects.ts";
import { validateEnv, validateEnvFrom } from "./container-env.ts";
import { validateContainerPorts, validateHostPortConflicts } from "./container-ports.ts";
import { invalidFor, requiredChoice, requiredText } from "./field-checks.ts";
import { validateLifecycle, validateProbe } from "./handlers.ts";
import { validateResourceRequirements } from "./resource-requirements.ts";
import { validateVolumeDevices, validateVolumeMounts } from "./volume-mounts.ts";

type Volumes = ReadonlyMap<string, Volume>;

/**
 * What is wrong with a pod's containers.
 *
 * @see kubernetes `pkg/apis/core/validation/validation.go`: `validateContainers`
 */
export function validateContainers(spec: PodSpec, volumes: Volumes): StatusCause[] {
  const field = "spec.containers";
  const containers = spec.containers ?? [];
  if (containers.length === 0) return [required(field)];
  const names = new Set<string>();
  return [
    ...containers.flatMap((container, index) => {
      const at = `${field}[${index}]`;
      return [
        ...validateContainer(container, volumes, at),
        ...validateUniqueName(container, names, at),
        ...validateLife(container, spec, at),
        ...validateRestartPolicy(container, at),
      ];
    }),
    ...validateHostPortConflicts(containers, field),
  ];
}

/**
 * What is wrong with a pod's init containers. One that restarts always (a sidecar) may have hooks and
 * probes; the others are gone before they would matter.
 */
export function validateInitContainers(spec: PodSpec, volumes: Volumes): StatusCause[] {
  const field = "spec.initContainers";
  const names = new Set((spec.containers ?? []).map(({ name }) => name));
  return (spec.initContainers ?? []).flatMap((container, index) => {
    const at = `${field}[${index}]`;
    const isSidecar = container.restartPolicy === "Always";
    return [
      ...validateContainer(container, volumes, at),
      ...validateRestartPolicy(container, at),
      ...validateUniqueName(container, names, at),
      ...validateHostPortConflicts([container], field),
      ...(isSidecar ? validateLife(container, spec, at) : forbidLife(container, at)),
    ];
  });
}

/** Rules that hold for pods but not for the templates of other kinds. */
export function validateImageWhitespace(
  containers: readonly Container[] = [],
  field: string,
): StatusCause[] {
  return containers.flatMap(({ image = "" }, index) =>
    image.trim() === image
      ? []
      : [invalidValue(`${field}[${index}].image`, image, imageWhitespace)],
  );
}

export const imageWhitespace = "must not have leading or trailing whitespace";

function validateContainer(container: Container, volumes: Volumes, at: string): StatusCause[] {
  const { name, image = "" } = container;
  return [
    ...(name === ""
      ? [required(`${at}.name`)]
      : invalidFor(`${at}.name`, name, dns1123Label(name))),
    ...requiredText(`${at}.image`, image),
    ...requiredChoice(`${at}.terminationMessagePolicy`, container.terminationMessagePolicy, [
      "File",
      "FallbackToLogsOnError",
    ]),
    ...validateContainerPorts(container.ports, `${at}.ports`),
    ...validateEnv(container.env, `${at}.env`),
    ...validateEnvFrom(container.envFrom, `${at}.envFrom`),
    ...validateVolumeMounts(container, volumes, `${at}.volumeMounts`),
    ...validateVolumeDevices(container, volumes, `${at}.volumeDevices`),
    ...requiredChoice(`${at}.imagePullPolicy`, container.imagePullPolicy, [
      "Always",
      "IfNotPresent",
      "Never",
    ]),
    ...validateResourceRequirements(container.resources, `${at}.resources`),
  ];
}

function validateUniqueName({ name }: Container, names: Set<string>, at: string): StatusCause[] {
  if (names.has(name)) return [duplicateValue(`${at}.name`, name)];
  names.add(name);
  return [];
}

const probes = ["livenessProbe", "readinessProbe", "startupProbe"] as const;

function validateLife(container: Container, spec: PodSpec, at: string): StatusCause[] {
  const { terminationGracePeriodSeconds } = spec;
  return [
    ...validateLifecycle(container.lifecycle, terminationGracePeriodSeconds, `${at}.lifecycle`),
    ...probes.flatMap((probe) => validateProbe(probe, container[probe], `${at}.${probe}`)),
  ];
}

function forbidLife(container: Container, at: string): StatusCause[] {
  const rule = "may not be set for init containers without restartPolicy=Always";
  return (["lifecycle", ...probes] as const)
    .filter((field) => container[field] !== undefined)
    .map((field) => forbiddenField(`${at}.${field}`, rule));
}

const rulesMax = 20;
const exitCodesMax = 255;

/** A container's own restart policy, and what it does on which exit code. */
function validateRestartPolicy(container: Container, at: string): StatusCause[] {
  const { restartPolicy, restartPolicyRules: rules = [] } = container;
  const policies = ["Always", "Never", "OnFailure"];
  const field = `${at}.restartPolicyRules`;
  return [
    ...(restartPolicy === undefined && rules.length > 0
      ? [required(`${at}.restartPolicy`, "must specify restartPolicy when restart rules are used")]
      : []),
    ...(restartPolicy === undefined || policies.includes(restartPolicy)
      ? []
      : [notSupported(`${at}.restartPolicy`, restartPolicy, policies)]),
    ...(rules.length > rulesMax ? [tooMany(field, rules.length, rulesMax)] : []),
    ...rules.flatMap(({ action, exitCodes }, index) => {
      const actions = ["Restart", "RestartAllContainers"];
      const operators = ["In", "NotIn"];
      const codesField = `${field}[${index}].exitCodes`;
      const unknownAction = actions.includes(action)
        ? []
        : [notSupported(`${field}[${index}].action`, action, actions)];
      if (exitCodes === undefined)
        return [...unknownAction, required(codesField, "must be specified")];
      const { operator, values = [] } = exitCodes;
      return [
        ...unknownAction,
        ...(operators.includes(operator)
          ? []
          : [notSupported(`${codesField}.operator`, operator, operators)]),
        ...(values.length > exitCodesMax
          ? [tooMany(`${codesField}.values`, values.length, exitCodesMax)]
          : []),
      ];
    }),
  ];
}
