import { type ApiError, invalid } from "../../api/errors.ts";
import { invalidValue } from "../../api/field-errors.ts";
import type { KubeObject, Service } from "../../api/objects.ts";
import type { Claim } from "./claims.ts";
import type { StrategyContext } from "./resource.ts";

/** The range services get their addresses from, 10.96.0.0/16, as kind's clusters have it. */
const hostsMax = 65_534;
/** Addresses before this one are kept for those that ask by name, as the upstream allocator does. */
const staticHosts = 256;

/**
 * The address of a new service: the one it asks for, if free, or one picked by seed.
 *
 * @returns `undefined` for a service without an address of its own.
 * @throws {ApiError} Invalid, for an address that is taken or outside the range.
 */
export function allocateClusterIp(
  { metadata, spec }: Service,
  { chance, clusterIps }: StrategyContext,
): string | undefined {
  if (spec.type === "ExternalName") return undefined;
  const asked = spec.clusterIP ?? "";
  if (asked === "None") return asked;
  const held = clusterIps();
  if (asked !== "") {
    if (held.has(asked)) throw refusalOf(metadata.name, asked, alreadyAllocated);
    if (/^10\.96\.\d{1,3}\.\d{1,3}$/.test(asked)) return asked;
    throw refusalOf(metadata.name, asked, "the provided network does not match the current range");
  }
  const site = `cluster-ip/${metadata.namespace}/${metadata.name}`;
  for (let host = chance.integer(site, staticHosts, hostsMax); ; host = (host % hostsMax) + 1) {
    const address = `10.96.${host >>> 8}.${host & 255}`;
    if (!held.has(address)) return address;
  }
}

/**
 * That an address is a service's, and no other's: its `IPAddress`, as upstream keeps one.
 *
 * @see kubernetes `pkg/registry/core/service/ipallocator/ipallocator.go`
 */
export function clusterIpClaims({ metadata, spec }: Service): readonly Claim[] {
  const { name = "", namespace = "", creationTimestamp } = metadata;
  const { clusterIP = "" } = spec;
  if (clusterIP === "" || clusterIP === "None") return [];
  const object: KubeObject = {
    apiVersion: "networking.k8s.io/v1",
    kind: "IPAddress",
    metadata: {
      name: clusterIP,
      ...(creationTimestamp !== undefined && { creationTimestamp }),
      labels: {
        "ipaddress.kubernetes.io/ip-family": "IPv4",
        "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
      },
    },
    spec: { parentRef: { group: "", resource: "services", namespace, name } },
  };
  const refusal = refusalOf(name, clusterIP, alreadyAllocated);
  return [{ key: `/registry/ipaddresses/${clusterIP}`, object, refusal }];
}

const alreadyAllocated = "provided IP is already allocated";

function refusalOf(name = "", address: string, why: string): ApiError {
  return invalid({ group: "", kind: "Service" }, name, [
    invalidValue("spec.clusterIPs", [address], `failed to allocate IP ${address}: ${why}`),
  ]);
}
