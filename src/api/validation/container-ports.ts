import type { StatusCause } from "../errors.ts";
import { duplicateValue, required } from "../field-errors.ts";
import { portName, portNumber } from "../names.ts";
import type { Container, ContainerPort } from "../objects.ts";
import { invalidFor, requiredChoice } from "./field-checks.ts";

/** Transport protocols of container and service ports. */
export const portProtocols = ["SCTP", "TCP", "UDP"];

/**
 * What is wrong with the ports that a container declares.
 *
 * @see kubernetes `pkg/apis/core/validation/validation.go`: `validateContainerPorts`
 */
export function validateContainerPorts(
  ports: readonly ContainerPort[] = [],
  field: string,
): StatusCause[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `${field}[${index}]`;
    const { containerPort, hostPort = 0 } = port;
    return [
      ...validateName(port, names, `${at}.name`),
      ...(containerPort === 0
        ? [required(`${at}.containerPort`)]
        : invalidFor(`${at}.containerPort`, containerPort, portNumber(containerPort))),
      ...(hostPort === 0 ? [] : invalidFor(`${at}.hostPort`, hostPort, portNumber(hostPort))),
      ...requiredChoice(`${at}.protocol`, port.protocol, portProtocols),
    ];
  });
}

/** A port of the node can be given to one container only. */
export function validateHostPortConflicts(
  containers: readonly Container[],
  field: string,
): StatusCause[] {
  const taken = new Set<string>();
  return containers.flatMap(({ ports = [] }, containerIndex) =>
    ports.flatMap(({ protocol = "", hostIP = "", hostPort = 0 }, portIndex) => {
      if (hostPort === 0) return [];
      const address = `${protocol}/${hostIP}/${hostPort}`;
      if (!taken.has(address)) {
        taken.add(address);
        return [];
      }
      return [duplicateValue(`${field}[${containerIndex}].ports[${portIndex}].hostPort`, address)];
    }),
  );
}

function validateName(
  { name = "" }: ContainerPort,
  names: Set<string>,
  field: string,
): StatusCause[] {
  if (name === "") return [];
  const problems = portName(name);
  if (problems.length > 0) return invalidFor(field, name, problems);
  if (names.has(name)) return [duplicateValue(field, name)];
  names.add(name);
  return [];
}
