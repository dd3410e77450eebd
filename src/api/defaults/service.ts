import type { Service, ServicePort, ServiceSpec } from "../objects.ts";

/** Three hours: how long a client sticks to a pod when it is to stick at all. */
const affinitySeconds = 10_800;

/** @see kubernetes `pkg/apis/core/v1/defaults.go`: `SetDefaults_Service` */
export function defaultService(service: Service): Service {
  return { ...service, spec: defaultServiceSpec(service.spec) };
}

function defaultServiceSpec(spec: ServiceSpec): ServiceSpec {
  const { sessionAffinityConfig, ...rest } = spec;
  const type = spec.type || "ClusterIP";
  const sessionAffinity = spec.sessionAffinity || "None";
  const timeoutSeconds = sessionAffinityConfig?.clientIP?.timeoutSeconds ?? affinitySeconds;
  const isOutside =
    type === "NodePort" ||
    type === "LoadBalancer" ||
    (type === "ClusterIP" && (spec.externalIPs ?? []).length > 0);
  const isKnown = type === "ClusterIP" || type === "NodePort" || type === "LoadBalancer";
  return {
    ...rest,
    ...(spec.ports !== undefined && { ports: spec.ports.map(defaultPort) }),
    type,
    sessionAffinity,
    ...(sessionAffinity === "ClientIP" && {
      sessionAffinityConfig: { clientIP: { timeoutSeconds } },
    }),
    ...(isOutside && { externalTrafficPolicy: spec.externalTrafficPolicy || "Cluster" }),
    ...(isKnown && { internalTrafficPolicy: spec.internalTrafficPolicy ?? "Cluster" }),
    ...(type === "LoadBalancer" && {
      allocateLoadBalancerNodePorts: spec.allocateLoadBalancerNodePorts ?? true,
    }),
  };
}

function defaultPort(port: ServicePort): ServicePort {
  return {
    ...port,
    protocol: port.protocol || "TCP",
    targetPort: port.targetPort || port.port,
  };
}
