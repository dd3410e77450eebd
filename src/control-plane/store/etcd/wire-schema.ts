import type { fromJSON } from "@grpc/proto-loader";

/**
 * The part of etcd's protocol that is spoken here, as protobufjs reads it: messages by field name,
 * type and number. Names are for us, numbers and types are the wire format.
 *
 * @see etcd `api/etcdserverpb/rpc.proto`, `api/mvccpb/kv.proto`
 */
export const wireSchema: Parameters<typeof fromJSON>[0] = {
  nested: {
    mvccpb: {
      nested: {
        KeyValue: message({
          key: ["bytes", 1],
          createRevision: ["int64", 2],
          modRevision: ["int64", 3],
          version: ["int64", 4],
          value: ["bytes", 5],
          lease: ["int64", 6],
        }),
        Event: message(
          { type: ["EventType", 1], kv: ["KeyValue", 2], prevKv: ["KeyValue", 3] },
          { EventType: { PUT: 0, DELETE: 1 } },
        ),
      },
    },
    etcdserverpb: {
      nested: {
        KV: service({
          Range: ["RangeRequest", "RangeResponse"],
          Put: ["PutRequest", "PutResponse"],
          DeleteRange: ["DeleteRangeRequest", "DeleteRangeResponse"],
          Txn: ["TxnRequest", "TxnResponse"],
          Compact: ["CompactionRequest", "CompactionResponse"],
        }),
        Watch: service({ Watch: ["stream WatchRequest", "stream WatchResponse"] }),
        Lease: service({
          LeaseGrant: ["LeaseGrantRequest", "LeaseGrantResponse"],
          LeaseRevoke: ["LeaseRevokeRequest", "LeaseRevokeResponse"],
          LeaseKeepAlive: ["stream LeaseKeepAliveRequest", "stream LeaseKeepAliveResponse"],
          LeaseTimeToLive: ["LeaseTimeToLiveRequest", "LeaseTimeToLiveResponse"],
          LeaseLeases: ["LeaseLeasesRequest", "LeaseLeasesResponse"],
        }),
        Cluster: service({ MemberList: ["MemberListRequest", "MemberListResponse"] }),
        Maintenance: service({
          Alarm: ["AlarmRequest", "AlarmResponse"],
          Status: ["StatusRequest", "StatusResponse"],
          Defragment: ["DefragmentRequest", "DefragmentResponse"],
        }),
        Auth: service({
          AuthStatus: ["AuthStatusRequest", "AuthStatusResponse"],
          Authenticate: ["AuthenticateRequest", "AuthenticateResponse"],
        }),
        ResponseHeader: message({
          clusterId: ["uint64", 1],
          memberId: ["uint64", 2],
          revision: ["int64", 3],
          raftTerm: ["uint64", 4],
        }),
        RangeRequest: message(
          {
            key: ["bytes", 1],
            rangeEnd: ["bytes", 2],
            limit: ["int64", 3],
            revision: ["int64", 4],
            sortOrder: ["SortOrder", 5],
            sortTarget: ["SortTarget", 6],
            serializable: ["bool", 7],
            keysOnly: ["bool", 8],
            countOnly: ["bool", 9],
            minModRevision: ["int64", 10],
            maxModRevision: ["int64", 11],
            minCreateRevision: ["int64", 12],
            maxCreateRevision: ["int64", 13],
          },
          {
            SortOrder: { NONE: 0, ASCEND: 1, DESCEND: 2 },
            SortTarget: { KEY: 0, VERSION: 1, CREATE: 2, MOD: 3, VALUE: 4 },
          },
        ),
        RangeResponse: answer({
          kvs: ["repeated mvccpb.KeyValue", 2],
          more: ["bool", 3],
          count: ["int64", 4],
        }),
        PutRequest: message({
          key: ["bytes", 1],
          value: ["bytes", 2],
          lease: ["int64", 3],
          prevKv: ["bool", 4],
          ignoreValue: ["bool", 5],
          ignoreLease: ["bool", 6],
        }),
        PutResponse: answer({ prevKv: ["mvccpb.KeyValue", 2] }),
        DeleteRangeRequest: message({
          key: ["bytes", 1],
          rangeEnd: ["bytes", 2],
          prevKv: ["bool", 3],
        }),
        DeleteRangeResponse: answer({
          deleted: ["int64", 2],
          prevKvs: ["repeated mvccpb.KeyValue", 3],
        }),
        RequestOp: message({
          requestRange: ["RangeRequest", 1],
          requestPut: ["PutRequest", 2],
          requestDeleteRange: ["DeleteRangeRequest", 3],
          requestTxn: ["TxnRequest", 4],
        }),
        ResponseOp: message({
          responseRange: ["RangeResponse", 1],
          responsePut: ["PutResponse", 2],
          responseDeleteRange: ["DeleteRangeResponse", 3],
        }),
        Compare: message(
          {
            result: ["CompareResult", 1],
            target: ["CompareTarget", 2],
            key: ["bytes", 3],
            version: ["int64", 4],
            createRevision: ["int64", 5],
            modRevision: ["int64", 6],
            value: ["bytes", 7],
            lease: ["int64", 8],
            rangeEnd: ["bytes", 64],
          },
          {
            CompareResult: { EQUAL: 0, GREATER: 1, LESS: 2, NOT_EQUAL: 3 },
            CompareTarget: { VERSION: 0, CREATE: 1, MOD: 2, VALUE: 3, LEASE: 4 },
          },
        ),
        TxnRequest: message({
          compare: ["repeated Compare", 1],
          success: ["repeated RequestOp", 2],
          failure: ["repeated RequestOp", 3],
        }),
        TxnResponse: answer({ succeeded: ["bool", 2], responses: ["repeated ResponseOp", 3] }),
        CompactionRequest: message({ revision: ["int64", 1], physical: ["bool", 2] }),
        CompactionResponse: answer({}),
        WatchRequest: message({
          createRequest: ["WatchCreateRequest", 1],
          cancelRequest: ["WatchCancelRequest", 2],
          progressRequest: ["WatchProgressRequest", 3],
        }),
        WatchCreateRequest: message(
          {
            key: ["bytes", 1],
            rangeEnd: ["bytes", 2],
            startRevision: ["int64", 3],
            progressNotify: ["bool", 4],
            filters: ["repeated FilterType", 5],
            prevKv: ["bool", 6],
            watchId: ["int64", 7],
            fragment: ["bool", 8],
          },
          { FilterType: { NOPUT: 0, NODELETE: 1 } },
        ),
        WatchCancelRequest: message({ watchId: ["int64", 1] }),
        WatchProgressRequest: message({}),
        WatchResponse: answer({
          watchId: ["int64", 2],
          created: ["bool", 3],
          canceled: ["bool", 4],
          compactRevision: ["int64", 5],
          cancelReason: ["string", 6],
          fragment: ["bool", 7],
          events: ["repeated mvccpb.Event", 11],
        }),
        LeaseGrantRequest: message({ ttl: ["int64", 1], id: ["int64", 2] }),
        LeaseGrantResponse: answer({ id: ["int64", 2], ttl: ["int64", 3], error: ["string", 4] }),
        LeaseRevokeRequest: message({ id: ["int64", 1] }),
        LeaseRevokeResponse: answer({}),
        LeaseKeepAliveRequest: message({ id: ["int64", 1] }),
        LeaseKeepAliveResponse: answer({ id: ["int64", 2], ttl: ["int64", 3] }),
        LeaseTimeToLiveRequest: message({ id: ["int64", 1], keys: ["bool", 2] }),
        LeaseTimeToLiveResponse: answer({
          id: ["int64", 2],
          ttl: ["int64", 3],
          grantedTtl: ["int64", 4],
          keys: ["repeated bytes", 5],
        }),
        LeaseLeasesRequest: message({}),
        LeaseLeasesResponse: answer({ leases: ["repeated LeaseStatus", 2] }),
        LeaseStatus: message({ id: ["int64", 1] }),
        Member: message({
          id: ["uint64", 1],
          name: ["string", 2],
          peerUrls: ["repeated string", 3],
          clientUrls: ["repeated string", 4],
          isLearner: ["bool", 5],
        }),
        MemberListRequest: message({ linearizable: ["bool", 1] }),
        MemberListResponse: answer({ members: ["repeated Member", 2] }),
        AlarmType: { values: { NONE: 0, NOSPACE: 1, CORRUPT: 2 } },
        AlarmRequest: message(
          { action: ["AlarmAction", 1], memberId: ["uint64", 2], alarm: ["AlarmType", 3] },
          { AlarmAction: { GET: 0, ACTIVATE: 1, DEACTIVATE: 2 } },
        ),
        AlarmMember: message({ memberId: ["uint64", 1], alarm: ["AlarmType", 2] }),
        AlarmResponse: answer({ alarms: ["repeated AlarmMember", 2] }),
        StatusRequest: message({}),
        StatusResponse: answer({
          version: ["string", 2],
          dbSize: ["int64", 3],
          leader: ["uint64", 4],
          raftIndex: ["uint64", 5],
          raftTerm: ["uint64", 6],
          raftAppliedIndex: ["uint64", 7],
          errors: ["repeated string", 8],
          dbSizeInUse: ["int64", 9],
          isLearner: ["bool", 10],
        }),
        DefragmentRequest: message({}),
        DefragmentResponse: answer({}),
        AuthStatusRequest: message({}),
        AuthStatusResponse: answer({ enabled: ["bool", 2], authRevision: ["uint64", 3] }),
        AuthenticateRequest: message({ name: ["string", 1], password: ["string", 2] }),
        AuthenticateResponse: answer({ token: ["string", 2] }),
      },
    },
  },
};

/** `repeated` or not, and the type's name; the field's number. */
type Field = readonly [type: string, id: number];

interface JsonField {
  readonly type: string;
  readonly id: number;
  readonly rule?: "repeated";
}

function message(
  fields: Readonly<Record<string, Field>>,
  enums: Readonly<Record<string, Record<string, number>>> = {},
) {
  const nested = Object.fromEntries(
    Object.entries(enums).map(([name, values]) => [name, { values }]),
  );
  return {
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, [type, id]]): [string, JsonField] =>
        type.startsWith("repeated ")
          ? [name, { type: type.slice("repeated ".length), id, rule: "repeated" }]
          : [name, { type, id }],
      ),
    ),
    nested,
  };
}

/** A message whose first field is the header. */
function answer(fields: Readonly<Record<string, Field>>) {
  return message({ header: ["ResponseHeader", 1], ...fields });
}

function service(methods: Readonly<Record<string, readonly [request: string, response: string]>>) {
  return {
    methods: Object.fromEntries(
      Object.entries(methods).map(([name, [request, response]]) => [
        name,
        {
          requestType: request.replace("stream ", ""),
          responseType: response.replace("stream ", ""),
          requestStream: request.startsWith("stream "),
          responseStream: response.startsWith("stream "),
          comment: "",
        },
      ]),
    ),
  };
}
