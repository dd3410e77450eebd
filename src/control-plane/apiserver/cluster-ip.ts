import { invalid } from "../../api/errors.ts";
import { invalidValue } from "../../api/field-errors.ts";
import type { Service } from "../../api/objects.ts";
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
    const refusal = held.has(asked)
      ? `failed to allocate IP ${asked}: provided IP is already allocated`
      : /^10\.96\.\d{1,3}\.\d{1,3}$/.test(asked)
        ? undefined
        : `failed to allocate IP ${asked}: the provided network does not match the current range`;
    if (refusal === undefined) return asked;
    throw invalid({ group: "", kind: "Service" }, metadata.name ?? "", [
      invalidValue("spec.clusterIPs", [asked], refusal),
    ]);
  }
  const site = `cluster-ip/${metadata.namespace}/${metadata.name}`;
  for (let host = chance.integer(site, staticHosts, hostsMax); ; host = (host % hostsMax) + 1) {
    const address = `10.96.${host >>> 8}.${host & 255}`;
    if (!held.has(address)) return address;
  }
}
