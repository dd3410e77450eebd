import { describe, expect, test } from "vitest";
import { MemoryStore } from "../../../src/control-plane/store/memory-store.ts";
import { prefixEnd, type Watch } from "../../../src/control-plane/store/store.ts";
import { HandClock } from "./hand-clock.ts";
import { describeStore } from "./store-conformance.ts";
import { describePromises } from "./store-promises.ts";
import {
  answerOf,
  Client,
  codec,
  type Stamped,
  stamp,
  type StoreUnderTest,
  value,
} from "./store-under-test.ts";

async function openStore(): Promise<StoreUnderTest> {
  const clock = new HandClock();
  const store = new MemoryStore<Stamped>(stamp, { codec, clock });
  return {
    store,
    pass: async (seconds) => clock.pass(seconds),
    close: () => answerOf((done) => store.close(done)),
  };
}

describeStore("the memory store", openStore);
describePromises("the memory store", openStore, 200);

function aStore(): MemoryStore<Stamped> {
  return new MemoryStore(stamp, { codec });
}

/** Puts at once, as the memory store does. */
function put(store: MemoryStore<Stamped>, key: string): void {
  const then = [{ type: "put" as const, key, value: value(key) }];
  store.transact({ compares: [], then }, () => {});
}

describe("a watch of the memory store", () => {
  test("hears of a write before its writer has the answer", () => {
    const store = aStore();
    const { calls } = new Client(store).watch({ prefix: "" }, 1);
    let heardFirst = false;
    const then = [{ type: "put" as const, key: "a", value: value("a") }];
    store.transact({ compares: [], then }, () => (heardFirst = calls.length === 1));

    expect(heardFirst).toBe(true);
  });

  test.each([[["a"]], [["a", "b"]]])(
    "that is cancelled by another at that moment hears nothing any more (%s)",
    (keys) => {
      const store = aStore();
      let second: { cancel(): void } = { cancel: () => {} };
      store.watch({
        prefix: "",
        afterRevision: 1,
        onChanges: () => second.cancel(),
        onCompacted: () => {},
      });
      const recorded = new Client(store).watch({ prefix: "" }, 1);
      second = recorded;
      const then = keys.map((key) => ({ type: "put" as const, key, value: value(key) }));
      store.transact({ compares: [], then }, () => {});

      expect(recorded.calls).toEqual([]);
    },
  );

  test("that is begun while a change is told hears of that change once", () => {
    const store = aStore();
    const late: ReturnType<Client["watch"]>[] = [];
    const first: Watch = store.watch({
      prefix: "",
      afterRevision: 1,
      onChanges: () => {
        first.cancel();
        late.push(new Client(store).watch({ prefix: "" }, 1));
      },
      onCompacted: () => {},
    });
    put(store, "a");
    put(store, "b");

    expect(late[0]?.calls).toEqual([["put a@2"], ["put b@3"]]);
  });

  test("does not write: nothing of such a write is seen", async () => {
    const store = aStore();
    store.watch({
      prefix: "a",
      afterRevision: 1,
      onChanges: () => put(store, "written by a watch"),
      onCompacted: () => {},
    });

    expect(() => put(store, "a")).toThrow("a watch handler does not write");
    expect((await new Client(store).range({ key: "written by a watch" })).count).toBe(0);
  });
});

describe("the short way to one key", () => {
  test("does what a transaction of one compare and one write does", () => {
    const [direct, long] = [aStore(), aStore()];
    const watches = [direct, long].map((store) => new Client(store).watch({ prefix: "" }, 1));
    const replace = (key: string, modRevision: number, text: string | undefined): void => {
      const written = direct.direct?.replace(
        key,
        modRevision,
        text === undefined ? text : value(text),
      );
      const operation =
        text === undefined
          ? { type: "delete" as const, key }
          : { type: "put" as const, key, value: value(text) };
      long.transact({ compares: [{ key, modRevision }], then: [operation] }, (_error, result) =>
        expect(written).toEqual(result.written[0]),
      );
    };
    replace("a", 0, "one");
    replace("a", 0, "late");
    replace("a", 2, "two");
    replace("b", 1, "never");
    replace("a", 3, undefined);
    replace("a", 0, undefined);
    replace("a", 0, "again");

    expect(direct.revision).toBe(long.revision);
    expect(watches[0]?.calls).toEqual([["put a@2"], ["put a@3"], ["delete a@4"], ["put a@5"]]);
    expect(watches[0]?.calls).toEqual(watches[1]?.calls);
    expect(direct.direct?.get("a")).toMatchObject({ version: 1, createRevision: 5 });
    expect(direct.direct?.get("b")).toBeUndefined();
  });
});

describe("a memory store with a quota", () => {
  const small = () => new MemoryStore<Stamped>(stamp, { codec, quotaBytes: 1_000 });
  const noSpace = "etcdserver: mvcc: database space exceeded";
  const alarms = (store: MemoryStore<Stamped>) =>
    answerOf<readonly string[]>((done) => store.alarms(done));

  test("raises an alarm when it is full, and then puts nothing, however small", async () => {
    const store = small();
    const client = new Client(store);
    await client.putAll("a", "b");
    await expect(client.put("c", "long".repeat(200))).rejects.toThrow(noSpace);
    await expect(client.put("d", "")).rejects.toThrow(noSpace);
    const lease = answerOf((done) => store.grantLease({ ttlSeconds: 1 }, done));
    await expect(lease).rejects.toThrow(noSpace);

    expect(await alarms(store)).toEqual(["NOSPACE"]);
    expect(await client.keys({ key: "", rangeEnd: prefixEnd("") })).toEqual(["a", "b"]);
    expect(await client.remove("a")).toBe(4);
  });

  test("goes on once somebody made room and disarmed the alarm", async () => {
    const store = small();
    const client = new Client(store);
    await client.putAll("a", "a", "a");
    await expect(client.put("a")).rejects.toThrow(noSpace);
    await client.compact(4);
    await client.remove("a");
    await client.compact(5);
    await expect(client.put("b")).rejects.toThrow(noSpace);
    await answerOf<void>((done) => store.disarm("NOSPACE", done));
    await client.put("b");

    expect(await alarms(store)).toEqual([]);
  });
});

describe("compaction of the memory store", () => {
  test("lets go of history by and by: no write waits for all of it", async () => {
    const store = aStore();
    const client = new Client(store);
    for (let round = 0; round < 10_000; round++) put(store, `key-${round % 10}`);
    await client.compact(10_000);

    await expect(client.range({ key: "key-1", revision: 9_999 })).rejects.toThrow("compacted");
    const watch = client.watch({ prefix: "" }, 9_999);
    expect(watch.calls).toEqual([["put key-8@10000"], ["put key-9@10001"]]);
    expect(watch.changes.map(({ previous }) => previous?.modRevision)).toEqual([9_990, 9_991]);
  });

  test("forgets deleted keys, whenever they are created again", async () => {
    const client = new Client(aStore());
    for (let round = 0; round < 100; round++) {
      await client.put("a");
      await client.remove("a");
      if (round % 3 === 0) await client.compact(client.store.revision);
    }
    await client.put("b");

    const { items, count } = await client.range({ key: "", rangeEnd: prefixEnd(""), limit: 1 });
    expect([items.map(({ key }) => key), count]).toEqual([["b"], 1]);
  });

  test("forgets a deleted key though it was looked up right before", async () => {
    const client = new Client(aStore());
    await client.put("a");
    await client.remove("a");
    await client.put("b");
    await client.transact({ compares: [{ key: "a", modRevision: 1 }], then: [] });
    await client.compact(4);
    await client.put("a");

    expect(await client.keys({ key: "", rangeEnd: prefixEnd("") })).toEqual(["a", "b"]);
  });
});
