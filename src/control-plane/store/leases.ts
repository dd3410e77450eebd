import { LeaseExistsError, LeaseNotFoundError, LeaseTtlTooLargeError } from "./store-errors.ts";
import type { LeasedKeys } from "./keyspace.ts";
import type { LeaseId, LeaseRequest, LeaseStatus, StoreClock } from "./store.ts";

/**
 * The leases there are, and the keys that go with them. Each ends by the clock it is given.
 *
 * @see etcd `server/lease/lessor.go`
 */
export class Leases implements LeasedKeys {
  readonly #clock: StoreClock;
  readonly #expire: (id: LeaseId) => void;
  readonly #leases = new Map<LeaseId, Lease>();
  #nextId = 1n;

  /** @param expire Called when a lease has ended, to revoke it. */
  constructor(clock: StoreClock, expire: (id: LeaseId) => void) {
    this.#clock = clock;
    this.#expire = expire;
  }

  /** In the order they end. */
  get ids(): readonly LeaseId[] {
    return [...this.#leases.values()]
      .toSorted((left, right) => left.endsAtUs - right.endsAtUs || (left.id < right.id ? -1 : 1))
      .map(({ id }) => id);
  }

  /** The id a lease would get, for who asks for `id`. @throws {StoreError} When it gets none. */
  admit({ id = 0n, ttlSeconds }: LeaseRequest): LeaseId {
    if (ttlSeconds > ttlSecondsMax) throw new LeaseTtlTooLargeError();
    if (this.#leases.has(id)) throw new LeaseExistsError();
    if (id !== 0n) return id;
    while (this.#leases.has(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }

  grant(id: LeaseId, ttlSeconds: number): void {
    const lease: Lease = { id, ttlSeconds: Math.max(ttlSeconds, 1), endsAtUs: 0, keys: new Set() };
    this.#leases.set(id, lease);
    if (id >= this.#nextId && id < ownIdsEnd) this.#nextId = id + 1n;
    this.keepAlive(id);
    this.#wait(lease);
  }

  /** @throws {LeaseNotFoundError} */
  keepAlive(id: LeaseId): void {
    const lease = this.#find(id);
    lease.endsAtUs = this.#clock.nowUs + lease.ttlSeconds * 1_000_000;
  }

  /** @throws {LeaseNotFoundError} */
  status(id: LeaseId): Omit<LeaseStatus, "keys"> {
    const { ttlSeconds, endsAtUs } = this.#find(id);
    const leftUs = Math.max(endsAtUs - this.#clock.nowUs, 0);
    return {
      id,
      grantedTtlSeconds: ttlSeconds,
      ttlSeconds: Math.floor(leftUs / 1_000_000),
    };
  }

  /** @throws {LeaseNotFoundError} */
  keysOf(id: LeaseId): readonly string[] {
    return [...this.#find(id).keys].toSorted((left, right) => (left < right ? -1 : 1));
  }

  has(id: LeaseId): boolean {
    return this.#leases.has(id);
  }

  forget(id: LeaseId): void {
    this.#leases.delete(id);
  }

  require(id: LeaseId): void {
    this.#find(id);
  }

  attach(id: LeaseId, key: string): void {
    this.#leases.get(id)?.keys.add(key);
  }

  detach(id: LeaseId, key: string): void {
    this.#leases.get(id)?.keys.delete(key);
  }

  /** A lease that was kept alive meanwhile is waited for again. */
  #wait(lease: Lease): void {
    this.#clock.after(lease.endsAtUs - this.#clock.nowUs, () => {
      if (this.#leases.get(lease.id) !== lease) return;
      if (lease.endsAtUs > this.#clock.nowUs) this.#wait(lease);
      else this.#expire(lease.id);
    });
  }

  #find(id: LeaseId): Lease {
    const lease = this.#leases.get(id);
    if (lease === undefined) throw new LeaseNotFoundError();
    return lease;
  }
}

/** @see etcd `server/lease/lessor.go`: `MaxLeaseTTL` */
const ttlSecondsMax = 9_000_000_000;

/** Ids given out stay small; those of clients may be any int64. */
const ownIdsEnd = 1n << 53n;

interface Lease {
  readonly id: LeaseId;
  readonly ttlSeconds: number;
  endsAtUs: number;
  readonly keys: Set<string>;
}
