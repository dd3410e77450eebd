import type * as Grpc from "@grpc/grpc-js";
import { wireSchema } from "./wire-schema.ts";

/** The gRPC library, and etcd's services by name as it wants them. */
export interface EtcdGrpc {
  readonly grpc: typeof Grpc;
  readonly services: Readonly<Record<EtcdServiceName, Grpc.ServiceDefinition>>;
}

export type EtcdServiceName = "KV" | "Watch" | "Lease" | "Cluster" | "Maintenance" | "Auth";

/** Loaded only by who speaks to etcd, or as etcd: it takes a while, and most clusters do without. */
export async function loadEtcdGrpc(): Promise<EtcdGrpc> {
  const [grpc, { fromJSON }] = await Promise.all([
    import("@grpc/grpc-js"),
    import("@grpc/proto-loader"),
  ]);
  const definitions = fromJSON(wireSchema, { longs: String, enums: String, defaults: true });
  const serviceOf = (name: EtcdServiceName): Grpc.ServiceDefinition =>
    definitions[`etcdserverpb.${name}`] as unknown as Grpc.ServiceDefinition;
  return {
    grpc,
    services: {
      KV: serviceOf("KV"),
      Watch: serviceOf("Watch"),
      Lease: serviceOf("Lease"),
      Cluster: serviceOf("Cluster"),
      Maintenance: serviceOf("Maintenance"),
      Auth: serviceOf("Auth"),
    },
  };
}
