import { LeaseNotFoundError } from "../../store-errors.ts";
import type {
  WireHeader,
  WireLease,
  WireLeaseGrant,
  WireLeaseResponse,
  WireLeases,
  WireLeaseStatus,
} from "../wire-messages.ts";
import { type DoorContext, headerAt, type Method } from "./door-context.ts";

/** etcd's service `Lease`; keep-alives come one by one. */
export interface DoorLease {
  readonly LeaseGrant: Method<WireLeaseGrant, WireLeaseResponse>;
  readonly LeaseRevoke: Method<WireLease, { readonly header: WireHeader }>;
  readonly LeaseKeepAlive: Method<WireLease, WireLeaseResponse>;
  readonly LeaseTimeToLive: Method<WireLease & { readonly keys: boolean }, WireLeaseStatus>;
  readonly LeaseLeases: Method<object, WireLeases>;
}

export function createDoorLease<V>({ store }: DoorContext<V>): DoorLease {
  const header = (): WireHeader => headerAt(store.revision);
  return {
    LeaseGrant: ({ id, ttl }, reply) => {
      store.grantLease({ id: BigInt(id), ttlSeconds: Number(ttl) }, (error, lease) => {
        if (error !== undefined) return reply(error);
        reply(undefined, { header: header(), id: String(lease.id), ttl: lease.grantedTtlSeconds });
      });
    },

    LeaseRevoke: ({ id }, reply) => {
      store.revokeLease(BigInt(id), (error, revision) =>
        error === undefined ? reply(undefined, { header: headerAt(revision) }) : reply(error),
      );
    },

    LeaseKeepAlive: ({ id }, reply) => {
      store.keepLeaseAlive(BigInt(id), (error, lease) => {
        if (error !== undefined && !(error instanceof LeaseNotFoundError)) return reply(error);
        // A lease that is gone is kept alive for no time at all.
        const ttl = error === undefined ? lease.grantedTtlSeconds : 0;
        reply(undefined, { header: header(), id, ttl });
      });
    },

    LeaseTimeToLive: ({ id, keys: wantsKeys }, reply) => {
      store.leaseStatus(BigInt(id), (error, lease) => {
        if (error !== undefined && !(error instanceof LeaseNotFoundError)) return reply(error);
        if (error !== undefined) {
          return reply(undefined, { header: header(), id, ttl: -1, grantedTtl: 0, keys: [] });
        }
        const { ttlSeconds: ttl, grantedTtlSeconds: grantedTtl } = lease;
        const keys = wantsKeys ? lease.keys.map((key) => Buffer.from(key)) : [];
        reply(undefined, { header: header(), id, ttl, grantedTtl, keys });
      });
    },

    LeaseLeases: (_request, reply) => {
      store.leases((error, ids) => {
        if (error !== undefined) return reply(error);
        reply(undefined, { header: header(), leases: ids.map((id) => ({ id: String(id) })) });
      });
    },
  };
}
