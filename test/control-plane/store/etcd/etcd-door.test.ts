import { describe, expect, test, vi } from "vitest";
import { openEtcdDoor } from "../../../../src/control-plane/store/etcd/door/etcd-door.ts";
import { openEtcdStore } from "../../../../src/control-plane/store/etcd/open-etcd-store.ts";
import { MemoryStore } from "../../../../src/control-plane/store/memory-store.ts";
import { HandClock } from "../hand-clock.ts";
import { describeStore } from "../store-conformance.ts";
import { answerOf, Client, codec, type Stamped, stamp, value } from "../store-under-test.ts";

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

describe("answers of an etcd", () => {
  /** An etcd and its client, which hands in what comes when the test says so. */
  async function anEtcd(submit: (handle: () => void) => void) {
    const kept = new MemoryStore<Stamped>(stamp, { codec });
    const door = await openEtcdDoor({ store: kept, codec, submit: (handle) => handle() });
    const store = await openEtcdStore({ endpoints: [door.url], codec, stamp, submit });
    return { store, kept: new Client(kept), door };
  }

  test("enter one by one, when they are handed in", async () => {
    const inputs: (() => void)[] = [];
    const { store, kept, door } = await anEtcd((handle) => inputs.push(handle));
    const seen: string[] = [];
    store.watch({
      prefix: "",
      afterRevision: 1,
      onChanges: (changes) => seen.push(...changes.map(({ key }) => `watched ${key}`)),
      onCompacted: () => {},
    });
    await kept.putAll("a", "b");
    await vi.waitFor(() => expect(inputs).toHaveLength(2), 20_000);
    store.range({ key: "a" }, (_error, { count }) => seen.push(`read ${count}`));
    await vi.waitFor(() => expect(inputs).toHaveLength(3), 20_000);

    expect([seen, store.revision]).toEqual([[], 1]);
    inputs[0]?.();
    expect([seen, store.revision]).toEqual([["watched a"], 2]);
    inputs[1]?.();
    inputs[2]?.();
    expect([seen, store.revision]).toEqual([["watched a", "watched b", "read 1"], 3]);
    store.close(() => seen.push("closed"));
    await vi.waitFor(() => expect(inputs).toHaveLength(4), 20_000);
    inputs[3]?.();
    expect(seen.at(-1)).toBe("closed");
    door.close();
  });

  test("are not told to a watch that was cancelled meanwhile", async () => {
    const inputs: (() => void)[] = [];
    const { store, kept, door } = await anEtcd((handle) => inputs.push(handle));
    const { calls, cancel } = new Client(store).watch({ prefix: "" }, 1);
    await kept.put("a");
    await vi.waitFor(() => expect(inputs).toHaveLength(1), 20_000);
    cancel();
    inputs[0]?.();

    expect(calls).toEqual([]);
    store.close(() => {});
    door.close();
  });

  test("that another wrote and that are no values are errors, which name the key", async () => {
    const strict = {
      encode: codec.encode,
      decode: (bytes: Uint8Array) => {
        if (bytes[0] === 0x21) throw new Error("it begins with !");
        return codec.decode(bytes);
      },
    };
    const kept = new MemoryStore<Stamped>(stamp, { codec });
    const door = await openEtcdDoor({ store: kept, codec, submit: (handle) => handle() });
    const store = await openEtcdStore({ endpoints: [door.url], codec: strict, stamp });
    await new Client(kept).put("a", "!");
    const why = "the value of a in etcd cannot be read: it begins with !";
    await expect(new Client(store).texts({ key: "a" })).rejects.toThrow(why);
    const told = new Promise<Error>((resolve) => {
      const nothing = (): void => {};
      const begin = { prefix: "", afterRevision: 1 };
      store.watch({ ...begin, onChanges: nothing, onCompacted: nothing, onError: resolve });
    });

    expect((await told).message).toBe(why);
    await answerOf((done) => store.close(done));
    door.close();
  });

  test("of many changes at once come in parts, and are told as one", async () => {
    const { store, kept, door } = await anEtcd((handle) => handle());
    const long = "x".repeat(400_000);
    const keys = ["a", "b", "c", "d", "e", "f"];
    const watch = new Client(store).watch({ prefix: "" }, 1);
    const then = keys.map((key) => ({ type: "put" as const, key, value: value(long) }));
    await kept.transact({ compares: [], then });
    await watch.hasSeen(2);

    expect(watch.calls).toEqual([keys.map((key) => `put ${key}@2`)]);
    await answerOf((done) => store.close(done));
    door.close();
  });
});
