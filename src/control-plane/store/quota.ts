import type { VersionMeter } from "./keyspace.ts";
import type { Codec, Operation, TransactionRequest } from "./store.ts";
import type { Version } from "./version.ts";

/** What versions take, and whether there is room for more. */
export class Quota<V> implements VersionMeter<V> {
  readonly #bytesMax: number;
  readonly #codec: Codec<V>;
  #bytes = 0;

  constructor(bytesMax: number, codec: Codec<V>) {
    this.#bytesMax = bytesMax;
    this.#codec = codec;
  }

  get bytes(): number {
    return this.#bytes;
  }

  added(version: Version<V>): void {
    this.#bytes += this.#bytesOf(version.key, version.isDeletion ? undefined : version.value);
  }

  dropped(version: Version<V>): void {
    this.#bytes -= this.#bytesOf(version.key, version.isDeletion ? undefined : version.value);
  }

  /** Whether the bigger branch fits; what puts nothing always does. */
  hasRoomFor({ then, otherwise = [] }: TransactionRequest<V>): boolean {
    const cost = Math.max(this.#costOf(then), this.#costOf(otherwise));
    return cost === 0 || this.#bytes + cost <= this.#bytesMax;
  }

  hasRoomForLease(): boolean {
    return this.#bytes + leaseOverheadBytes <= this.#bytesMax;
  }

  #costOf(operations: readonly Operation<V>[]): number {
    let cost = 0;
    for (const operation of operations) {
      if (operation.type === "put") cost += this.#bytesOf(operation.key, operation.value);
    }
    return cost;
  }

  #bytesOf(key: string, value: V | undefined): number {
    const valueBytes = value === undefined ? 0 : this.#codec.encode(value).length;
    return versionOverheadBytes + key.length + valueBytes;
  }
}

/** @see etcd `server/storage/quota.go`: `kvOverhead`, `leaseOverhead` */
const versionOverheadBytes = 256;
const leaseOverheadBytes = 64;

/** Whether a transaction may take room. */
export function putsSomething<V>({ then, otherwise = [] }: TransactionRequest<V>): boolean {
  return then.some(({ type }) => type === "put") || otherwise.some(({ type }) => type === "put");
}
