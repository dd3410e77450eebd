import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { EtcdStore } from "../../../src/control-plane/store/etcd/etcd-store.ts";
import {
  type EtcdStoreOptions,
  openEtcdStore,
} from "../../../src/control-plane/store/etcd/open-etcd-store.ts";
import {
  StoreUnavailableError,
  UnknownOutcomeError,
} from "../../../src/control-plane/store/store-errors.ts";
import {
  answerOf,
  Client,
  codec,
  type Stamped,
  stamp,
  value,
} from "../../control-plane/store/store-under-test.ts";
import { EtcdServer, etcdSkipReason, freePorts } from "./etcd-server.ts";
import { TcpProxy } from "./tcp-proxy.ts";

/** So soon a client knows that its connection is gone. */
const noticedMs = 200;

const title = etcdSkipReason === undefined ? "" : ` (skipped: ${etcdSkipReason})`;

describe.skipIf(etcdSkipReason !== undefined)(
  `the etcd backend, with trouble on its way${title}`,
  () => {
    let server: EtcdServer;
    let proxy: TcpProxy;
    let store: EtcdStore<Stamped>;
    let client: Client;
    /** Beside the proxy: what etcd itself says. */
    let witness: Client;
    const opened: EtcdStore<Stamped>[] = [];

    const open = async (options: Partial<EtcdStoreOptions<Stamped>> = {}): Promise<Client> => {
      const endpoints = [proxy.url];
      const one = await openEtcdStore({
        endpoints,
        codec,
        stamp,
        requestTimeoutMs: 3_000,
        ...options,
      });
      opened.push(one);
      return new Client(one);
    };

    beforeEach(async () => {
      server = await EtcdServer.start({ isDurable: true });
      proxy = await TcpProxy.to(server.port);
      client = await open();
      store = client.store as EtcdStore<Stamped>;
      witness = await open({ endpoints: [server.url] });
    });
    afterEach(async () => {
      for (const one of opened.splice(0)) await answerOf((done) => one.close(done));
      await proxy.close();
      await server.close();
    });

    /** Writes while answers do not arrive, then breaks the connection once etcd has it. */
    const loseAnswer = async <R>(
      write: () => Promise<R>,
      revision: number,
    ): Promise<PromiseSettledResult<R>> => {
      proxy.dropAnswers();
      const outcome = Promise.allSettled([write()]);
      await vi.waitFor(async () =>
        expect((await witness.range({ key: "x" })).revision).toBeGreaterThanOrEqual(revision),
      );
      proxy.heal();
      proxy.cut();
      return (await outcome)[0];
    };

    test("a read whose answer is lost is asked again", async () => {
      await client.put("a");
      proxy.dropAnswers();
      const read = client.texts({ key: "a" });
      await sleep(50);
      proxy.heal();
      proxy.cut();

      expect(await read).toEqual(["a"]);
    });

    test("a write without a condition whose answer is lost is not written again", async () => {
      const outcome = await loseAnswer(async () => client.put("a"), 2);

      expect(outcome).toMatchObject({
        status: "rejected",
        reason: expect.any(UnknownOutcomeError),
      });
      expect((await witness.range({ key: "a" })).items).toMatchObject([{ version: 1 }]);
    });

    test("a creation whose answer is lost is not created again, since it may have been deleted", async () => {
      const creation = {
        compares: [{ key: "a", modRevision: 0 }],
        then: [{ type: "put" as const, key: "a", value: value("a") }],
      };
      const outcome = await loseAnswer(async () => client.transact(creation), 2);

      expect(outcome).toMatchObject({
        status: "rejected",
        reason: expect.any(UnknownOutcomeError),
      });
    });

    const update = (modRevision: number, text: string) => ({
      compares: [{ key: "a", modRevision }],
      then: [{ type: "put" as const, key: "a", value: value(text) }],
    });

    test("an update whose answer is lost is unknown, when the key is as it would have left it", async () => {
      await client.put("a", "old");
      const outcome = await loseAnswer(async () => client.transact(update(2, "new")), 3);

      expect(outcome).toMatchObject({
        status: "rejected",
        reason: expect.any(UnknownOutcomeError),
      });
      expect((await witness.range({ key: "a" })).items).toMatchObject([{ version: 2 }]);
    });

    test("an update that lost its answer has failed, when history says that somebody else was faster", async () => {
      await client.put("a", "old");
      await witness.put("a", "theirs");
      proxy.dropAnswers();
      const outcome = client.transact(update(2, "mine"));
      await sleep(50);
      await witness.put("a", "mine");
      proxy.heal();
      proxy.cut();

      expect(await outcome).toMatchObject({ succeeded: false, revision: 4 });
    });

    test("an update that did not arrive is sent again, and done once", async () => {
      await client.put("a", "old");
      server.pause();
      const outcome = client.transact(update(2, "new"));
      await sleep(50);
      proxy.cut();
      await server.kill();
      await server.start();

      expect(await outcome).toMatchObject({ succeeded: true, revision: 3 });
      expect((await witness.range({ key: "a" })).items).toMatchObject([{ version: 2 }]);
    });

    test("without a connection nothing was done, and the error says so", async () => {
      const quick = await open({ endpoints: [server.url], requestTimeoutMs: 300 });
      await server.kill();
      await sleep(noticedMs);

      await expect(quick.put("a")).rejects.toThrow(StoreUnavailableError);
      await expect(quick.put("a")).rejects.toThrow(/the store cannot be reached: No connection/);
    });

    test("a connection that comes back is used again", async () => {
      proxy.cut(true);
      await sleep(noticedMs);
      const write = client.put("a");
      await sleep(200);
      proxy.heal();

      expect(await write).toBe(2);
    });

    test("of several endpoints one that lives is used", async () => {
      const [dead] = await freePorts(1);
      const endpoints = [`http://127.0.0.1:${dead}`, proxy.url];
      const several = await open({ endpoints });
      expect(await several.put("a")).toBe(2);
    });

    test("a watch goes on where it was when its connection breaks, without a gap and with nothing twice", async () => {
      const watch = client.watch({ prefix: "" }, 1);
      const writes = 240;
      for (let index = 0; index < writes; index++) {
        await witness.put(`key-${index % 7}`, String(index));
        if (index % 30 !== 15) continue;
        // Somewhere in between, so that it breaks in the middle of what it tells.
        await vi.waitFor(() => expect(watch.changes.length).toBeGreaterThan(index - 15), 20_000);
        proxy.cut();
      }
      await vi.waitFor(() => expect(watch.changes).toHaveLength(writes), 20_000);

      expect(watch.changes.map(({ revision }) => revision)).toEqual(
        Array.from({ length: writes }, (_none, index) => index + 2),
      );
    });

    test("a watch that finds its place compacted when it comes back is over, and says so", async () => {
      const watch = client.watch({ prefix: "" }, 1);
      await witness.put("a");
      await watch.hasSeen(2);
      proxy.cut(true);
      await sleep(noticedMs);
      for (const text of ["b", "c", "d"]) await witness.put("a", text);
      await witness.compact(5);
      proxy.heal();
      await vi.waitFor(() => expect(watch.compacted).toEqual([5]), 20_000);

      expect(watch.calls).toEqual([["put a@2"]]);
    });

    test("what is answered survives etcd's sudden death, again and again, and watches miss nothing", async () => {
      const watch = client.watch({ prefix: "" }, 1);
      const acknowledged = new Map<string, number>();
      const unknown = new Set<string>();
      let isOver = false;
      const writers = Array.from({ length: 8 }, async (_none, writer) => {
        for (let count = 0; !isOver; count++) {
          const key = `${writer}-${count}`;
          try {
            acknowledged.set(key, await client.put(key));
          } catch (error) {
            if (error instanceof UnknownOutcomeError) unknown.add(key);
            else if (!(error instanceof StoreUnavailableError)) throw error;
          }
        }
      });
      for (let death = 0; death < 4; death++) {
        await sleep(200);
        await server.kill();
        await server.start();
      }
      await sleep(200);
      isOver = true;
      await Promise.all(writers);
      const { items, revision } = await witness.range({ key: "", rangeEnd: "\uFFFF" });
      await vi.waitFor(() => expect(watch.changes.at(-1)?.revision).toBe(revision), 20_000);

      const kept = new Map(items.map(({ key, modRevision }) => [key, modRevision]));
      expect(acknowledged.size).toBeGreaterThan(100);
      expect([...acknowledged].filter(([key, at]) => kept.get(key) !== at)).toEqual([]);
      expect([...kept.keys()].filter((key) => !acknowledged.has(key) && !unknown.has(key))).toEqual(
        [],
      );
      expect(watch.changes.map((change) => [change.key, change.revision])).toEqual(
        [...kept].toSorted(([, left], [, right]) => left - right),
      );
    }, 30_000);

    test("closing answers what was asked before, and refuses what comes after", async () => {
      const write = client.put("a");
      const closed = answerOf((done) => store.close(done));
      await expect(client.put("b")).rejects.toThrow("the store is closed");

      expect(await write).toBe(2);
      await closed;
    });
  },
);
