import { type Change, type Codec, type KeyValue, type RangeResult, type Stamp } from "../store.ts";
import { StoreError } from "../store-errors.ts";
import { keyText } from "./wire-keys.ts";
import type { WireEvent, WireKeyValue, WireRangeResponse } from "./wire-messages.ts";

/** What etcd keeps, as the store's users know it. */
export class WireValues<V> {
  readonly #codec: Codec<V>;
  readonly #stamp: Stamp<V>;

  constructor(codec: Codec<V>, stamp: Stamp<V>) {
    this.#codec = codec;
    this.#stamp = stamp;
  }

  encode(value: V): Uint8Array {
    return this.#codec.encode(value);
  }

  stamped(value: V, revision: number): V {
    return this.#stamp(value, revision);
  }

  /** @throws {StoreError} When something else was kept under this key. */
  keyValue(wire: WireKeyValue): KeyValue<V> {
    const key = keyText(wire.key);
    const modRevision = Number(wire.modRevision);
    let value: V;
    try {
      value = this.#codec.decode(wire.value ?? noBytes);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new StoreError(`the value of ${key} in etcd cannot be read: ${why}`, { cause: error });
    }
    return withValue(wire, key, this.#stamp(value, modRevision));
  }

  /** @throws {StoreError} When a value cannot be read. */
  range({ kvs, more, count, header }: WireRangeResponse, keysOnly = false): RangeResult<V> {
    return {
      items: kvs.map((wire) =>
        keysOnly ? withValue(wire, keyText(wire.key), undefined as V) : this.keyValue(wire),
      ),
      count: Number(count),
      more,
      revision: Number(header.revision),
    };
  }

  /** @throws {StoreError} When a value cannot be read. */
  change({ type, kv, prevKv }: WireEvent): Change<V> {
    const isPut = type === "PUT";
    return {
      type: isPut ? "put" : "delete",
      key: keyText(kv.key),
      revision: Number(kv.modRevision),
      current: isPut ? this.keyValue(kv) : undefined,
      previous: prevKv ? this.keyValue(prevKv) : undefined,
    };
  }
}

function withValue<V>(wire: WireKeyValue, key: string, value: V): KeyValue<V> {
  return {
    key,
    value,
    createRevision: Number(wire.createRevision),
    modRevision: Number(wire.modRevision),
    version: Number(wire.version),
    lease: BigInt(wire.lease),
  };
}

const noBytes = new Uint8Array(0);
