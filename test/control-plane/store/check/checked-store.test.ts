import { describe, expect, test } from "vitest";
import { BrokenPromiseError } from "../../../../src/control-plane/store/check/broken-promise.ts";
import {
  type CheckedStore,
  checkStore,
} from "../../../../src/control-plane/store/check/checked-store.ts";
import { MemoryStore } from "../../../../src/control-plane/store/memory-store.ts";
import type {
  Change,
  DirectStore,
  Done,
  RangeRequest,
  RangeResult,
  TransactionRequest,
  TransactionResult,
  Watch,
  WatchRequest,
} from "../../../../src/control-plane/store/store.ts";
import { answerOf, Client, codec, type Stamped, stamp, value } from "../store-under-test.ts";

type Changes = readonly Change<Stamped>[];

/** A store with one bug: what it tells of a revision is what `bug` makes of it. */
class BuggyStore extends MemoryStore<Stamped> {
  readonly #bug: (changes: Changes) => readonly Changes[];
  /** Whether observers of everything are spared. */
  readonly #onlyOfSome: boolean;

  constructor(bug: (changes: Changes) => readonly Changes[], onlyOfSome = true) {
    super(stamp, { codec });
    this.#bug = bug;
    this.#onlyOfSome = onlyOfSome;
  }

  override watch(request: WatchRequest<Stamped>): Watch {
    if (this.#onlyOfSome && isOfAll(request)) return super.watch(request);
    const onChanges = (changes: Changes): void => {
      for (const told of this.#bug(changes)) request.onChanges(told);
    };
    return super.watch({ ...request, onChanges });
  }
}

function isOfAll(request: WatchRequest<Stamped>): boolean {
  return "prefix" in request && request.prefix === "";
}

async function clientOf(store: MemoryStore<Stamped>): Promise<Client> {
  return new Client(
    await answerOf<CheckedStore<Stamped>>((done) => checkStore(store, { codec }, done)),
  );
}

/** Writes here and there while somebody watches `a…`; then asks how far that is. */
async function aDay(client: Client): Promise<void> {
  const watch = client.watch({ prefix: "a" }, 1);
  await client.putAll("a1", "b", "a2");
  await client.transact({
    compares: [],
    then: ["a1", "a2", "b"].map((key) => ({ type: "delete" as const, key })),
  });
  await client.put("a1");
  await watch.hasSeen(6);
}

const nothing: Changes = [];
let kept: Changes = nothing;

describe("a checked store", () => {
  test("has nothing against a store that keeps its promises", async () => {
    await aDay(await clientOf(new MemoryStore(stamp, { codec })));
  });

  test.each<[string, string, (changes: Changes) => readonly Changes[]]>([
    [
      "leaves out a key",
      "WatchReliable at revision 4, key a2: the put was not told",
      (changes) => (changes[0]?.revision === 4 ? [] : [changes]),
    ],
    [
      "leaves out the last revision",
      "WatchReliable at revision 6, key a1: the put was not told",
      (changes) => (changes[0]?.revision === 6 ? [] : [changes]),
    ],
    [
      "leaves out a deletion",
      "WatchReliable at revision 5, key a1: the delete was not told",
      (changes) =>
        [changes.filter(({ type }) => type === "put")].filter(({ length }) => length > 0),
    ],
    [
      "leaves out one of a revision",
      "WatchAtomic at revision 5, key a2: 1 of the 2 changes came without the others",
      (changes) => [changes.slice(0, 1)],
    ],
    [
      "splits a revision",
      "WatchAtomic at revision 5, key a2: 1 of the 2 changes came without the others",
      (changes) => changes.map((change) => [change]),
    ],
    [
      "tells twice",
      "WatchUnique at revision 2, key a1: it was told twice",
      (changes) => [changes, changes],
    ],
    [
      "goes back in time",
      "WatchOrdered at revision 2, key a1: it was told after 4",
      (changes) => {
        const before = kept;
        kept = changes;
        return before.length > 0 ? [changes, before] : [changes];
      },
    ],
    [
      "tells of other keys",
      "WatchFilter at revision 2, key b: the put was told to who did not ask",
      (changes) => [changes.map((change) => ({ ...change, key: "b" }))],
    ],
    [
      "mixes revisions",
      "WatchAtomic at revision 99, key a1: it came with revision 2",
      (changes) => [[...changes, { ...(changes[0] as Change<Stamped>), revision: 99 }]],
    ],
    [
      "makes something up",
      "WatchUnique at revision 2, key a1: it was told, but did not happen",
      (changes) => [[...changes, changes[0] as Change<Stamped>]],
    ],
    [
      "tells of another value",
      "WatchReliable at revision 2, key a1: the put was told wrongly",
      (changes) => [
        changes.map((change) => ({
          ...change,
          current: change.current && { ...change.current, value: value("other") },
        })),
      ],
    ],
    [
      "forgets what was before",
      "WatchPrevKV at revision 5, key a1: it was told with what was not there before",
      (changes) => [changes.map((change) => ({ ...change, previous: undefined }))],
    ],
  ])("catches a watch that %s", async (_what, words, bug) => {
    kept = nothing;
    const client = await clientOf(new BuggyStore(bug));
    await expect(aDay(client)).rejects.toThrow(words);
  });

  test("catches a watch that leaves out what it missed", async () => {
    const bug = (changes: Changes) => (changes[0]?.revision === 3 ? [] : [changes]);
    const client = await clientOf(new BuggyStore(bug));
    await client.putAll("a1", "a2");
    expect(() => client.watch({ prefix: "a" }, 1)).toThrow(
      "WatchResumable at revision 3, key a2: the put was not told",
    );
  });

  test("catches a watch that begins in what is compacted", async () => {
    class ForgetfulStore extends MemoryStore<Stamped> {
      override watch(request: WatchRequest<Stamped>): Watch {
        if (isOfAll(request)) return super.watch(request);
        return super.watch({ ...request, afterRevision: Math.max(request.afterRevision, 3) });
      }
    }
    const client = await clientOf(new ForgetfulStore(stamp, { codec }));
    await client.putAll("a1", "a1", "a2");
    await client.compact(4);
    expect(() => client.watch({ prefix: "b" }, 1)).toThrow(
      "WatchResumable at revision 2: a watch began there, but what is before 4 is compacted",
    );
  });

  test("catches a watch that ends because of a compaction that was not", async () => {
    class FussyStore extends MemoryStore<Stamped> {
      override watch(request: WatchRequest<Stamped>): Watch {
        if (!isOfAll(request)) request.onCompacted(2);
        return super.watch(request);
      }
    }
    const client = await clientOf(new FussyStore(stamp, { codec }));
    expect(() => client.watch({ prefix: "a" }, 1)).toThrow(
      "WatchResumable at revision 2: it ended because of a compaction at 2, which spares that",
    );
  });

  test("catches progress that is told before the changes are", async () => {
    class HastyStore extends MemoryStore<Stamped> {
      override watch(request: WatchRequest<Stamped>): Watch {
        if (isOfAll(request)) return super.watch(request);
        const onChanges = (changes: Changes): void => {
          request.onProgress?.(changes[0]?.revision ?? 0);
          request.onChanges(changes);
        };
        return super.watch({ ...request, onChanges });
      }
    }
    const client = await clientOf(new HastyStore(stamp, { codec }));
    await expect(aDay(client)).rejects.toThrow(
      "WatchBookmarkable at revision 2, key a1: the put was not told",
    );
  });

  test("catches changes that are older than a progress", async () => {
    class BoastfulStore extends MemoryStore<Stamped> {
      override watch(request: WatchRequest<Stamped>): Watch {
        const watch = super.watch({
          ...request,
          onProgress: () => request.onProgress?.(this.revision + 1),
        });
        return watch;
      }
    }
    const client = await clientOf(new BoastfulStore(stamp, { codec }));
    client.watch({ prefix: "a" }, 1).requestProgress();
    await expect(client.put("a1")).rejects.toThrow(
      "WatchBookmarkable at revision 2, key a1: the put was not told",
    );
  });

  test.each<[string, string, (changes: Changes) => readonly Changes[]]>([
    [
      "skips a revision",
      "RVMonotonic at revision 4, key a2: it was written after 2",
      (changes) => (changes[0]?.revision === 3 ? [] : [changes]),
    ],
    [
      "uses a revision twice",
      "RVMonotonic at revision 2, key a1: it was written after 2",
      (changes) => [changes, changes],
    ],
    [
      "counts versions wrongly",
      "LinearizableKV at revision 2, key a1: it does not follow what was there",
      (changes) => [
        changes.map((change) => ({
          ...change,
          current: change.current && { ...change.current, version: 7 },
        })),
      ],
    ],
    [
      "does not know what was there",
      "WatchPrevKV at revision 5, key a1: it follows what was not there",
      (changes) => [changes.map((change) => ({ ...change, previous: undefined }))],
    ],
  ])("catches a store that %s", async (_what, words, bug) => {
    const client = await clientOf(new BuggyStore(bug, false));
    // What is not told to anybody is seen by its writer first.
    const seen = words.startsWith("RVMonotonic at revision 4")
      ? "WatchReliable at revision 3: an observer was not told"
      : words;
    await expect(aDay(client)).rejects.toThrow(seen);
  });

  test("catches a lost race that is told as won", async () => {
    class RacyStore extends MemoryStore<Stamped> {
      override transact(...[request, done]: Parameters<MemoryStore<Stamped>["transact"]>): void {
        super.transact({ ...request, compares: [] }, done);
      }
    }
    const client = await clientOf(new RacyStore(stamp, { codec }));
    await client.put("a");
    const then = [{ type: "put" as const, key: "a", value: value("b") }];
    const lost = client.transact({ compares: [{ key: "a", modRevision: 0 }], then });
    await expect(lost).rejects.toThrow(
      "CAS at revision 3, key a: a transaction was decided by what was not there at 2",
    );
  });

  test("catches a write that is answered with another", async () => {
    class ForgetfulStore extends MemoryStore<Stamped> {
      override transact(
        request: TransactionRequest<Stamped>,
        done: Done<TransactionResult<Stamped>>,
      ): void {
        super.transact(request, (error, result) => {
          const written = result.written.map((item) => item && { ...item, version: 1 });
          done(error, { ...result, written });
        });
      }
    }
    const client = await clientOf(new ForgetfulStore(stamp, { codec }));
    await client.put("a");
    await expect(client.put("a")).rejects.toThrow(
      "LinearizableKV at revision 3, key a: the put was answered as it was not",
    );
  });

  test.each<[string, string, RangeRequest, (result: RangeResult<Stamped>) => object]>([
    [
      "leaves out a key",
      "key b: 2 keys were read where there are 3",
      { key: "a", rangeEnd: "d" },
      ({ items }) => ({ items: items.filter(({ key }) => key !== "b") }),
    ],
    [
      "reads more than there may be",
      "key b: 3 keys were read where there are 1",
      { key: "a", rangeEnd: "d", limit: 1 },
      () => ({}),
    ],
    [
      "reads another order",
      "key c: it was read as it was not then",
      { key: "a", rangeEnd: "d" },
      ({ items }) => ({ items: items.toReversed() }),
    ],
    [
      "reads twice",
      "key a: it was read as it was not then",
      { key: "a", rangeEnd: "d", sort: { by: "version", order: "ascend" } },
      ({ items }) => ({ items: items.map(() => items[0]) }),
    ],
    [
      "counts wrongly",
      "key a: 4 keys were counted where there are 3",
      { key: "a", rangeEnd: "d", countOnly: true },
      ({ count }) => ({ count: count + 1 }),
    ],
    [
      "reads another value",
      "key a: it was read as it was not then",
      { key: "a" },
      ({ items }) => ({ items: items.map((item) => ({ ...item, value: value("other") })) }),
    ],
    [
      "reads what is gone",
      "key d: 1 keys were read where there are 0",
      { key: "d" },
      () => ({ items: [{ key: "d" }], count: 1 }),
    ],
  ])("catches a range that %s", async (_what, words, request, bug) => {
    class MisreadStore extends MemoryStore<Stamped> {
      override range(asked: RangeRequest, done: Done<RangeResult<Stamped>>): void {
        const { limit: _ignored, ...all } = asked;
        super.range(asked === request ? all : asked, (error, result) =>
          done(error, asked === request ? { ...result, ...bug(result) } : result),
        );
      }
    }
    const client = await clientOf(new MisreadStore(stamp, { codec }));
    await client.putAll("a", "b", "c", "d");
    await client.remove("d");
    await expect(client.range(request)).rejects.toThrow(`LinearizableKV at revision 6, ${words}`);
  });

  test("catches a read of the past that is told as the present", async () => {
    class StaleStore extends MemoryStore<Stamped> {
      override range(...[request, done]: Parameters<MemoryStore<Stamped>["range"]>): void {
        const revision = request.revision || Math.max(this.revision - 1, 1);
        super.range({ ...request, revision }, done);
      }
    }
    const client = await clientOf(new StaleStore(stamp, { codec }));
    await client.putAll("a", "a");
    await expect(client.range({ key: "a" })).rejects.toThrow(
      "LinearizableKV at revision 3, key a: it was read as it was not then",
    );
  });

  test("catches a wrong read of the past", async () => {
    class AmnesicStore extends MemoryStore<Stamped> {
      override range(...[request, done]: Parameters<MemoryStore<Stamped>["range"]>): void {
        super.range({ ...request, revision: 0 }, done);
      }
    }
    const client = await clientOf(new AmnesicStore(stamp, { codec }));
    await client.putAll("a", "b");
    await client.remove("a");
    const past = client.range({ key: "a", rangeEnd: "c", revision: 3 });
    await expect(past).rejects.toThrow(
      "LinearizableKV at revision 3, key a: 1 keys were read where there are 2",
    );
  });

  test("throws the same for whatever is asked after a promise was broken", async () => {
    const bug = (changes: Changes) => (changes[0]?.revision === 2 ? [] : [changes]);
    const client = await clientOf(new BuggyStore(bug));
    client.watch({ prefix: "a" }, 1);
    const broken = await client.put("a1").catch((error: unknown) => error);

    expect(broken).toBeInstanceOf(BrokenPromiseError);
    expect(broken).toMatchObject({ promise: "WatchReliable", revision: 2, key: "a1" });
    await expect(client.range({ key: "b" })).rejects.toBe(broken);
    await expect(client.put("b")).rejects.toBe(broken);
    expect(() => client.watch({ prefix: "b" }, 1)).toThrow(broken);
    expect(() => client.store.direct?.get("b")).toThrow(broken);
  });
});

describe("direct access to a checked store", () => {
  const direct = (client: Client): DirectStore<Stamped> =>
    client.store.direct as DirectStore<Stamped>;

  test("answers as the store itself does", async () => {
    const results = (store: DirectStore<Stamped>) => [
      store.get("a"),
      store.replace("a", 0, undefined),
      store.replace("a", 7, value("no")),
      store.replace("a", 0, value("one")),
      store.replace("a", 0, value("no")),
      store.replace("a", 2, value("two")),
      store.get("a"),
      store.replace("a", 3, undefined),
      store.get("a"),
    ];
    const checked = await clientOf(new MemoryStore(stamp, { codec }));

    expect(results(direct(checked))).toEqual(
      results(new MemoryStore<Stamped>(stamp, { codec }).direct as DirectStore<Stamped>),
    );
    expect(checked.store.revision).toBe(4);
  });

  test("is absent where the store has none", async () => {
    const store = new MemoryStore<Stamped>(stamp, { codec, quotaBytes: 10_000 });
    expect((await clientOf(store)).store.direct).toBeUndefined();
  });

  /** A store whose short way is what `bug` makes of it. */
  class LooseStore extends MemoryStore<Stamped> {
    readonly #bug: (honest: DirectStore<Stamped>) => Partial<DirectStore<Stamped>>;

    constructor(bug: (honest: DirectStore<Stamped>) => Partial<DirectStore<Stamped>>) {
      super(stamp, { codec });
      this.#bug = bug;
    }

    override get direct(): DirectStore<Stamped> | undefined {
      const honest = super.direct;
      return honest && { ...honest, ...this.#bug(honest) };
    }
  }

  test.each<[string, string, (honest: DirectStore<Stamped>) => Partial<DirectStore<Stamped>>]>([
    [
      "reads what is not there",
      "LinearizableKV at revision 2, key b: it was read as it was not then",
      ({ get }) => ({ get: () => get("a") }),
    ],
    [
      "writes whatever was there",
      "CAS at revision 2, key a: what compares with 1 was written",
      ({ replace }) => ({ replace: (key, _revision, next) => replace(key, 2, next) }),
    ],
    [
      "refuses what it should write",
      "CAS at revision 2, key a: what compares with 2 was refused",
      () => ({ replace: () => undefined }),
    ],
    [
      "answers with what it did not write",
      "LinearizableKV at revision 3, key a: it was read as it was not then",
      ({ get, replace }) => ({
        replace: (key, revision, next) => {
          const before = get(key);
          replace(key, revision, next);
          return before;
        },
      }),
    ],
    [
      "answers without a write",
      "RVMonotonic at revision 3, key a: a write was answered at 2",
      ({ get }) => ({ replace: (key) => get(key) }),
    ],
  ])("catches one that %s", async (_what, words, bug) => {
    const client = await clientOf(new LooseStore(bug));
    await client.put("a");
    const use = () => {
      direct(client).get("b");
      const stale = words.includes("with 1");
      direct(client).replace("a", stale ? 1 : 2, value("new"));
    };
    expect(use).toThrow(words);
  });

  test("catches a watch that is not told of what was written", async () => {
    const bug = (changes: Changes) => (changes[0]?.revision === 3 ? [] : [changes]);
    const client = await clientOf(new BuggyStore(bug));
    client.watch({ prefix: "a" }, 1);
    direct(client).replace("a", 0, value("one"));
    expect(() => direct(client).replace("a", 2, value("two"))).toThrow(
      "WatchReliable at revision 3, key a: the put was not told",
    );
  });

  test("defers what the store itself defers, and knows of it once somebody looks", async () => {
    const client = await clientOf(new MemoryStore(stamp, { codec }));
    await client.put("b");
    const made: string[] = [];
    const values = {
      prefix: "a/",
      keyOf: (index: number) => `a/${index}`,
      valueOf: (index: number) => value(`${index}`),
      made: (written: readonly { readonly key: string }[]) =>
        void made.push(...written.map(({ key }) => key)),
    };
    const defer = (): boolean | undefined => direct(client).defer?.(values);

    expect([defer(), direct(client).get("b")?.modRevision, defer(), made]).toEqual([
      true,
      2,
      true,
      [],
    ]);
    expect(client.store.revision).toBe(4);
    await client.put("b");
    expect(await client.keys({ key: "a", rangeEnd: "c" })).toEqual(["a/0", "a/1", "b"]);
    expect(made).toEqual(["a/0", "a/1"]);
    expect(client.watch({ prefix: "a/" }, 2).calls).toEqual([["put a/0@3"], ["put a/1@4"]]);
  });
});
