import type { KeyValue } from "../../store.ts";
import { grpcCode, WireError } from "../wire-errors.ts";
import { keyText } from "../wire-keys.ts";
import type {
  WireCompaction,
  WireDeleteRequest,
  WireDeleteResponse,
  WireHeader,
  WirePutRequest,
  WirePutResponse,
  WireRangeRequest,
  WireRangeResponse,
  WireTransaction,
  WireTransactionResponse,
} from "../wire-messages.ts";
import {
  decodeFor,
  type DoorContext,
  headerAt,
  keyValueToWire,
  type Method,
  type Reply,
} from "./door-context.ts";
import { rangeRequestFromWire, rangeResultToWire } from "./door-range.ts";
import { checkPut, planTransaction } from "./door-transaction.ts";

/** etcd's service `KV`. */
export interface DoorKv {
  readonly Range: Method<WireRangeRequest, WireRangeResponse>;
  readonly Put: Method<WirePutRequest, WirePutResponse>;
  readonly DeleteRange: Method<WireDeleteRequest, WireDeleteResponse>;
  readonly Txn: Method<WireTransaction, WireTransactionResponse>;
  readonly Compact: Method<WireCompaction, { readonly header: WireHeader }>;
}

export function createDoorKv<V>(door: DoorContext<V>): DoorKv {
  const { store, codec } = door;

  const transact: DoorKv["Txn"] = (wire, reply) => {
    const { request, outcomesOf } = planTransaction(wire, codec);
    store.transact(request, (error, result) => {
      if (error !== undefined) return reply(error);
      const { succeeded, revision } = result;
      reply(undefined, { header: headerAt(revision), succeeded, responses: outcomesOf(result) });
    });
  };

  return {
    Range: (wire, reply) => {
      store.range(rangeRequestFromWire(wire), (error, result) => {
        if (error !== undefined) return reply(error);
        reply(undefined, rangeResultToWire(result, codec, wire.keysOnly));
      });
    },

    Put: (requestPut, reply) => {
      checkPut(requestPut);
      if (requestPut.ignoreValue === true || requestPut.ignoreLease === true) {
        return putOver(door, requestPut, reply);
      }
      const whole = { compare: [], success: [{ requestPut }], failure: [] };
      transact(whole, (error, response) =>
        reply(error, response?.responses[0]?.responsePut ?? undefined),
      );
    },

    DeleteRange: (requestDeleteRange, reply) => {
      const whole = { compare: [], success: [{ requestDeleteRange }], failure: [] };
      transact(whole, (error, response) =>
        reply(error, response?.responses[0]?.responseDeleteRange ?? undefined),
      );
    },

    Txn: transact,

    Compact: ({ revision }, reply) => {
      store.compact(Number(revision), (error) =>
        error === undefined ? reply(undefined, { header: headerAt(store.revision) }) : reply(error),
      );
    },
  };
}

/** Puts a value and leaves the lease, or the other way round; again, if somebody else was faster. */
function putOver<V>(
  door: DoorContext<V>,
  request: WirePutRequest,
  reply: Reply<WirePutResponse>,
): void {
  const { store, codec } = door;
  const key = keyText(request.key);
  const putAfter = (before: KeyValue<V>): void => {
    const value =
      request.ignoreValue === true ? before.value : decodeFor(codec, request.key, request.value);
    const lease = request.ignoreLease === true ? before.lease : BigInt(request.lease ?? 0);
    const transaction = {
      compares: [{ key, modRevision: before.modRevision }],
      then: [{ type: "put" as const, key, value, lease }],
    };
    store.transact(transaction, (error, result) => {
      if (error !== undefined) return reply(error);
      const { succeeded, revision } = result;
      if (!succeeded) return putOver(door, request, reply);
      const prevKv = request.prevKv === true ? keyValueToWire(before, codec) : null;
      reply(undefined, { header: headerAt(revision), prevKv });
    });
  };
  store.range({ key }, (error, result) => {
    if (error !== undefined) return reply(error);
    const [before] = result.items;
    if (before === undefined) {
      return reply(new WireError(grpcCode.invalidArgument, "etcdserver: key not found"));
    }
    try {
      putAfter(before);
    } catch (refusal) {
      reply(refusal as Error);
    }
  });
}
