import { openEtcdDoor } from "../../../../src/control-plane/store/etcd/door/etcd-door.ts";
import { openEtcdStore } from "../../../../src/control-plane/store/etcd/open-etcd-store.ts";
import { MemoryStore } from "../../../../src/control-plane/store/memory-store.ts";
import { HandClock } from "../hand-clock.ts";
import { describeStore } from "../store-conformance.ts";
import { answerOf, codec, type Stamped, stamp } from "../store-under-test.ts";

/** Both ends of the protocol at once: what a store does survives its way through a wire. */
describeStore("the etcd backend at etcd's door of a memory store", async () => {
  const clock = new HandClock();
  const kept = new MemoryStore<Stamped>(stamp, { codec, clock });
  const submit = (handle: () => void): void => handle();
  const door = await openEtcdDoor({ store: kept, codec, submit });
  const store = await openEtcdStore({ endpoints: [door.url], codec, stamp });
  return {
    store,
    pass: async (seconds) => clock.pass(seconds),
    close: async () => {
      await answerOf((done) => store.close(done));
      door.close();
    },
  };
});
