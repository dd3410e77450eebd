import { parseImageReference } from "../image-reference.ts";
import type {
  Container,
  EnvVar,
  EphemeralContainer,
  HTTPGetAction,
  Lifecycle,
  LifecycleHandler,
  Probe,
} from "../objects.ts";

/**
 * A container with the fields that do not depend on its pod filled in.
 *
 * @see kubernetes `pkg/apis/core/v1/defaults.go`: `SetDefaults_Container`, `SetDefaults_Probe`
 */
export function defaultContainer<Any extends Container | EphemeralContainer>(container: Any): Any {
  const { ports, env, livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
  return {
    ...container,
    ...(ports !== undefined && {
      ports: ports.map((port) => ({ ...port, protocol: port.protocol || "TCP" })),
    }),
    ...(env !== undefined && { env: env.map(defaultEnv) }),
    ...(livenessProbe !== undefined && { livenessProbe: defaultProbe(livenessProbe) }),
    ...(readinessProbe !== undefined && { readinessProbe: defaultProbe(readinessProbe) }),
    ...(startupProbe !== undefined && { startupProbe: defaultProbe(startupProbe) }),
    ...(lifecycle !== undefined && { lifecycle: defaultLifecycle(lifecycle) }),
    terminationMessagePath: container.terminationMessagePath || "/dev/termination-log",
    terminationMessagePolicy: container.terminationMessagePolicy || "File",
    imagePullPolicy: container.imagePullPolicy || defaultPullPolicy(container.image ?? ""),
  };
}

/** An image that may change under its name is pulled always. */
export function defaultPullPolicy(image: string): "Always" | "IfNotPresent" {
  return parseImageReference(image)?.tag === "latest" ? "Always" : "IfNotPresent";
}

function defaultEnv(variable: EnvVar): EnvVar {
  const { fieldRef, fileKeyRef } = variable.valueFrom ?? {};
  if (fieldRef === undefined && fileKeyRef === undefined) return variable;
  return {
    ...variable,
    valueFrom: {
      ...variable.valueFrom,
      ...(fieldRef !== undefined && {
        fieldRef: { ...fieldRef, apiVersion: fieldRef.apiVersion || "v1" },
      }),
      ...(fileKeyRef !== undefined && {
        fileKeyRef: { ...fileKeyRef, optional: fileKeyRef.optional ?? false },
      }),
    },
  };
}

function defaultProbe(probe: Probe): Probe {
  const { httpGet, grpc } = probe;
  return {
    ...probe,
    ...(httpGet !== undefined && { httpGet: defaultHttpGet(httpGet) }),
    ...(grpc !== undefined && { grpc: { ...grpc, service: grpc.service ?? "" } }),
    timeoutSeconds: probe.timeoutSeconds || 1,
    periodSeconds: probe.periodSeconds || 10,
    successThreshold: probe.successThreshold || 1,
    failureThreshold: probe.failureThreshold || 3,
  };
}

function defaultLifecycle(lifecycle: Lifecycle): Lifecycle {
  const { postStart, preStop } = lifecycle;
  return {
    ...lifecycle,
    ...(postStart !== undefined && { postStart: defaultHook(postStart) }),
    ...(preStop !== undefined && { preStop: defaultHook(preStop) }),
  };
}

function defaultHook(hook: LifecycleHandler): LifecycleHandler {
  const { httpGet } = hook;
  return httpGet === undefined ? hook : { ...hook, httpGet: defaultHttpGet(httpGet) };
}

function defaultHttpGet(action: HTTPGetAction): HTTPGetAction {
  return { ...action, path: action.path || "/", scheme: action.scheme || "HTTP" };
}
