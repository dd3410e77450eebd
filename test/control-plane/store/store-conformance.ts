import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { prefixEnd } from "../../../src/control-plane/store/store.ts";
import { Client, answerOf, type StoreUnderTest, value } from "./store-under-test.ts";

/**
 * What every backend does: etcd's semantics. `open` gives a store that nothing was written to.
 *
 * @param skipReason Why this backend cannot be tried here.
 */
export function describeStore(
  backend: string,
  open: () => Promise<StoreUnderTest>,
  skipReason?: string,
): void {
  const title = skipReason === undefined ? backend : `${backend} (skipped: ${skipReason})`;
  describe.skipIf(skipReason !== undefined)(`${title}:`, () => {
    let under: StoreUnderTest;
    let client: Client;
    beforeEach(async () => {
      under = await open();
      client = new Client(under.store);
    });
    afterEach(async () => under.close());
    const all = { key: "", rangeEnd: prefixEnd("") };
    const put = (key: string, text = key) => ({ type: "put" as const, key, value: value(text) });

    describe("the revision", () => {
      test("is 1 for an empty store, and grows by one with each transaction that writes", async () => {
        expect(under.store.revision).toBe(1);
        expect(await client.put("a")).toBe(2);
        expect(await client.remove("a")).toBe(3);
        expect(under.store.revision).toBe(3);
      });

      test("is one for all writes of a transaction", async () => {
        const { revision, written } = await client.transact({
          compares: [],
          then: [put("a"), put("b")],
        });

        expect(revision).toBe(2);
        expect(written.map((one) => one?.modRevision)).toEqual([2, 2]);
      });

      test("does not grow when nothing is written", async () => {
        await client.put("a");
        expect(await client.remove("b")).toBe(2);
        const compares = [{ key: "a", modRevision: 1 }];
        expect((await client.transact({ compares, then: [put("a")] })).revision).toBe(2);
      });

      test("is stamped into what is written", async () => {
        await client.put("a");
        const { items } = await client.range({ key: "a" });
        expect(items[0]?.value).toEqual({ text: "a", revision: 2 });
      });
    });

    describe("a key", () => {
      test("knows when it was created and last written, and how often", async () => {
        await client.put("a", "one");
        await client.put("b");
        await client.put("a", "two");

        expect((await client.range({ key: "a" })).items).toEqual([
          {
            key: "a",
            value: { text: "two", revision: 4 },
            createRevision: 2,
            modRevision: 4,
            version: 2,
            lease: 0n,
          },
        ]);
      });

      test("starts anew when it is created again after its deletion", async () => {
        await client.putAll("a", "a");
        await client.remove("a");
        expect(await client.range({ key: "a" })).toEqual({
          items: [],
          count: 0,
          more: false,
          revision: 4,
        });
        await client.put("a", "second life");

        expect((await client.range({ key: "a" })).items).toMatchObject([
          { createRevision: 5, modRevision: 5, version: 1 },
        ]);
      });
    });

    describe("a transaction", () => {
      test("writes when the key is as the writer read it", async () => {
        const revision = await client.put("a", "old");
        const compares = [{ key: "a", modRevision: revision }];

        expect(await client.transact({ compares, then: [put("a", "new")] })).toMatchObject({
          succeeded: true,
          revision: 3,
        });
        expect(await client.texts({ key: "a" })).toEqual(["new"]);
      });

      test("writes nothing when somebody else was faster", async () => {
        const revision = await client.put("a", "old");
        await client.put("a", "theirs");
        const compares = [{ key: "a", modRevision: revision }];

        expect(await client.transact({ compares, then: [put("a", "new")] })).toEqual({
          succeeded: false,
          revision: 3,
          written: [],
          ranges: [],
        });
        expect(await client.texts({ key: "a" })).toEqual(["theirs"]);
      });

      test("creates only what does not exist, and may create again what was deleted", async () => {
        const creation = { compares: [{ key: "a", modRevision: 0 }], then: [put("a")] };
        expect((await client.transact(creation)).succeeded).toBe(true);
        expect((await client.transact(creation)).succeeded).toBe(false);
        await client.remove("a");
        expect((await client.transact(creation)).succeeded).toBe(true);
      });

      test("needs all of its compares to hold", async () => {
        await client.put("a");
        const compares = [
          { key: "a", modRevision: 2 },
          { key: "b", modRevision: 2 },
        ];

        expect((await client.transact({ compares, then: [put("a")] })).succeeded).toBe(false);
      });

      test("does the other thing when they do not", async () => {
        await client.put("a", "theirs");
        const { succeeded, written, ranges } = await client.transact({
          compares: [{ key: "a", modRevision: 0 }],
          then: [put("a", "mine")],
          otherwise: [{ type: "range", key: "a" }, put("b")],
        });

        expect(succeeded).toBe(false);
        expect(ranges[0]?.items.map((item) => item.value.text)).toEqual(["theirs"]);
        expect(written.map((one) => one?.key)).toEqual([undefined, "b"]);
      });

      test.each([
        ["version", "=", 2, true],
        ["version", "!=", 2, false],
        ["version", "<", 3, true],
        ["version", ">", 2, false],
        ["createRevision", "=", 2, true],
        ["createRevision", ">", 1, true],
        ["modRevision", "=", 3, true],
        ["modRevision", "<", 3, false],
        ["lease", "=", 0n, true],
      ] as const)("compares the %s: %s %s is %s", async (target, is, than, holds) => {
        await client.putAll("a", "a");
        const compares = [{ key: "a", target, is, than }];
        expect((await client.transact({ compares, then: [] })).succeeded).toBe(holds);
      });

      test.each([
        ["=", "old", true],
        ["!=", "old", false],
        ["!=", "new", true],
        ["<", "older", true],
        [">", "olc", true],
        ["<", "old", false],
      ] as const)("compares the value, by its bytes: %s %s is %s", async (is, than, holds) => {
        await client.put("a", "old");
        const compares = [{ key: "a", target: "value" as const, is, than: value(than) }];
        expect((await client.transact({ compares, then: [] })).succeeded).toBe(holds);
      });

      test("takes an absent key for one of version 0, without a value", async () => {
        const isNew = { key: "a", target: "version", is: "=", than: 0 } as const;
        expect((await client.transact({ compares: [isNew], then: [] })).succeeded).toBe(true);
        const differs = { key: "a", target: "value", is: "!=", than: value("x") } as const;
        expect((await client.transact({ compares: [differs], then: [] })).succeeded).toBe(false);
      });

      test("compares all keys of a range", async () => {
        await client.putAll("/a", "/b");
        const older = (than: number) =>
          ({ key: "/", rangeEnd: "0", target: "modRevision", is: "<", than }) as const;
        expect((await client.transact({ compares: [older(4)], then: [] })).succeeded).toBe(true);
        expect((await client.transact({ compares: [older(3)], then: [] })).succeeded).toBe(false);
      });

      test("says for each operation what was put, what was deleted, or that there was nothing", async () => {
        await client.put("a", "old");
        const { written } = await client.transact({
          compares: [],
          then: [{ type: "delete", key: "nothing" }, { type: "delete", key: "a" }, put("b", "new")],
        });

        expect(written.map((one) => one && `${one.value.text}@${one.modRevision}`)).toEqual([
          undefined,
          "old@2",
          "new@3",
        ]);
      });

      test("deletes a range as one revision, and says what it was", async () => {
        await client.putAll("/a", "/b", "c");
        const { revision, ranges } = await client.transact({
          compares: [],
          then: [{ type: "delete", key: "/", rangeEnd: "0" }],
        });

        expect(revision).toBe(5);
        expect(ranges[0]?.items.map(({ key }) => key)).toEqual(["/a", "/b"]);
        expect(ranges[0]?.count).toBe(2);
        expect(await client.keys(all)).toEqual(["c"]);
      });

      test("reads in between what was written before", async () => {
        await client.put("/a", "old");
        const range = { type: "range", key: "/", rangeEnd: "0" } as const;
        const { ranges } = await client.transact({
          compares: [],
          then: [range, put("/a", "new"), put("/b"), range],
        });

        expect(ranges.map((each) => each?.items.map((item) => item.value.text))).toEqual([
          ["old"],
          undefined,
          undefined,
          ["new", "/b"],
        ]);
      });

      test("does not write a key twice", async () => {
        const twice = client.transact({ compares: [], then: [put("a"), put("a")] });
        await expect(twice).rejects.toThrow("etcdserver: duplicate key given in txn request");
        const both = client.transact({
          compares: [],
          then: [put("a"), { type: "delete", key: "", rangeEnd: "b" }],
        });
        await expect(both).rejects.toThrow("etcdserver: duplicate key given in txn request");
        expect(under.store.revision).toBe(1);
      });

      test("does not put a key without a name", async () => {
        await expect(client.put("")).rejects.toThrow("etcdserver: key is not provided");
      });
    });

    describe("a range", () => {
      const pods = { key: "/pods/", rangeEnd: prefixEnd("/pods/") };
      const fill = () => client.putAll("/pods/b", "/pods/a", "/podsetc", "/pods/c", "/nodes/x");

      test("is in key order and ends before its end", async () => {
        await fill();
        expect(await client.range(pods)).toMatchObject({
          items: [{ key: "/pods/a" }, { key: "/pods/b" }, { key: "/pods/c" }],
          count: 3,
          more: false,
          revision: 6,
        });
      });

      test("counts all keys, however few are asked for", async () => {
        await fill();
        const { items, count, more } = await client.range({ ...pods, limit: 2 });
        expect(items.map(({ key }) => key)).toEqual(["/pods/a", "/pods/b"]);
        expect([count, more]).toEqual([3, true]);
        expect(await client.range({ ...pods, limit: 3 })).toMatchObject({ count: 3, more: false });
        const counted = await client.range({ ...pods, countOnly: true });
        expect(counted).toMatchObject({ items: [], count: 3 });
      });

      test("without an end is one key, not the keys that start with it", async () => {
        await fill();
        expect(await client.keys({ key: "/pods" })).toEqual([]);
        expect((await client.range({ key: "/podsetc" })).count).toBe(1);
      });

      test("may do without values", async () => {
        await fill();
        expect(await client.keys({ ...pods, keysOnly: true })).toEqual([
          "/pods/a",
          "/pods/b",
          "/pods/c",
        ]);
      });

      test("at a revision is what was there then, and says what the revision is now", async () => {
        await client.put("/pods/a", "old");
        await client.put("/pods/b");
        await client.put("/pods/a", "new");
        await client.remove("/pods/b");
        await client.put("/pods/c");

        expect(await client.texts({ ...pods, revision: 3 })).toEqual(["old", "/pods/b"]);
        expect(await client.texts({ ...pods, revision: 5 })).toEqual(["new"]);
        expect(await client.texts({ key: "/pods/a", revision: 2 })).toEqual(["old"]);
        expect((await client.range({ ...pods, revision: 3 })).revision).toBe(6);
        expect((await client.range({ ...pods, revision: 1 })).count).toBe(0);
      });

      test("page by page at one revision is the same list, whoever writes in between", async () => {
        const names = Array.from({ length: 25 }, (_none, index) => `/pods/${index + 10}`);
        await client.putAll(...names);
        const { revision } = await client.range(pods);
        const pages: string[] = [];
        const counts: number[] = [];
        for (let start = pods.key, more = true; more;) {
          const page = await client.range({ ...pods, key: start, limit: 10, revision });
          pages.push(...page.items.map(({ key }) => key));
          counts.push(page.count);
          ({ more } = page);
          start = `${pages.at(-1)}\0`;
          await client.putAll(`/pods/${pages.length}-new`, "/pods/99");
          await client.remove(names[pages.length] ?? "none");
        }

        expect(pages).toEqual(names);
        expect(counts).toEqual([25, 15, 5]);
      });

      test("of a revision that is yet to come is an error", async () => {
        const future = client.range({ key: "a", revision: 7 });
        await expect(future).rejects.toThrow("mvcc: required revision is a future revision");
      });

      test("is sorted by what is asked for", async () => {
        await client.putAll("/pods/b", "/pods/a", "/pods/c", "/pods/a", "/pods/b", "/pods/b");
        const sorted = (
          by: "key" | "version" | "createRevision" | "modRevision" | "value",
          order: "ascend" | "descend",
        ) => client.keys({ ...pods, sort: { by, order }, limit: 2 });

        expect(await sorted("key", "descend")).toEqual(["/pods/c", "/pods/b"]);
        expect(await sorted("version", "descend")).toEqual(["/pods/b", "/pods/a"]);
        expect(await sorted("createRevision", "ascend")).toEqual(["/pods/b", "/pods/a"]);
        expect(await sorted("modRevision", "ascend")).toEqual(["/pods/c", "/pods/a"]);
        expect(await sorted("value", "descend")).toEqual(["/pods/c", "/pods/b"]);
      });

      test("leaves out what was written or created too early or too late", async () => {
        await client.putAll("/pods/a", "/pods/b", "/pods/c", "/pods/a");
        expect(await client.keys({ ...pods, minModRevision: 4 })).toEqual(["/pods/a", "/pods/c"]);
        expect(await client.keys({ ...pods, maxModRevision: 3 })).toEqual(["/pods/b"]);
        expect(await client.keys({ ...pods, minCreateRevision: 3 })).toEqual([
          "/pods/b",
          "/pods/c",
        ]);
        expect(await client.keys({ ...pods, maxCreateRevision: 2 })).toEqual(["/pods/a"]);
      });
    });

    describe("a watch", () => {
      test("is told what it missed, then what happens, in order and once", async () => {
        await client.putAll("a", "b");
        const watch = client.watch({ prefix: "" }, 2);
        await watch.hasSeen(3);
        expect(watch.calls).toEqual([["put b@3"]]);
        await client.remove("a");
        await client.put("c");
        await watch.hasSeen(5);

        expect(watch.calls).toEqual([["put b@3"], ["delete a@4"], ["put c@5"]]);
      });

      test("is told of one prefix, one range or one key only", async () => {
        const watches = [
          client.watch({ prefix: "/pods/" }, 1),
          client.watch({ key: "/pods/b", rangeEnd: "/podt" }, 1),
          client.watch({ key: "/pods/a" }, 1),
        ];
        await client.putAll("/pods/a", "/podsetc", "/nodes/x", "/pods/b");
        for (const watch of watches) await watch.hasSeen(5);

        expect(watches.map(({ calls }) => calls.flat())).toEqual([
          ["put /pods/a@2", "put /pods/b@5"],
          ["put /podsetc@3", "put /pods/b@5"],
          ["put /pods/a@2"],
        ]);
      });

      test("hears all changes of one revision in one call, missed or live", async () => {
        const both = { compares: [], then: [put("a"), put("b")] };
        await client.transact(both);
        const watch = client.watch({ prefix: "" }, 1);
        await client.transact(both);
        await watch.hasSeen(3);

        expect(watch.calls).toEqual([
          ["put a@2", "put b@2"],
          ["put a@3", "put b@3"],
        ]);
      });

      test("is told what was there before", async () => {
        const watch = client.watch({ prefix: "" }, 1);
        await client.put("a", "old");
        await client.put("a", "new");
        await client.remove("a");
        await watch.hasSeen(4);

        const texts = watch.changes.map(({ previous, current }) => [
          previous?.value.text,
          current?.value.text,
        ]);
        expect(texts).toEqual([
          [undefined, "old"],
          ["old", "new"],
          ["new", undefined],
        ]);
      });

      test("does not hear of what it does not want", async () => {
        const puts = client.watch({ prefix: "" }, 1, { without: "delete" });
        const deletions = client.watch({ prefix: "" }, 1, { without: "put" });
        await client.put("a");
        await client.transact({ compares: [], then: [{ type: "delete", key: "a" }, put("b")] });
        for (const watch of [puts, deletions]) await watch.hasSeen(3);

        expect(puts.calls).toEqual([["put a@2"], ["put b@3"]]);
        expect(deletions.calls).toEqual([["delete a@3"]]);
      });

      test("hears nothing any more once it is cancelled", async () => {
        const cancelled = client.watch({ prefix: "" }, 1);
        const other = client.watch({ prefix: "" }, 1);
        await client.put("a");
        for (const watch of [cancelled, other]) await watch.hasSeen(2);
        cancelled.cancel();
        await client.put("b");
        await other.hasSeen(3);

        expect(cancelled.calls).toEqual([["put a@2"]]);
      });

      test("from a revision that is yet to come begins after it", async () => {
        const watch = client.watch({ prefix: "" }, 3);
        await client.putAll("a", "b", "c");
        await watch.hasSeen(4);

        expect(watch.calls).toEqual([["put c@4"]]);
      });

      test("of the same kind twice is two watches", async () => {
        const watches = [client.watch({ prefix: "" }, 1), client.watch({ prefix: "" }, 1)];
        await client.put("a");
        for (const watch of watches) await watch.hasSeen(2);

        expect(watches.map(({ calls }) => calls)).toEqual([[["put a@2"]], [["put a@2"]]]);
      });

      test("goes on without a gap where another one ended", async () => {
        const first = client.watch({ prefix: "" }, 1);
        await client.putAll("a", "b");
        await first.hasSeen(3);
        first.cancel();
        await client.putAll("c", "d");
        const second = client.watch({ prefix: "" }, first.changes.at(-1)?.revision ?? 0);
        await second.hasSeen(5);

        expect(second.calls).toEqual([["put c@4"], ["put d@5"]]);
      });
    });

    describe("compaction", () => {
      const history = async () => {
        await client.put("a", "a2");
        await client.put("a", "a3");
        await client.put("b", "b4");
        await client.remove("b");
        await client.put("a", "a6");
      };

      test("ends what can be read of the past, and leaves the present", async () => {
        await history();
        await client.compact(4);

        await expect(client.range({ key: "a", revision: 3 })).rejects.toThrow(
          "mvcc: required revision has been compacted",
        );
        expect(await client.texts({ key: "a", revision: 4 })).toEqual(["a3"]);
        expect(await client.texts({ key: "b", revision: 4 })).toEqual(["b4"]);
        expect(await client.texts({ key: "a" })).toEqual(["a6"]);
        expect(await client.texts({ ...all, revision: 5 })).toEqual(["a3"]);
      });

      test("is of the past, once", async () => {
        await history();
        await client.compact(4);
        const compacted = "mvcc: required revision has been compacted";
        await expect(client.compact(4)).rejects.toThrow(compacted);
        await expect(client.compact(3)).rejects.toThrow(compacted);
        const future = "mvcc: required revision is a future revision";
        await expect(client.compact(7)).rejects.toThrow(future);
      });

      test("ends a watch that asks for what is gone, and says where history begins", async () => {
        await history();
        await client.compact(5);
        const watch = client.watch({ prefix: "" }, 3);
        const other = client.watch({ prefix: "" }, 6);
        await client.put("c");
        await other.hasSeen(7);

        await expect.poll(() => watch.compacted).toEqual([5]);
        expect(watch.calls).toEqual([]);
      });

      test("leaves a watch what happened at the compacted revision and after it", async () => {
        await history();
        // Not at the deletion: that one an etcd before 3.4.36 or 3.5.19 forgets (etcd issue 19179).
        await client.compact(4);
        const watches = [client.watch({ prefix: "" }, 3), client.watch({ prefix: "" }, 4)];
        for (const watch of watches) await watch.hasSeen(6);

        expect(watches.map(({ calls }) => calls)).toEqual([
          [["put b@4"], ["delete b@5"], ["put a@6"]],
          [["delete b@5"], ["put a@6"]],
        ]);
      });

      test("does not disturb watches that are up to date", async () => {
        await history();
        const watch = client.watch({ prefix: "" }, 6);
        await client.compact(6);
        await client.put("c");
        await watch.hasSeen(7);

        expect([watch.compacted, watch.calls]).toEqual([[], [["put c@7"]]]);
      });

      test("lets a deleted key be created anew", async () => {
        await history();
        await client.compact(6);
        await client.put("b", "b7");

        expect((await client.range({ key: "b" })).items).toMatchObject([
          { createRevision: 7, version: 1 },
        ]);
        expect(await client.texts(all)).toEqual(["a6", "b7"]);
      });
    });

    describe("a lease", () => {
      const grant = (ttlSeconds: number, id = 0n) =>
        answerOf<{ readonly id: bigint }>((done) =>
          under.store.grantLease({ id, ttlSeconds }, done),
        );
      const status = (id: bigint) =>
        answerOf<{ readonly keys: readonly string[]; readonly grantedTtlSeconds: number }>((done) =>
          under.store.leaseStatus(id, done),
        );
      const gone = "etcdserver: requested lease not found";

      test("takes its keys with it when it is revoked, all as one revision", async () => {
        const { id } = await grant(60);
        await client.put("a", "a", id);
        await client.put("b", "b", id);
        await client.put("c");
        const watch = client.watch({ prefix: "" }, 4);
        const revision = await answerOf<number>((done) => under.store.revokeLease(id, done));
        await watch.hasSeen(5);

        expect(revision).toBe(5);
        expect(watch.calls).toEqual([["delete a@5", "delete b@5"]]);
        expect(await client.keys(all)).toEqual(["c"]);
        await expect(status(id)).rejects.toThrow(gone);
      });

      test("ends when its time is over, unless it is kept alive", async () => {
        // Seconds to spare each time: a real etcd's pass while the machine does other things.
        const short = await grant(8);
        const kept = await grant(8);
        await client.put("short", "", short.id);
        await client.put("kept", "", kept.id);
        await under.pass(5);
        await answerOf((done) => under.store.keepLeaseAlive(kept.id, done));
        await under.pass(5);

        expect(await client.keys(all)).toEqual(["kept"]);
        expect(await answerOf((done) => under.store.leases(done))).toEqual([kept.id]);
        await under.pass(5);
        expect(await client.keys(all)).toEqual([]);
      });

      test("says which keys go with it, and how long it lasts", async () => {
        const { id } = await grant(100, 77n);
        await client.put("b", "b", id);
        await client.put("a", "a", id);

        expect(id).toBe(77n);
        expect(await status(id)).toMatchObject({ keys: ["a", "b"], grantedTtlSeconds: 100 });
        expect((await client.range({ key: "a" })).items[0]?.lease).toBe(77n);
      });

      test("loses a key that is put without it, or deleted", async () => {
        const { id } = await grant(100);
        for (const key of ["a", "b", "c"]) await client.put(key, key, id);
        await client.put("a");
        await client.remove("b");
        expect((await status(id)).keys).toEqual(["c"]);
        await answerOf((done) => under.store.revokeLease(id, done));

        expect(await client.keys(all)).toEqual(["a"]);
      });

      test("is there before it is used, and is granted once", async () => {
        await expect(client.put("a", "a", 99n)).rejects.toThrow(gone);
        const keptAlive = answerOf((done) => under.store.keepLeaseAlive(99n, done));
        await expect(keptAlive).rejects.toThrow(gone);
        await grant(10, 99n);
        await expect(grant(10, 99n)).rejects.toThrow("etcdserver: lease already exists");
        await expect(grant(9_000_000_001)).rejects.toThrow("etcdserver: too large lease TTL");
      });
    });
  });
}
