import type {
  Compare,
  KeyValue,
  Operation,
  RangeResult,
  Relation,
  TransactionRequest,
  TransactionResult,
} from "../../store.ts";
import { EmptyKeyError } from "../../store-errors.ts";
import { grpcCode, WireError } from "../wire-errors.ts";
import { keyText, rangeFromWire } from "../wire-keys.ts";
import type {
  WireCompare,
  WireDeleteRequest,
  WireOperation,
  WireOutcome,
  WirePutRequest,
  WireRangeRequest,
  WireTransaction,
} from "../wire-messages.ts";
import { decodeFor, type DoorCodec, headerAt, keyValueToWire } from "./door-context.ts";
import { rangeRequestFromWire, rangeResultToWire } from "./door-range.ts";

/** A transaction of etcd's, as the store is asked for it, and how its answer is read. */
export interface PlannedTransaction<V> {
  readonly request: TransactionRequest<V>;
  readonly outcomesOf: (result: TransactionResult<V>) => readonly WireOutcome[];
}

/**
 * @throws {StoreError} With etcd's words, for what etcd refuses, too; for keys that are no text,
 *   values that are not for their key, and what cannot be done here.
 * @see etcd `server/etcdserver/api/v3rpc/key.go`: `checkTxnRequest`
 */
export function planTransaction<V>(
  { compare, success, failure }: WireTransaction,
  codec: DoorCodec<V>,
): PlannedTransaction<V> {
  if (Math.max(compare.length, success.length, failure.length) > operationsMax) {
    throw invalid("etcdserver: too many operations in txn request");
  }
  const then = success.map((operation) => planOf(operation, codec));
  const otherwise = failure.map((operation) => planOf(operation, codec));
  return {
    request: {
      compares: compare.map((each) => compareFromWire(each, codec)),
      then: then.flatMap(({ operations }) => operations),
      otherwise: otherwise.flatMap(({ operations }) => operations),
    },
    outcomesOf: ({ succeeded, written, ranges, revision }) => {
      let index = 0;
      return (succeeded ? then : otherwise).map(({ operations, outcomeOf }) => {
        const from = index;
        index += operations.length;
        return outcomeOf({
          written: written.slice(from, index),
          ranges: ranges.slice(from, index),
          revision,
        });
      });
    },
  };
}

/** What one operation of etcd's takes, and what its part of the result says. */
interface Plan<V> {
  readonly operations: readonly Operation<V>[];
  readonly outcomeOf: (part: Part<V>) => WireOutcome;
}

interface Part<V> {
  readonly written: readonly (KeyValue<V> | undefined)[];
  readonly ranges: readonly (RangeResult<V> | undefined)[];
  readonly revision: number;
}

function planOf<V>(operation: WireOperation, codec: DoorCodec<V>): Plan<V> {
  const { requestRange, requestPut, requestDeleteRange, requestTxn } = operation;
  if (requestPut) return planPut(requestPut, codec);
  if (requestDeleteRange) return planDeletion(requestDeleteRange, codec);
  if (requestRange) return planRange(requestRange, codec);
  if (requestTxn) {
    throw new WireError(grpcCode.unimplemented, "podrace: a txn inside of a txn is not supported");
  }
  throw invalid("etcdserver: key not found");
}

function planPut<V>(request: WirePutRequest, codec: DoorCodec<V>): Plan<V> {
  checkPut(request);
  if (request.ignoreValue === true || request.ignoreLease === true) {
    const what = "ignore_value and ignore_lease inside of a txn are";
    throw new WireError(grpcCode.unimplemented, `podrace: ${what} not supported`);
  }
  const key = keyText(request.key);
  const value = decodeFor(codec, request.key, request.value);
  const put: Operation<V> = { type: "put", key, value, lease: BigInt(request.lease ?? 0) };
  if (request.prevKv !== true) {
    return {
      operations: [put],
      outcomeOf: ({ revision }) => ({
        responsePut: { header: headerAt(revision), prevKv: null },
      }),
    };
  }
  // What was there before is only known to who looks first.
  return {
    operations: [{ type: "range", key }, put],
    outcomeOf: ({ ranges: [before], revision }) => {
      const [item] = before?.items ?? [];
      const prevKv = item === undefined ? null : keyValueToWire(item, codec);
      return { responsePut: { header: headerAt(revision), prevKv } };
    },
  };
}

function planDeletion<V>(request: WireDeleteRequest, codec: DoorCodec<V>): Plan<V> {
  if (request.key.length === 0) throw new EmptyKeyError();
  return {
    operations: [{ type: "delete", ...rangeFromWire(request) }],
    outcomeOf: ({ written: [one], ranges: [range], revision }) => {
      const deleted = range?.items ?? (one === undefined ? [] : [one]);
      const prevKvs =
        request.prevKv === true ? deleted.map((item) => keyValueToWire(item, codec)) : [];
      return {
        responseDeleteRange: { header: headerAt(revision), deleted: deleted.length, prevKvs },
      };
    },
  };
}

function planRange<V>(request: WireRangeRequest, codec: DoorCodec<V>): Plan<V> {
  return {
    operations: [{ type: "range", ...rangeRequestFromWire(request) }],
    outcomeOf: ({ ranges: [range] }) => ({
      responseRange: range === undefined ? null : rangeResultToWire(range, codec, request.keysOnly),
    }),
  };
}

/** @throws {StoreError} @see etcd `server/etcdserver/api/v3rpc/key.go`: `checkPutRequest` */
export function checkPut({
  key,
  value,
  lease = 0,
  ignoreValue,
  ignoreLease,
}: WirePutRequest): void {
  if (key.length === 0) throw new EmptyKeyError();
  if (ignoreValue === true && value.length > 0) throw invalid("etcdserver: value is provided");
  if (ignoreLease === true && BigInt(lease) !== 0n) throw invalid("etcdserver: lease is provided");
  if (key.length + value.length > requestBytesMax) {
    throw invalid("etcdserver: request is too large");
  }
}

function compareFromWire<V>(wire: WireCompare, codec: DoorCodec<V>): Compare<V> {
  if (wire.key.length === 0) throw new EmptyKeyError();
  const subject = { ...rangeFromWire(wire), is: relations[wire.result] };
  switch (wire.target) {
    case "VALUE": {
      const than = decodeFor(codec, wire.key, wire.value ?? new Uint8Array(0));
      return { ...subject, target: "value", than };
    }
    case "VERSION":
      return { ...subject, target: "version", than: BigInt(wire.version ?? 0) };
    case "CREATE":
      return { ...subject, target: "createRevision", than: BigInt(wire.createRevision ?? 0) };
    case "MOD":
      return { ...subject, target: "modRevision", than: BigInt(wire.modRevision ?? 0) };
    case "LEASE":
      return { ...subject, target: "lease", than: BigInt(wire.lease ?? 0) };
  }
}

function invalid(details: string): WireError {
  return new WireError(grpcCode.invalidArgument, details);
}

/** etcd's defaults: `--max-txn-ops`, `--max-request-bytes`. */
const operationsMax = 128;
const requestBytesMax = 1_572_864;

const relations: Readonly<Record<WireCompare["result"], Relation>> = {
  EQUAL: "=",
  NOT_EQUAL: "!=",
  LESS: "<",
  GREATER: ">",
};
