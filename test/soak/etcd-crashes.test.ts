import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { openEtcdStore } from "../../src/control-plane/store/etcd/open-etcd-store.ts";
import {
  StoreUnavailableError,
  UnknownOutcomeError,
} from "../../src/control-plane/store/store-errors.ts";
import { answerOf, Client, codec, stamp, value } from "../control-plane/store/store-under-test.ts";
import { EtcdServer, etcdSkipReason } from "../real-clients/etcd/etcd-server.ts";
import { TcpProxy } from "../real-clients/etcd/tcp-proxy.ts";

const troubles = 200;
const counters = 4;
const title = etcdSkipReason === undefined ? "" : ` (skipped: ${etcdSkipReason})`;

describe.skipIf(etcdSkipReason !== undefined)(
  `a real etcd in trouble, ${troubles} times${title}`,
  () => {
    test("counts what was acknowledged, and watches tell every count once", async () => {
      const server = await EtcdServer.start({ isDurable: true });
      const proxy = await TcpProxy.to(server.port);
      const endpoints = [proxy.url];
      const open = async () => openEtcdStore({ endpoints, codec, stamp, requestTimeoutMs: 5_000 });
      const stores = [await open(), await open(), await open()];
      const clients = stores.map((store) => new Client(store));
      const [first] = clients as [Client];
      const begin = Array.from({ length: counters }, async (_, index) =>
        first.put(`c${index}`, "0"),
      );
      await Promise.all(begin);
      const watches = clients.map((client) => client.watch({ prefix: "" }, 1));
      const acknowledged = Array.from({ length: counters }, () => 0);
      const unknown = Array.from({ length: counters }, () => 0);
      let isOver = false;

      /** Adds one to a counter, as an optimistic writer does: several race for each. */
      const increment = async (client: Client, index: number): Promise<void> => {
        const key = `c${index}`;
        const { items } = await client.range({ key });
        const [item] = items;
        if (item === undefined) throw new Error(`${key} is lost`);
        const next = String(Number(item.value.text) + 1);
        const { succeeded } = await client.transact({
          compares: [{ key, modRevision: item.modRevision }],
          then: [{ type: "put", key, value: value(next) }],
        });
        if (succeeded) acknowledged[index] = (acknowledged[index] ?? 0) + 1;
      };
      const writers = clients.flatMap((client) =>
        Array.from({ length: counters }, async (_, index) => {
          while (!isOver) {
            try {
              await increment(client, index);
            } catch (error) {
              if (error instanceof UnknownOutcomeError) unknown[index] = (unknown[index] ?? 0) + 1;
              else if (!(error instanceof StoreUnavailableError)) throw error;
            }
          }
        }),
      );
      for (let trouble = 0; trouble < troubles; trouble++) {
        await sleep(50 + ((trouble * 37) % 150));
        if (trouble % 4 === 0) {
          await server.kill();
          await server.start();
        } else if (trouble % 4 === 1) {
          proxy.dropAnswers();
          await sleep(20);
          proxy.heal();
          proxy.cut();
        } else {
          proxy.cut();
        }
      }
      isOver = true;
      await Promise.all(writers);
      const { items, revision } = await first.range({ key: "", rangeEnd: "\uFFFF" });
      for (const { changes } of watches) {
        await vi.waitFor(() => expect(changes.at(-1)?.revision).toBe(revision), 20_000);
      }

      for (const [index, item] of items.entries()) {
        const count = Number(item.value.text);
        expect(count).toBeGreaterThanOrEqual(acknowledged[index] as number);
        expect(count).toBeLessThanOrEqual(
          (acknowledged[index] as number) + (unknown[index] as number),
        );
        expect(item.version).toBe(count + 1);
      }
      for (const { changes } of watches) {
        expect(changes.map((change) => change.revision)).toEqual(
          Array.from({ length: revision - 1 }, (_, index) => index + 2),
        );
      }
      for (const store of stores) await answerOf((done) => store.close(done));
      await proxy.close();
      await server.close();
    });
  },
);
