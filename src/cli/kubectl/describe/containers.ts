import type {
  Container,
  ContainerState,
  ContainerStatus,
  EnvFromSource,
  EnvVar,
  Pod,
  Probe,
  ResourceRequirements,
  VolumeMount,
} from "../../../api/objects.ts";
import { goQuote } from "../../../api/go-format.ts";
import { canonicalQuantity, parseQuantity } from "../../../api/quantity.ts";
import { sortedKeys } from "../sorted-json.ts";
import { instant, optional, type StringMap } from "./lines.ts";

/** @see kubectl `describe/describe.go`: describeContainers */
export function containerLines(
  title: string,
  containers: readonly Container[],
  statuses: readonly ContainerStatus[],
  pod: Pod,
): readonly string[] {
  return [
    `${title}:${containers.length === 0 ? " <none>" : ""}`,
    ...containers.flatMap((container) => {
      const status = statuses.find(({ name }) => name === container.name);
      return [
        `  ${container.name}:`,
        ...indented(4, [
          ...basicLines(container, status),
          ...commandLines("Command", container.command),
          ...commandLines("Args", container.args),
          ...(status ? statusLines(status) : []),
          ...resourceLines(container.resources),
          ...probeLine("Liveness", container.livenessProbe),
          ...probeLine("Readiness", container.readinessProbe),
          ...probeLine("Startup", container.startupProbe),
          ...environmentSourceLines(container.envFrom),
          ...environmentLines(container, pod),
          ...mountLines(container.volumeMounts),
        ]),
      ];
    }),
  ];
}

export function indented(spaces: number, lines: readonly string[]): readonly string[] {
  return lines.map((line) => " ".repeat(spaces) + line);
}

export function resourceLines(resources: ResourceRequirements = {}): readonly string[] {
  const lines = (title: string, quantities: StringMap = {}): readonly string[] => {
    const names = sortedKeys(quantities);
    return names.length === 0
      ? []
      : [
          `${title}:`,
          ...names.map((name) => `  ${name}:\t${canonicalQuantity(quantities[name] as string)}`),
        ];
  };
  return [...lines("Limits", resources.limits), ...lines("Requests", resources.requests)];
}

function basicLines(container: Container, status: ContainerStatus | undefined): readonly string[] {
  const ports = container.ports ?? [];
  const portLine = (title: string, key: "containerPort" | "hostPort"): string => {
    const list = ports.map(({ name = "", protocol = "", ...port }) => {
      const text = `${port[key] ?? 0}/${protocol}`;
      return name === "" ? text : `${text} (${name})`;
    });
    return list.length > 1 ? `${title}s:\t${list.join(", ")}` : `${title}:\t${list[0] ?? "<none>"}`;
  };
  const seccomp = container.securityContext?.seccompProfile;
  return [
    ...(status ? [`Container ID:\t${status.containerID ?? ""}`] : []),
    `Image:\t${container.image ?? ""}`,
    ...(status ? [`Image ID:\t${status.imageID}`] : []),
    portLine("Port", "containerPort"),
    portLine("Host Port", "hostPort"),
    ...optional("SeccompProfile", seccomp?.type),
    ...indented(2, optional("LocalhostProfile", seccomp?.localhostProfile)),
  ];
}

function commandLines(title: string, words: readonly string[] = []): readonly string[] {
  if (words.length === 0) return [];
  return [
    `${title}:`,
    ...indented(
      2,
      words.flatMap((word) => word.split("\n")),
    ),
  ];
}

function statusLines(status: ContainerStatus): readonly string[] {
  return [
    ...stateLines("State", status.state ?? {}),
    ...(status.lastState?.terminated ? stateLines("Last State", status.lastState) : []),
    `Ready:\t${status.ready ? "True" : "False"}`,
    `Restart Count:\t${status.restartCount}`,
  ];
}

function stateLines(title: string, state: ContainerState): readonly string[] {
  const { running, terminated, waiting } = state;
  if (running) return [`${title}:\tRunning`, `  Started:\t${instant(running.startedAt)}`];
  if (waiting || !terminated) {
    return [`${title}:\tWaiting`, ...indented(2, optional("Reason", waiting?.reason))];
  }
  return [
    `${title}:\tTerminated`,
    ...indented(2, [
      ...optional("Reason", terminated.reason),
      ...optional("Message", terminated.message),
      `Exit Code:\t${terminated.exitCode}`,
      ...optional("Signal", terminated.signal || undefined),
      `Started:\t${instant(terminated.startedAt)}`,
      `Finished:\t${instant(terminated.finishedAt)}`,
    ]),
  ];
}

function probeLine(title: string, probe: Probe | undefined): readonly string[] {
  if (!probe) return [];
  const timing = [
    `delay=${probe.initialDelaySeconds ?? 0}s`,
    `timeout=${probe.timeoutSeconds ?? 0}s`,
    `period=${probe.periodSeconds ?? 0}s`,
    `#success=${probe.successThreshold ?? 0}`,
    `#failure=${probe.failureThreshold ?? 0}`,
  ].join(" ");
  return [`${title}:\t${probeAction(probe)} ${timing}`];
}

function probeAction({ exec, grpc, httpGet, tcpSocket }: Probe): string {
  if (exec) return `exec [${(exec.command ?? []).join(" ")}]`;
  if (httpGet) {
    const { scheme = "", host = "", port, path = "" } = httpGet;
    return `http-get ${scheme.toLowerCase()}://${host}:${port}${path}`;
  }
  if (tcpSocket) return `tcp-socket ${tcpSocket.host ?? ""}:${tcpSocket.port}`;
  return grpc ? `grpc <pod>:${grpc.port} ${grpc.service ?? ""}` : "unknown";
}

function environmentSourceLines(sources: readonly EnvFromSource[] = []): readonly string[] {
  if (sources.length === 0) return [];
  return [
    "Environment Variables from:",
    ...sources.map(({ configMapRef, secretRef, prefix = "" }) => {
      const source = configMapRef ?? secretRef;
      const kind = configMapRef ? "ConfigMap" : "Secret";
      const from = prefix === "" ? kind : `${kind} with prefix '${prefix}'`;
      return `  ${source?.name ?? ""}\t${from}\tOptional: ${source?.optional ?? false}`;
    }),
  ];
}

function environmentLines(container: Container, pod: Pod): readonly string[] {
  const variables = container.env ?? [];
  if (variables.length === 0) return ["Environment:\t<none>"];
  return [
    "Environment:",
    ...indented(
      2,
      variables.flatMap((variable) => variableLines(variable, container, pod)),
    ),
  ];
}

function variableLines(variable: EnvVar, container: Container, pod: Pod): readonly string[] {
  const { name, value = "", valueFrom } = variable;
  if (!valueFrom) {
    const [first = "", ...more] = value.split("\n");
    return [`${name}:\t${first}`, ...more.map((line) => `\t${line}`)];
  }
  const { configMapKeyRef, fieldRef, resourceFieldRef, secretKeyRef } = valueFrom;
  if (fieldRef) {
    const { apiVersion = "", fieldPath } = fieldRef;
    return [`${name}:\t${podField(pod, fieldPath)} (${apiVersion}:${fieldPath})`];
  }
  if (resourceFieldRef) {
    const { resource, divisor } = resourceFieldRef;
    return [`${name}:\t${resourceField(container, resource, divisor)} (${resource})`];
  }
  if (secretKeyRef) {
    const { key, name: secret = "", optional: isOptional = false } = secretKeyRef;
    const text = `<set to the key '${key}' in secret '${secret}'>`;
    return [`${name}:\t${text}\tOptional: ${isOptional}`];
  }
  if (!configMapKeyRef) return [];
  const { key, name: configMap = "", optional: isOptional = false } = configMapKeyRef;
  const text = `<set to the key '${key}' of config map '${configMap}'>`;
  return [`${name}:\t${text}\tOptional: ${isOptional}`];
}

/** Metadata only: kubectl leaves the rest to the kubelet. @see kubectl `util/fieldpath/fieldpath.go` */
function podField({ metadata }: Pod, path: string): string {
  const field = /^metadata\.(name|namespace|uid)$/.exec(path)?.[1] as "name" | undefined;
  return (field && metadata[field]) ?? "";
}

/** @see kubectl `util/resource/resource.go`: ExtractContainerResourceValue */
function resourceField(container: Container, path: string, divisor = "0"): string {
  const [, kind, name = ""] = /^(limits|requests)\.(.+)$/.exec(path) ?? [];
  const quantity = container.resources?.[kind as "limits" | "requests"]?.[name];
  if (quantity === undefined) {
    return path === "limits.cpu" || path === "limits.memory" ? "node allocatable" : "0";
  }
  const unit = divisor === "0" ? parseQuantity("1") : parseQuantity(divisor);
  return String((parseQuantity(quantity) + unit - 1n) / unit);
}

function mountLines(mounts: readonly VolumeMount[] = []): readonly string[] {
  if (mounts.length === 0) return ["Mounts:\t<none>"];
  const sorted = mounts.toSorted((a, b) => (a.mountPath < b.mountPath ? -1 : 1));
  return [
    "Mounts:",
    ...sorted.map(({ mountPath, name, readOnly = false, subPath = "" }) => {
      const flags = [
        readOnly ? "ro" : "rw",
        ...(subPath === "" ? [] : [`path=${goQuote(subPath)}`]),
      ];
      return `  ${mountPath} from ${name} (${flags.join(",")})`;
    }),
  ];
}
