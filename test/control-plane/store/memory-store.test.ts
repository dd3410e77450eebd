import { describe, expect, test } from "vitest";
import { MemoryStore } from "../../../src/control-plane/store/memory-store.ts";
import {
  type Change,
  CompactedError,
  FutureRevisionError,
  prefixEnd,
  type RangeRequest,
  type RangeResult,
  type Store,
  type TransactionRequest,
  type TransactionResult,
} from "../../../src/control-plane/store/store.ts";

interface Stamped {
  readonly text: string;
  readonly revision: number;
}

function aStore(): Store<Stamped> {
  return new MemoryStore<Stamped>((value, revision) => ({ ...value, revision }));
}

function value(text: string): Stamped {
  return { text, revision: 0 };
}

function transact(
  store: Store<Stamped>,
  request: TransactionRequest<Stamped>,
): TransactionResult<Stamped> {
  return answerOf((done) => store.transact(request, done));
}

/** Puts without a condition; returns the revision. */
function put(store: Store<Stamped>, key: string, text = key): number {
  const then = [{ type: "put" as const, key, value: value(text) }];
  return transact(store, { compares: [], then }).revision;
}

function remove(store: Store<Stamped>, key: string): number {
  return transact(store, { compares: [], then: [{ type: "delete", key }] }).revision;
}

function range(store: Store<Stamped>, request: RangeRequest): RangeResult<Stamped> {
  return answerOf((done) => store.range(request, done));
}

function textsOf({ items }: RangeResult<Stamped>): readonly string[] {
  return items.map((item) => item.value.text);
}

/** @throws What a call answers with, when it is an error. */
function answerOf<R>(call: (done: (error: Error | undefined, result: R) => void) => void): R {
  const answers: { readonly error: Error | undefined; readonly result: R }[] = [];
  call((error, result) => void answers.push({ error, result }));
  expect(answers).toHaveLength(1);
  const [{ error, result }] = answers as [
    { readonly error: Error | undefined; readonly result: R },
  ];
  if (error !== undefined) throw error;
  return result;
}

function compact(store: Store<Stamped>, revision: number): void {
  answerOf<void>((done) => store.compact(revision, done));
}

/** What a watch said: each call's changes as `put a@2`, and where it was told that history is gone. */
function watched(store: Store<Stamped>, prefix: string, afterRevision: number) {
  const calls: string[][] = [];
  const compacted: number[] = [];
  const cancel = store.watch({
    prefix,
    afterRevision,
    onChanges: (changes) =>
      calls.push(changes.map(({ type, key, revision }) => `${type} ${key}@${revision}`)),
    onCompacted: (revision) => compacted.push(revision),
  });
  return { calls, compacted, cancel };
}

describe("the revision", () => {
  test("is 1 for an empty store, and grows by one with each transaction that writes", () => {
    const store = aStore();
    expect(store.revision).toBe(1);
    expect(put(store, "a")).toBe(2);
    expect(remove(store, "a")).toBe(3);
    expect(store.revision).toBe(3);
  });

  test("is one for all writes of a transaction", () => {
    const store = aStore();
    const then = ["a", "b"].map((key) => ({ type: "put" as const, key, value: value(key) }));
    const { revision, written } = transact(store, { compares: [], then });

    expect(revision).toBe(2);
    expect(written.map((one) => one?.modRevision)).toEqual([2, 2]);
  });

  test("stays when nothing is written", () => {
    const store = aStore();
    put(store, "a");
    expect(remove(store, "nothing")).toBe(2);
    const refused = transact(store, { compares: [{ key: "a", modRevision: 1 }], then: [] });

    expect(refused).toEqual({ succeeded: false, revision: 2, written: [] });
    expect(store.revision).toBe(2);
  });

  test("is written into the value by the commit", () => {
    const store = aStore();
    put(store, "a");
    expect(range(store, { key: "a" }).items[0]?.value).toEqual({ text: "a", revision: 2 });
  });
});

describe("a key", () => {
  test("knows when it was created and last written, and how often", () => {
    const store = aStore();
    put(store, "a", "one");
    put(store, "b");
    put(store, "a", "two");

    expect(range(store, { key: "a" }).items).toEqual([
      {
        key: "a",
        value: { text: "two", revision: 4 },
        createRevision: 2,
        modRevision: 4,
        version: 2,
      },
    ]);
  });

  test("starts anew when it is created again after its deletion", () => {
    const store = aStore();
    put(store, "a", "first life");
    put(store, "a", "first life");
    remove(store, "a");
    expect(range(store, { key: "a" })).toEqual({ items: [], count: 0, revision: 4 });
    put(store, "a", "second life");

    expect(range(store, { key: "a" }).items).toMatchObject([
      { createRevision: 5, modRevision: 5, version: 1 },
    ]);
  });
});

describe("a transaction", () => {
  const update = { type: "put", key: "a", value: value("new") } as const;

  test("writes when the key is as the writer read it", () => {
    const store = aStore();
    const revision = put(store, "a", "old");
    const compares = [{ key: "a", modRevision: revision }];

    expect(transact(store, { compares, then: [update] })).toMatchObject({
      succeeded: true,
      revision: 3,
    });
    expect(textsOf(range(store, { key: "a" }))).toEqual(["new"]);
  });

  test("writes nothing when somebody else was faster", () => {
    const store = aStore();
    const revision = put(store, "a", "old");
    put(store, "a", "theirs");
    const compares = [{ key: "a", modRevision: revision }];

    expect(transact(store, { compares, then: [update] })).toEqual({
      succeeded: false,
      revision: 3,
      written: [],
    });
    expect(textsOf(range(store, { key: "a" }))).toEqual(["theirs"]);
  });

  test("creates only what does not exist, and may create again what was deleted", () => {
    const store = aStore();
    const creation = { compares: [{ key: "a", modRevision: 0 }], then: [update] };
    expect(transact(store, creation).succeeded).toBe(true);
    expect(transact(store, creation).succeeded).toBe(false);
    remove(store, "a");
    expect(transact(store, creation).succeeded).toBe(true);
  });

  test("needs all of its compares to hold", () => {
    const store = aStore();
    put(store, "a");
    const compares = [
      { key: "a", modRevision: 2 },
      { key: "b", modRevision: 2 },
    ];

    expect(transact(store, { compares, then: [update] }).succeeded).toBe(false);
  });

  test("says for each operation what was put, what was deleted, or that there was nothing", () => {
    const store = aStore();
    put(store, "a", "old");
    const { written } = transact(store, {
      compares: [],
      then: [
        { type: "delete", key: "nothing" },
        { type: "delete", key: "a" },
        { type: "put", key: "b", value: value("new") },
      ],
    });

    expect(written.map((one) => one && `${one.value.text}@${one.modRevision}`)).toEqual([
      undefined,
      "old@2",
      "new@3",
    ]);
  });
});

describe("a range", () => {
  function aFilledStore(): Store<Stamped> {
    const store = aStore();
    for (const key of ["/pods/b", "/pods/a", "/podsetc", "/pods/c", "/nodes/x"]) put(store, key);
    return store;
  }
  const pods = { key: "/pods/", rangeEnd: prefixEnd("/pods/") };

  test("is in key order and ends before its end", () => {
    expect(range(aFilledStore(), pods)).toMatchObject({
      items: [{ key: "/pods/a" }, { key: "/pods/b" }, { key: "/pods/c" }],
      count: 3,
      revision: 6,
    });
  });

  test("counts all keys, however few are asked for", () => {
    const { items, count } = range(aFilledStore(), { ...pods, limit: 2 });
    expect(items.map(({ key }) => key)).toEqual(["/pods/a", "/pods/b"]);
    expect(count).toBe(3);
  });

  test("without an end is one key, not the keys that start with it", () => {
    expect(range(aFilledStore(), { key: "/pods" }).items).toEqual([]);
    expect(range(aFilledStore(), { key: "/podsetc" }).count).toBe(1);
  });

  test("at a revision is what was there then, and says what the revision is now", () => {
    const store = aStore();
    put(store, "/pods/a", "old");
    put(store, "/pods/b");
    put(store, "/pods/a", "new");
    remove(store, "/pods/b");
    put(store, "/pods/c");

    expect(textsOf(range(store, { ...pods, revision: 3 }))).toEqual(["old", "/pods/b"]);
    expect(textsOf(range(store, { ...pods, revision: 5 }))).toEqual(["new"]);
    expect(textsOf(range(store, { key: "/pods/a", revision: 2 }))).toEqual(["old"]);
    expect(range(store, { ...pods, revision: 3 }).revision).toBe(6);
    expect(range(store, { ...pods, revision: 1 }).count).toBe(0);
  });

  test("of a revision that is yet to come is an error", () => {
    expect(() => range(aFilledStore(), { key: "/pods/a", revision: 7 })).toThrow(
      FutureRevisionError,
    );
  });
});

describe("a watch", () => {
  test("is told what it missed, then what happens, in order and once", () => {
    const store = aStore();
    put(store, "a");
    put(store, "b");
    const { calls } = watched(store, "", 2);
    expect(calls).toEqual([["put b@3"]]);
    remove(store, "a");
    put(store, "c");

    expect(calls).toEqual([["put b@3"], ["delete a@4"], ["put c@5"]]);
  });

  test("is told of one prefix only", () => {
    const store = aStore();
    put(store, "/pods/a");
    const { calls } = watched(store, "/pods/", 1);
    put(store, "/podsetc");
    put(store, "/nodes/x");
    put(store, "/pods/b");

    expect(calls.flat()).toEqual(["put /pods/a@2", "put /pods/b@5"]);
  });

  test("hears all changes of one revision in one call, missed or live", () => {
    const store = aStore();
    const both = {
      compares: [],
      then: ["a", "b"].map((key) => ({ type: "put" as const, key, value: value(key) })),
    };
    transact(store, both);
    const { calls } = watched(store, "", 1);
    transact(store, both);

    expect(calls).toEqual([
      ["put a@2", "put b@2"],
      ["put a@3", "put b@3"],
    ]);
  });

  test("is told what was there before", () => {
    const store = aStore();
    const changes: Change<Stamped>[] = [];
    store.watch({
      prefix: "",
      afterRevision: 1,
      onChanges: (seen) => changes.push(...seen),
      onCompacted: () => {},
    });
    put(store, "a", "old");
    put(store, "a", "new");
    remove(store, "a");

    const texts = changes.map(({ previous, current }) => [
      previous?.value.text,
      current?.value.text,
    ]);
    expect(texts).toEqual([
      [undefined, "old"],
      ["old", "new"],
      ["new", undefined],
    ]);
  });

  test("hears of a write before its writer has the answer", () => {
    const store = aStore();
    const { calls } = watched(store, "", 1);
    let heardFirst = false;
    const then = [{ type: "put" as const, key: "a", value: value("a") }];
    store.transact({ compares: [], then }, () => (heardFirst = calls.length === 1));

    expect(heardFirst).toBe(true);
  });

  test("hears nothing any more once it is cancelled, even by another watch at that moment", () => {
    const store = aStore();
    let cancelSecond = (): void => {};
    store.watch({
      prefix: "",
      afterRevision: 1,
      onChanges: () => cancelSecond(),
      onCompacted: () => {},
    });
    const second = watched(store, "", 1);
    cancelSecond = second.cancel;
    put(store, "a");
    put(store, "b");

    expect(second.calls).toEqual([]);
  });

  test("begun while a change is told hears of that change once", () => {
    const store = aStore();
    const late: ReturnType<typeof watched>[] = [];
    const cancel = store.watch({
      prefix: "",
      afterRevision: 1,
      onChanges: () => {
        cancel();
        late.push(watched(store, "", 1));
      },
      onCompacted: () => {},
    });
    put(store, "a");
    put(store, "b");

    expect(late[0]?.calls).toEqual([["put a@2"], ["put b@3"]]);
  });

  test("from a revision that is yet to come begins after it", () => {
    const store = aStore();
    const { calls } = watched(store, "", 3);
    for (const key of ["a", "b", "c"]) put(store, key);

    expect(calls).toEqual([["put c@4"]]);
  });

  test("of the same kind twice is two watches", () => {
    const store = aStore();
    let heard = 0;
    const request = {
      prefix: "",
      afterRevision: 1,
      onChanges: () => void heard++,
      onCompacted: () => {},
    };
    const cancel = store.watch(request);
    store.watch(request);
    put(store, "a");
    cancel();
    put(store, "b");

    expect(heard).toBe(3);
  });

  test("does not write: nothing of such a write is seen", () => {
    const store = aStore();
    store.watch({
      prefix: "a",
      afterRevision: 1,
      onChanges: () => put(store, "written by a watch"),
      onCompacted: () => {},
    });

    expect(() => put(store, "a")).toThrow("a watch handler does not write");
    expect(range(store, { key: "written by a watch" }).count).toBe(0);
  });
});

describe("compaction", () => {
  function aHistory(): Store<Stamped> {
    const store = aStore();
    put(store, "a", "a2");
    put(store, "a", "a3");
    put(store, "b", "b4");
    remove(store, "b");
    put(store, "a", "a6");
    return store;
  }

  test("ends what can be read of the past, and leaves the present", () => {
    const store = aHistory();
    compact(store, 4);

    expect(() => range(store, { key: "a", revision: 3 })).toThrow(CompactedError);
    expect(textsOf(range(store, { key: "a", revision: 4 }))).toEqual(["a3"]);
    expect(textsOf(range(store, { key: "b", revision: 4 }))).toEqual(["b4"]);
    expect(textsOf(range(store, { key: "a" }))).toEqual(["a6"]);
    expect(textsOf(range(store, { key: "", rangeEnd: "z", revision: 5 }))).toEqual(["a3"]);
  });

  test("says where history begins", () => {
    const store = aHistory();
    compact(store, 4);
    expect(() => compact(store, 4)).toThrow(CompactedError);
    expect(() => compact(store, 3)).toThrow("mvcc: required revision has been compacted");
    expect(() => compact(store, 7)).toThrow(FutureRevisionError);
    const error = (() => {
      try {
        return range(store, { key: "a", revision: 2 });
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ name: "CompactedError", compactedRevision: 4 });
  });

  test("ends a watch that asks for what is gone, and it hears nothing else", () => {
    const store = aHistory();
    compact(store, 5);
    const { calls, compacted } = watched(store, "", 3);
    put(store, "c");

    expect(compacted).toEqual([5]);
    expect(calls).toEqual([]);
  });

  test("leaves a watch what happened at the compacted revision and after it", () => {
    const store = aHistory();
    compact(store, 5);

    expect(watched(store, "", 4).calls).toEqual([["delete b@5"], ["put a@6"]]);
    expect(watched(store, "", 5).calls).toEqual([["put a@6"]]);
  });

  test("does not disturb watches that are up to date", () => {
    const store = aHistory();
    const { calls, compacted } = watched(store, "", 6);
    compact(store, 6);
    put(store, "c");

    expect(compacted).toEqual([]);
    expect(calls).toEqual([["put c@7"]]);
  });

  test("lets a deleted key be created anew", () => {
    const store = aHistory();
    compact(store, 6);
    put(store, "b", "b7");

    expect(range(store, { key: "b" }).items).toMatchObject([{ createRevision: 7, version: 1 }]);
    expect(textsOf(range(store, { key: "", rangeEnd: "z" }))).toEqual(["a6", "b7"]);
  });
});

describe("the end of a prefix", () => {
  test("is the first key after all that start with it", () => {
    expect(prefixEnd("/registry/pods/")).toBe("/registry/pods0");
    expect(prefixEnd("a")).toBe("b");
  });
});
