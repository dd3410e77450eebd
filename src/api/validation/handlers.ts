import type { StatusCause } from "../errors.ts";
import { forbiddenField, invalidValue, required } from "../field-errors.ts";
import { portName, portNumber } from "../names.ts";
import type { HTTPGetAction, IntOrString, Lifecycle, LifecycleHandler, Probe } from "../objects.ts";
import { invalidFor, nonNegative, requiredChoice, requiredText } from "./field-checks.ts";

type ProbeKind = "livenessProbe" | "readinessProbe" | "startupProbe";

/**
 * What is wrong with a container's probe.
 *
 * @see kubernetes `pkg/apis/core/validation/validation.go`: `validateProbe` and its three callers
 */
export function validateProbe(
  kind: ProbeKind,
  probe: Probe | undefined,
  field: string,
): StatusCause[] {
  if (probe === undefined) return [];
  const grace = probe.terminationGracePeriodSeconds;
  const graceField = `${field}.terminationGracePeriodSeconds`;
  const { successThreshold } = probe;
  const mustSucceedOnce = kind !== "readinessProbe" && successThreshold !== 1;
  const counts = [
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
  ] as const;
  return [
    ...validateHandler(probe, undefined, field),
    ...counts.flatMap((count) => nonNegative(`${field}.${count}`, probe[count])),
    ...(grace !== undefined && grace <= 0
      ? [invalidValue(graceField, grace, "must be greater than 0")]
      : []),
    ...(mustSucceedOnce
      ? [invalidValue(`${field}.successThreshold`, successThreshold ?? 0, "must be 1")]
      : []),
    ...(kind === "readinessProbe" && grace !== undefined
      ? [invalidValue(graceField, grace, "must not be set for readinessProbes")]
      : []),
  ];
}

/** What is wrong with a container's hooks. A hook that sleeps must end within the pod's grace. */
export function validateLifecycle(
  lifecycle: Lifecycle | undefined,
  graceSeconds: number | undefined,
  field: string,
): StatusCause[] {
  const { postStart, preStop } = lifecycle ?? {};
  return [
    ...(postStart === undefined
      ? []
      : validateHandler(postStart, graceSeconds, `${field}.postStart`)),
    ...(preStop === undefined ? [] : validateHandler(preStop, graceSeconds, `${field}.preStop`)),
  ];
}

/** A port by number or by the name it has in its container. */
export function validatePortReference(port: IntOrString | undefined, field: string): StatusCause[] {
  return typeof port === "string"
    ? invalidFor(field, port, portName(port))
    : invalidFor(field, port ?? 0, portNumber(port ?? 0));
}

type Handler = Pick<Probe, "exec" | "httpGet" | "tcpSocket" | "grpc"> &
  Pick<LifecycleHandler, "sleep">;

/** Exactly one handler is allowed; those after the first are not even looked at. */
function validateHandler(
  handler: Handler,
  graceSeconds: number | undefined,
  field: string,
): StatusCause[] {
  const types = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] as const;
  const given = types.filter((type) => handler[type] !== undefined);
  const [first, ...others] = given;
  if (first === undefined) return [required(field, "must specify a handler type")];
  return [
    ...validateAction(handler, first, graceSeconds, `${field}.${first}`),
    ...others.map((type) =>
      forbiddenField(`${field}.${type}`, "may not specify more than 1 handler type"),
    ),
  ];
}

function validateAction(
  { exec, httpGet, tcpSocket, grpc, sleep }: Handler,
  type: keyof Handler,
  graceSeconds: number | undefined,
  field: string,
): StatusCause[] {
  switch (type) {
    case "exec":
      return (exec?.command ?? []).length === 0 ? [required(`${field}.command`)] : [];
    case "httpGet":
      return httpGet === undefined ? [] : validateHttpGet(httpGet, field);
    case "tcpSocket":
      return validatePortReference(tcpSocket?.port, `${field}.port`);
    case "grpc":
      return validatePortReference(grpc?.port, `${field}.port`);
    case "sleep": {
      const seconds = sleep?.seconds ?? 0;
      if (graceSeconds === undefined || (seconds >= 0 && seconds <= graceSeconds)) return [];
      const rule = "must be non-negative and less than terminationGracePeriodSeconds";
      return [invalidValue(field, seconds, `${rule} (${graceSeconds})`)];
    }
  }
}

function validateHttpGet(action: HTTPGetAction, field: string): StatusCause[] {
  return [
    ...requiredText(`${field}.path`, action.path),
    ...validatePortReference(action.port, `${field}.port`),
    ...requiredChoice(`${field}.scheme`, action.scheme, ["HTTP", "HTTPS"]),
    ...(action.httpHeaders ?? []).flatMap(({ name }) =>
      invalidFor(`${field}.httpHeaders`, name, httpHeaderName(name)),
    ),
  ];
}

function httpHeaderName(name: string): string[] {
  if (/^[-A-Za-z0-9]+$/.test(name)) return [];
  return [
    "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
  ];
}
