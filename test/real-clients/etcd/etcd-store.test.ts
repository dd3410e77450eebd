import { setTimeout as sleep } from "node:timers/promises";
import { test } from "vitest";
import { openEtcdStore } from "../../../src/control-plane/store/etcd/open-etcd-store.ts";
import { describeStore } from "../../control-plane/store/store-conformance.ts";
import { keepAllPromises } from "../../control-plane/store/store-promises.ts";
import {
  answerOf,
  codec,
  stamp,
  type StoreUnderTest,
} from "../../control-plane/store/store-under-test.ts";
import { EtcdServer, etcdSkipReason } from "./etcd-server.ts";

async function openStore(): Promise<StoreUnderTest> {
  const server = await EtcdServer.start();
  const store = await openEtcdStore({ endpoints: [server.url], codec, stamp });
  return {
    store,
    pass: async (seconds) => sleep(seconds * 1_000),
    close: async () => {
      await answerOf((done) => store.close(done));
      await server.close();
    },
  };
}

describeStore("the etcd backend", openStore, etcdSkipReason);

test.skipIf(etcdSkipReason !== undefined)(
  "the etcd backend keeps all of etcd's promises, whatever its clients do",
  () => keepAllPromises(openStore, 5),
);
