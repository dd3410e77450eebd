import type { KeyValue, Store, StoreClock } from "../../store.ts";
import { grpcCode, WireError } from "../wire-errors.ts";
import type { WireHeader, WireKeyValue } from "../wire-messages.ts";
import { keyText } from "../wire-keys.ts";

/** Values as people see and write them. */
export interface DoorCodec<V> {
  encode(value: V): Uint8Array;
  /**
   * @throws When these bytes are not what is kept under this key; the message says what was
   *   expected.
   */
  decode(bytes: Uint8Array, key: string): V;
}

/** What each of etcd's services needs of the door. */
export interface DoorContext<V> {
  readonly store: Store<V>;
  readonly codec: DoorCodec<V>;
  /** For watches that want to hear something now and then. */
  readonly clock: StoreClock | undefined;
  /** Hands in what a client asks, as an input. */
  submit(handle: () => void): void;
}

/** The answer to one request, once. */
export type Reply<R> = (error: Error | undefined, response?: R) => void;

/** What answers requests of one kind. */
export type Method<Q, R> = (request: Q, reply: Reply<R>) => void;

/** Who answers: a cluster of one, which is its own leader in its first term. */
export const member = { clusterId: "31647674597991269", memberId: "1", raftTerm: "1" } as const;

export function headerAt(revision: number): WireHeader {
  return { ...member, revision };
}

/** @throws {WireError} Naming the key, when the value is not one for it. */
export function decodeFor<V>(codec: DoorCodec<V>, key: Uint8Array, value: Uint8Array): V {
  const text = keyText(key);
  try {
    return codec.decode(value, text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new WireError(grpcCode.invalidArgument, `etcdserver: the value of ${text}: ${why}`);
  }
}

export function keyValueToWire<V>(
  { key, value, createRevision, modRevision, version, lease }: KeyValue<V>,
  codec: DoorCodec<V>,
  keysOnly = false,
): WireKeyValue {
  return {
    key: Buffer.from(key),
    ...(!keysOnly && { value: codec.encode(value) }),
    createRevision,
    modRevision,
    version,
    lease: String(lease),
  };
}
