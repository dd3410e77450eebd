import type { StatusCause } from "../errors.ts";
import { duplicateValue, forbiddenField, required } from "../field-errors.ts";
import { dns1123Label, portNumber, qualifiedName } from "../names.ts";
import type { ServicePort, ServiceSpec } from "../objects.ts";
import { portProtocols } from "./container-ports.ts";
import { invalidFor, requiredChoice } from "./field-checks.ts";
import { validatePortReference } from "./handlers.ts";

/**
 * What is wrong with a service's ports. Several need names, to be told apart.
 *
 * @see kubernetes `pkg/apis/core/validation/validation.go`: `validateServicePort`, `validateService`
 */
export function validateServicePorts({ ports = [] }: ServiceSpec): StatusCause[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) =>
    validatePort(port, ports.length > 1, names, `spec.ports[${index}]`),
  );
}

/** What is wrong between a service's ports, or between them and its type. */
export function validatePortConflicts({ ports = [], type }: ServiceSpec): StatusCause[] {
  return [
    ...(type === "ClusterIP" ? forbidNodePorts(ports) : []),
    ...validateUnique(ports, ({ nodePort = 0 }) => nodePort, ".nodePort"),
    ...validateUnique(ports, ({ port }) => port, ""),
  ];
}

function validatePort(
  port: ServicePort,
  isNameRequired: boolean,
  names: Set<string>,
  at: string,
): StatusCause[] {
  const { appProtocol } = port;
  return [
    ...validateName(port, isNameRequired, names, `${at}.name`),
    ...invalidFor(`${at}.port`, port.port, portNumber(port.port)),
    ...requiredChoice(`${at}.protocol`, port.protocol, portProtocols),
    ...validatePortReference(port.targetPort, `${at}.targetPort`),
    ...(appProtocol === undefined
      ? []
      : invalidFor(`${at}.appProtocol`, appProtocol, qualifiedName(appProtocol))),
  ];
}

function validateName(
  { name = "" }: ServicePort,
  isRequired: boolean,
  names: Set<string>,
  field: string,
): StatusCause[] {
  if (name === "") return isRequired ? [required(field)] : [];
  const isTaken = names.has(name);
  names.add(name);
  return [
    ...invalidFor(field, name, dns1123Label(name)),
    ...(isTaken ? [duplicateValue(field, name)] : []),
  ];
}

function forbidNodePorts(ports: readonly ServicePort[]): StatusCause[] {
  const rule = "may not be used when `type` is 'ClusterIP'";
  return ports.flatMap(({ nodePort = 0 }, index) =>
    nodePort === 0 ? [] : [forbiddenField(`spec.ports[${index}].nodePort`, rule)],
  );
}

/** One number can be used once for each protocol. The message for ports shows the pair. */
function validateUnique(
  ports: readonly ServicePort[],
  numberOf: (port: ServicePort) => number,
  suffix: "" | ".nodePort",
): StatusCause[] {
  const taken = new Set<string>();
  return ports.flatMap((port, index) => {
    const number = numberOf(port);
    if (number === 0 && suffix !== "") return [];
    const pair = `${port.protocol}/${number}`;
    if (!taken.has(pair)) {
      taken.add(pair);
      return [];
    }
    const shown = suffix === "" ? shownPair(port) : number;
    return [duplicateValue(`spec.ports[${index}]${suffix}`, shown)];
  });
}

/** Upstream prints its internal type here, with every field that it has. */
function shownPair({ protocol, port }: ServicePort): object {
  return {
    Name: "",
    Protocol: protocol ?? "",
    AppProtocol: null,
    Port: port,
    TargetPort: 0,
    NodePort: 0,
  };
}
