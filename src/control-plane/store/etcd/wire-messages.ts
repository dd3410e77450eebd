/**
 * etcd's messages as plain data: what `wire-schema.ts` says, read and written. Integers of 64 bits
 * are decimal text when read; a number or a bigint is fine to write. What is left out is etcd's zero.
 */

/** An int64: text as read, and numbers as written. */
export type Int64 = string | number;

export interface WireHeader {
  readonly clusterId: Int64;
  readonly memberId: Int64;
  readonly revision: Int64;
  readonly raftTerm: Int64;
}

export interface WireKeyValue {
  readonly key: Uint8Array;
  readonly value?: Uint8Array;
  readonly createRevision: Int64;
  readonly modRevision: Int64;
  readonly version: Int64;
  readonly lease: Int64;
}

export interface WireRange {
  readonly key: Uint8Array;
  readonly rangeEnd?: Uint8Array;
}

export interface WireRangeRequest extends WireRange {
  readonly limit?: Int64;
  readonly revision?: Int64;
  readonly sortOrder?: "NONE" | "ASCEND" | "DESCEND";
  readonly sortTarget?: "KEY" | "VERSION" | "CREATE" | "MOD" | "VALUE";
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
  readonly minModRevision?: Int64;
  readonly maxModRevision?: Int64;
  readonly minCreateRevision?: Int64;
  readonly maxCreateRevision?: Int64;
}

export interface WireRangeResponse {
  readonly header: WireHeader;
  readonly kvs: readonly WireKeyValue[];
  readonly more: boolean;
  readonly count: Int64;
}

export interface WirePutRequest {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly lease?: Int64;
  readonly prevKv?: boolean;
  readonly ignoreValue?: boolean;
  readonly ignoreLease?: boolean;
}

export interface WirePutResponse {
  readonly header: WireHeader;
  readonly prevKv: WireKeyValue | null;
}

export interface WireDeleteRequest extends WireRange {
  readonly prevKv?: boolean;
}

export interface WireDeleteResponse {
  readonly header: WireHeader;
  readonly deleted: Int64;
  readonly prevKvs: readonly WireKeyValue[];
}

/** One of them is set. */
export interface WireOperation {
  readonly requestRange?: WireRangeRequest | null;
  readonly requestPut?: WirePutRequest | null;
  readonly requestDeleteRange?: WireDeleteRequest | null;
  readonly requestTxn?: WireTransaction | null;
}

/** One of them is set. */
export interface WireOutcome {
  readonly responseRange?: WireRangeResponse | null;
  readonly responsePut?: WirePutResponse | null;
  readonly responseDeleteRange?: WireDeleteResponse | null;
}

/** Compares `target` with the field of that name. */
export interface WireCompare extends WireRange {
  readonly result: "EQUAL" | "GREATER" | "LESS" | "NOT_EQUAL";
  readonly target: "VERSION" | "CREATE" | "MOD" | "VALUE" | "LEASE";
  readonly version?: Int64;
  readonly createRevision?: Int64;
  readonly modRevision?: Int64;
  readonly value?: Uint8Array;
  readonly lease?: Int64;
}

export interface WireTransaction {
  readonly compare: readonly WireCompare[];
  readonly success: readonly WireOperation[];
  readonly failure: readonly WireOperation[];
}

export interface WireTransactionResponse {
  readonly header: WireHeader;
  readonly succeeded: boolean;
  readonly responses: readonly WireOutcome[];
}

export interface WireCompaction {
  readonly revision: Int64;
  readonly physical?: boolean;
}

/** One of them is set. */
export interface WireWatchRequest {
  readonly createRequest?: WireWatchCreation | null;
  readonly cancelRequest?: { readonly watchId: Int64 } | null;
  readonly progressRequest?: object | null;
}

export interface WireWatchCreation extends WireRange {
  readonly startRevision?: Int64;
  readonly progressNotify?: boolean;
  readonly filters?: readonly ("NOPUT" | "NODELETE")[];
  readonly prevKv?: boolean;
  readonly watchId?: Int64;
  readonly fragment?: boolean;
}

export interface WireWatchResponse {
  readonly header: WireHeader;
  readonly watchId: Int64;
  readonly created?: boolean;
  readonly canceled?: boolean;
  readonly compactRevision?: Int64;
  readonly cancelReason?: string;
  readonly fragment?: boolean;
  readonly events?: readonly WireEvent[];
}

export interface WireEvent {
  readonly type: "PUT" | "DELETE";
  readonly kv: WireKeyValue;
  readonly prevKv?: WireKeyValue | null;
}

export interface WireLease {
  readonly id: Int64;
}

export interface WireLeaseGrant extends WireLease {
  readonly ttl: Int64;
}

export interface WireLeaseResponse extends WireLeaseGrant {
  readonly header: WireHeader;
}

export interface WireLeaseStatus extends WireLeaseResponse {
  readonly grantedTtl: Int64;
  readonly keys: readonly Uint8Array[];
}

export interface WireLeases {
  readonly header: WireHeader;
  readonly leases: readonly WireLease[];
}

export type WireAlarmType = "NONE" | "NOSPACE" | "CORRUPT";

export interface WireAlarm {
  readonly memberId: Int64;
  readonly alarm: WireAlarmType;
}

export interface WireAlarmRequest extends WireAlarm {
  readonly action: "GET" | "ACTIVATE" | "DEACTIVATE";
}

export interface WireAlarms {
  readonly header: WireHeader;
  readonly alarms: readonly WireAlarm[];
}
