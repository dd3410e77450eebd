import type {
  Compare,
  KeyValue,
  Operation,
  RangeResult,
  Relation,
  TransactionRequest,
  TransactionResult,
} from "../store.ts";
import { keyBytes, wireRange } from "./wire-keys.ts";
import type {
  WireCompare,
  WireKeyValue,
  WireOperation,
  WireOutcome,
  WireTransaction,
  WireTransactionResponse,
} from "./wire-messages.ts";
import { rangeToWire, sortedRange } from "./wire-range.ts";
import type { WireValues } from "./wire-values.ts";

/** @throws {StoreError} For a key that is not Unicode text. */
export function transactionToWire<V>(
  { compares, then, otherwise = [] }: TransactionRequest<V>,
  values: WireValues<V>,
): WireTransaction {
  return {
    compare: compares.map((compare) => compareToWire(compare, values)),
    success: then.map((operation) => operationToWire(operation, values)),
    failure: otherwise.map((operation) => operationToWire(operation, values)),
  };
}

/** The answer to `transactionToWire`. @throws {StoreError} When a value cannot be read. */
export function transactionFromWire<V>(
  { header, succeeded, responses }: WireTransactionResponse,
  { then, otherwise = [] }: TransactionRequest<V>,
  values: WireValues<V>,
): TransactionResult<V> {
  const operations = succeeded ? then : otherwise;
  const revision = Number(header.revision);
  const outcomes = operations.map((operation, index) =>
    outcomeOf(operation, responses[index] as WireOutcome, revision, values),
  );
  const isAboutRanges = outcomes.some(({ range }) => range !== undefined);
  return {
    succeeded,
    revision,
    written: outcomes.map(({ written }) => written),
    ranges: isAboutRanges ? outcomes.map(({ range }) => range) : [],
  };
}

interface Outcome<V> {
  readonly written?: KeyValue<V>;
  readonly range?: RangeResult<V>;
}

function outcomeOf<V>(
  operation: Operation<V>,
  { responseRange, responsePut, responseDeleteRange }: WireOutcome,
  revision: number,
  values: WireValues<V>,
): Outcome<V> {
  switch (operation.type) {
    case "put":
      return { written: putOf(operation, responsePut?.prevKv ?? undefined, revision, values) };
    case "delete": {
      const deleted = (responseDeleteRange?.prevKvs ?? []).map((each) => values.keyValue(each));
      const [one] = deleted;
      if (operation.rangeEnd === undefined) return one === undefined ? {} : { written: one };
      return { range: { items: deleted, count: deleted.length, more: false, revision } };
    }
    case "range": {
      if (!responseRange) return {};
      const { header } = responseRange;
      // In a transaction etcd leaves the header of a part without a revision.
      const whole = { ...responseRange, header: { ...header, revision } };
      return { range: values.range(sortedRange(whole, operation), operation.keysOnly) };
    }
  }
}

/** What was put, from what was there before: the answer does not say it. */
function putOf<V>(
  { key, value, lease = 0n }: Operation<V> & { readonly type: "put" },
  before: WireKeyValue | undefined,
  revision: number,
  values: WireValues<V>,
): KeyValue<V> {
  return {
    key,
    value: values.stamped(value, revision),
    createRevision: before === undefined ? revision : Number(before.createRevision),
    modRevision: revision,
    version: Number(before?.version ?? 0) + 1,
    lease,
  };
}

function operationToWire<V>(operation: Operation<V>, values: WireValues<V>): WireOperation {
  switch (operation.type) {
    case "put": {
      const { key, value, lease = 0n } = operation;
      const requestPut = {
        key: keyBytes(key),
        value: values.encode(value),
        lease: String(lease),
        prevKv: true,
      };
      return { requestPut };
    }
    case "delete":
      return { requestDeleteRange: { ...wireRange(operation), prevKv: true } };
    case "range":
      return { requestRange: rangeToWire(operation) };
  }
}

function compareToWire<V>(compare: Compare<V>, values: WireValues<V>): WireCompare {
  if (compare.target === undefined) {
    const { key, modRevision } = compare;
    return { key: keyBytes(key), target: "MOD", result: "EQUAL", modRevision };
  }
  const subject = { ...wireRange(compare), result: results[compare.is] };
  if (compare.target === "value") {
    return { ...subject, target: "VALUE", value: values.encode(compare.than) };
  }
  const than = String(compare.than);
  switch (compare.target) {
    case "version":
      return { ...subject, target: "VERSION", version: than };
    case "createRevision":
      return { ...subject, target: "CREATE", createRevision: than };
    case "modRevision":
      return { ...subject, target: "MOD", modRevision: than };
    case "lease":
      return { ...subject, target: "LEASE", lease: than };
  }
}

const results: Readonly<Record<Relation, WireCompare["result"]>> = {
  "=": "EQUAL",
  "!=": "NOT_EQUAL",
  "<": "LESS",
  ">": "GREATER",
};
