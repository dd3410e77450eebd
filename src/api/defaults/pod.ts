import type { Container, Pod, PodSpec, ResourceRequirements } from "../objects.ts";
import { canonicalQuantity, cpuMilli, parseQuantity } from "../quantity.ts";
import { defaultContainer } from "./container.ts";
import { defaultPodResources } from "./pod-level-resources.ts";
import { defaultVolume } from "./volume.ts";

/**
 * A pod with every field that Kubernetes fills in when it is left out.
 *
 * Keys that are added come last; `normalize` puts them in their places.
 *
 * @see kubernetes `pkg/apis/core/v1/defaults.go`: `SetDefaults_Pod`, `SetDefaults_PodSpec`
 */
export function defaultPod(pod: Pod): Pod {
  return { ...pod, spec: defaultPodSpec(pod.spec ?? { containers: [] }) };
}

function defaultPodSpec(spec: PodSpec): PodSpec {
  const isHostNetwork = spec.hostNetwork === true;
  const containersOf = (containers: readonly Container[]) =>
    containers.map((container) => defaultPodContainer(container, isHostNetwork));
  const { volumes, initContainers, ephemeralContainers } = spec;
  const account = spec.serviceAccountName || spec.serviceAccount;
  return defaultPodResources({
    ...spec,
    ...(volumes !== undefined && { volumes: volumes.map(defaultVolume) }),
    ...(initContainers !== undefined && { initContainers: containersOf(initContainers) }),
    containers: containersOf(spec.containers ?? []),
    ...(ephemeralContainers !== undefined && {
      ephemeralContainers: ephemeralContainers.map((container) => defaultContainer(container)),
    }),
    restartPolicy: spec.restartPolicy || "Always",
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
    dnsPolicy: spec.dnsPolicy || "ClusterFirst",
    // The older of the two names lives on for clients that still read it.
    ...(account && { serviceAccountName: account, serviceAccount: account }),
    securityContext: spec.securityContext ?? {},
    schedulerName: spec.schedulerName || "default-scheduler",
    enableServiceLinks: spec.enableServiceLinks ?? true,
  });
}

function defaultPodContainer(container: Container, isHostNetwork: boolean): Container {
  const { resources, ports, ...rest } = defaultContainer(container);
  return {
    ...rest,
    ...(resources !== undefined && { resources: defaultRequests(resources) }),
    ...(ports !== undefined && {
      ports: ports.map((port) =>
        isHostNetwork ? { ...port, hostPort: port.hostPort || port.containerPort } : port,
      ),
    }),
  };
}

/** What is limited and not requested is requested up to its limit, in whole thousandths. */
function defaultRequests(resources: ResourceRequirements): ResourceRequirements {
  const { limits, requests } = resources;
  if (limits === undefined && requests === undefined) return resources;
  return {
    ...resources,
    ...(limits !== undefined && { limits: roundedUp(limits) }),
    requests: roundedUp({ ...limits, ...requests }),
  };
}

type ResourceList = Readonly<Record<string, string>>;

function roundedUp(list: ResourceList): ResourceList {
  const entries = Object.entries(list).map(([name, quantity]): [string, string] => {
    const isWholeMilli = parseQuantity(quantity) % 1_000_000n === 0n;
    return [name, isWholeMilli ? quantity : canonicalQuantity(`${cpuMilli(quantity)}m`)];
  });
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
