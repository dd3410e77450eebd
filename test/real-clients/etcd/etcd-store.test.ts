import { setTimeout as sleep } from "node:timers/promises";
import { openEtcdStore } from "../../../src/control-plane/store/etcd/open-etcd-store.ts";
import { describeStore } from "../../control-plane/store/store-conformance.ts";
import { answerOf, codec, stamp } from "../../control-plane/store/store-under-test.ts";
import { EtcdServer, etcdSkipReason } from "./etcd-server.ts";

describeStore(
  "the etcd backend",
  async () => {
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
  },
  etcdSkipReason,
);
