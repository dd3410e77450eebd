import { afterEach, beforeEach, expect, test } from "vitest";
import { ApiError, isServerFailure } from "../../../src/api/errors.ts";
import { kinds } from "../../../src/control-plane/apiserver/kinds/kinds.ts";
import type { Resource } from "../../../src/control-plane/apiserver/resource.ts";
import { type ObjectId, Storage } from "../../../src/control-plane/apiserver/storage.ts";
import { storedCodecOf } from "../../../src/control-plane/apiserver/stored/stored-codec.ts";
import {
  PlainObject,
  stampRevision,
  type StoredObject,
} from "../../../src/control-plane/apiserver/stored/stored-object.ts";
import {
  type EtcdDoor,
  openEtcdDoor,
} from "../../../src/control-plane/store/etcd/door/etcd-door.ts";
import type { EtcdStore } from "../../../src/control-plane/store/etcd/etcd-store.ts";
import { openEtcdStore } from "../../../src/control-plane/store/etcd/open-etcd-store.ts";
import { storeFailure } from "../../../src/control-plane/apiserver/store-failure.ts";
import { MemoryStore } from "../../../src/control-plane/store/memory-store.ts";
import {
  ConnectionRefusedError,
  NoLeaderError,
  NoSpaceError,
  ServerTimeoutError,
  StoreClosedError,
  UnknownOutcomeError,
} from "../../../src/control-plane/store/store-errors.ts";

const codec = storedCodecOf(kinds);
const configMap = new PlainObject({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: {
    name: "a",
    namespace: "default",
    uid: "1",
    creationTimestamp: "2026-01-01T00:00:00Z",
  },
});
const id: ObjectId = {
  resource: kinds.find(({ kind }) => kind === "ConfigMap") as Resource,
  namespace: "default",
  name: "a",
};

let door: EtcdDoor;
let store: EtcdStore<StoredObject>;
let storage: Storage;
beforeEach(async () => {
  const kept = new MemoryStore<StoredObject>(stampRevision, { codec });
  door = await openEtcdDoor({ store: kept, codec, submit: (handle) => handle() });
  const endpoints = [door.url];
  store = await openEtcdStore({ endpoints, codec, stamp: stampRevision, requestTimeoutMs: 300 });
  storage = new Storage(store);
});
afterEach(async () => {
  await new Promise<void>((resolve) => store.close(() => resolve()));
  door.close();
});

function answerOf(
  call: (answer: (error: Error | undefined, stored?: StoredObject) => void) => void,
): Promise<StoredObject | undefined> {
  return new Promise((resolve, reject) =>
    call((error, stored) => (error === undefined ? resolve(stored) : reject(error))),
  );
}

test("objects are kept in an etcd as JSON, and come back with their revision", async () => {
  await answerOf((answer) => storage.create(id, configMap, answer));
  const labelled = (labels: Readonly<Record<string, string>>) =>
    answerOf((answer) =>
      storage.revise(
        id,
        (old) => {
          const object = old.toObject();
          return new PlainObject({ ...object, metadata: { ...object.metadata, labels } });
        },
        answer,
      ),
    );

  expect((await labelled({ a: "b" }))?.toObject().metadata.resourceVersion).toBe("3");
  const found = await answerOf((answer) => storage.get(id, answer));
  expect(found?.toObject()).toEqual({
    ...configMap.toObject(),
    metadata: { ...configMap.toObject().metadata, labels: { a: "b" }, resourceVersion: "3" },
  });
});

test("who asks while the store cannot be reached is told of a timeout, and why", async () => {
  door.close();
  const timeout = {
    code: 504,
    reason: "Timeout",
    details: { causes: [{ message: expect.stringMatching(/store cannot be reached|unknown/) }] },
  };
  await expect(answerOf((answer) => storage.get(id, answer))).rejects.toMatchObject(timeout);
  await expect(answerOf((answer) => storage.create(id, configMap, answer))).rejects.toMatchObject(
    timeout,
  );
});

test.each([
  [new NoLeaderError(), "", "etcdserver: no leader"],
  [new ServerTimeoutError(), "", "etcdserver: request timed out"],
  [new NoSpaceError(), "", "etcdserver: mvcc: database space exceeded"],
  [new ConnectionRefusedError(), "", /^rpc error: code = Unavailable .*connection refused"$/],
  [new UnknownOutcomeError("reset"), "Timeout", /^Timeout: .*context deadline exceeded$/],
  [new StoreClosedError(), "InternalError", "Internal error occurred: the store is closed"],
])("of a store's failure a client is told so that it tries again: %s", (error, reason, message) => {
  const told = storeFailure(error);
  expect({ reason: told.reason, message: told.message }).toEqual({
    reason,
    message: typeof message === "string" ? message : expect.stringMatching(message),
  });
  expect(told.code).toBe(reason === "Timeout" ? 504 : 500);
  expect(isServerFailure(told)).toBe(true);
});

test("what a client did wrong is no failure of the server", () => {
  expect(isServerFailure(new ApiError("Conflict", "no"))).toBe(false);
  expect(isServerFailure(new ApiError("TooManyRequests", "wait"))).toBe(true);
  expect(isServerFailure(new Error("broken"))).toBe(false);
});
