import type { KubeObject, Service } from "../../../api/objects.ts";
import { ageColumn, column, nameColumn, orNone, type Printer, since, wideColumn } from "./table.ts";

/** @see kubernetes `pkg/printers/internalversion/printers.go`: `printService` */
export const servicePrinter: Printer = {
  columns: [
    nameColumn,
    column("Type", "From where the service can be reached."),
    column("Cluster-IP", "The service's address within the cluster."),
    column("External-IP", "Its addresses outside of the cluster, or the name it stands for."),
    column("Port(s)", "The ports it serves, and those it has on every node."),
    ageColumn,
    wideColumn("Selector", "The labels of the pods that answer for it."),
  ],

  row(object: KubeObject, nowUs: number) {
    const service = object as unknown as Service;
    const { metadata, spec } = service;
    return {
      cells: [
        metadata.name ?? "",
        spec.type ?? "",
        orNone(spec.clusterIPs?.[0] ?? spec.clusterIP),
        externalIp(service),
        orNone(portsOf(service).join(",")),
        since(metadata.creationTimestamp, nowUs),
        orNone(selectorOf(service).join(",")),
      ],
    };
  },
};

function externalIp({ spec, status }: Service): string {
  const { type, externalIPs = [], externalName = "" } = spec;
  switch (type) {
    case "ClusterIP":
    case "NodePort":
      return orNone(externalIPs.join(","));
    case "LoadBalancer": {
      const ingress = status?.loadBalancer?.ingress ?? [];
      const given = ingress.flatMap(({ ip, hostname }) => ip || hostname || []);
      return [...[...new Set(given)].toSorted(), ...externalIPs].join(",") || "<pending>";
    }
    case "ExternalName":
      return externalName;
    default:
      return "<unknown>";
  }
}

function portsOf({ spec }: Service): string[] {
  return (spec.ports ?? []).map(({ port, nodePort = 0, protocol }) =>
    nodePort > 0 ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
}

function selectorOf({ spec }: Service): string[] {
  return Object.entries(spec.selector ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .toSorted();
}
