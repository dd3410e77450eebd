import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  DirectoryLockedError,
  UnknownFormatError,
} from "../../../../src/control-plane/store/file/file-errors.ts";
import { prefixEnd } from "../../../../src/control-plane/store/store.ts";
import { HandClock } from "../hand-clock.ts";
import { describeStore } from "../store-conformance.ts";
import { describePromises } from "../store-promises.ts";
import { answerOf, Client, type StoreUnderTest } from "../store-under-test.ts";
import { closeStore, dataDirectory, openDirectory } from "./data-directory.ts";

const all = { key: "", rangeEnd: prefixEnd("") };

async function openStore(): Promise<StoreUnderTest> {
  const directory = mkdtempSync(join(tmpdir(), "podrace-store-"));
  const clock = new HandClock();
  const file = openDirectory(directory);
  file.start(clock, (handle) => handle());
  return {
    store: file.store,
    // A lease that ended is revoked on the disk, too: a write behind it waits for that.
    pass: async (seconds) => {
      clock.pass(seconds);
      await answerOf((done) => file.store.leases(done));
    },
    close: async () => {
      await closeStore(file);
      rmSync(directory, { recursive: true });
    },
  };
}

describeStore("the file store", openStore);
describePromises("the file store", openStore, 5);

describe("a file store that is opened again", () => {
  test("has what it had: keys, their history, revisions and values", async () => {
    const directory = dataDirectory();
    const first = openDirectory(directory);
    const client = new Client(first.store);
    await client.putAll("a", "b", "a");
    await client.remove("b");
    await client.transact({
      compares: [],
      then: ["c", "ä€😀"].map((key) => ({
        type: "put" as const,
        key,
        value: { text: "ü", revision: 0 },
      })),
    });
    const before = await client.range(all);
    await closeStore(first);

    const again = openDirectory(directory);
    const reader = new Client(again.store);
    expect(again.report).toMatchObject({ revision: 6, damage: undefined });
    expect(await reader.range(all)).toEqual(before);
    expect(await reader.keys({ ...all, revision: 3 })).toEqual(["a", "b"]);
    const watch = reader.watch({ prefix: "" }, 2);
    expect(watch.calls).toEqual([
      ["put b@3"],
      ["put a@4"],
      ["delete b@5"],
      ["put c@6", "put ä€😀@6"],
    ]);
    expect(await reader.put("d")).toBe(7);
    await closeStore(again);
  });

  test("has what was compacted, leases and alarms as they were", async () => {
    const directory = dataDirectory();
    const first = openDirectory(directory, { quotaBytes: 2_000 });
    const client = new Client(first.store);
    await client.putAll("a", "a", "a");
    await client.compact(3);
    for (const id of [7n, 8n])
      await answerOf((done) => first.store.grantLease({ id, ttlSeconds: 10 }, done));
    await client.put("leased", "", 7n);
    await answerOf((done) => first.store.revokeLease(8n, done));
    await expect(client.put("b", "long".repeat(1_000))).rejects.toThrow("space exceeded");
    await closeStore(first);

    const again = openDirectory(directory, { quotaBytes: 2_000 });
    const clock = new HandClock();
    again.start(clock, (handle) => handle());
    const reader = new Client(again.store);
    await expect(reader.range({ key: "a", revision: 2 })).rejects.toThrow("compacted");
    expect(await answerOf((done) => again.store.leases(done))).toEqual([7n]);
    expect(await answerOf((done) => again.store.alarms(done))).toEqual(["NOSPACE"]);
    await expect(reader.put("b")).rejects.toThrow("space exceeded");
    clock.pass(9);
    expect(await reader.keys(all)).toEqual(["a", "leased"]);
    clock.pass(2);
    await answerOf((done) => again.store.leases(done));
    expect(await reader.keys(all)).toEqual(["a"]);
    await closeStore(again);
  });

  test("knows what time it was", async () => {
    const directory = dataDirectory();
    const clock = new HandClock();
    clock.pass(1_000);
    const first = openDirectory(directory);
    first.start(clock, (handle) => handle());
    await new Client(first.store).put("a");
    await closeStore(first);

    const again = openDirectory(directory);
    expect(again.report.savedNowUs).toBe(1_001_000_000);
    await closeStore(again);
  });
});

describe("a file store's answer", () => {
  test("comes when it is durable, and nothing of the write is seen before", async () => {
    const directory = dataDirectory();
    const file = openDirectory(directory);
    const inputs: (() => void)[] = [];
    file.start(new HandClock(), (handle) => inputs.push(handle));
    const client = new Client(file.store);
    const watch = client.watch({ prefix: "" }, 1);
    const written = client.put("a");
    while (inputs.length === 0) await new Promise((resolve) => setImmediate(resolve));

    expect(readFileSync(join(directory, "log-0000000000000001")).length).toBeGreaterThan(60);
    expect(file.store.revision).toBe(1);
    expect(await client.keys(all)).toEqual([]);
    expect(watch.calls).toEqual([]);
    inputs.shift()?.();
    expect(watch.calls).toEqual([["put a@2"]]);
    expect(await written).toBe(2);
    expect(await client.keys(all)).toEqual(["a"]);
    await closeStore(file);
  });

  test("says that another was faster only after that one has its answer", async () => {
    const file = openDirectory(dataDirectory());
    const order: string[] = [];
    const create = (name: string): void =>
      file.store.transact(
        {
          compares: [{ key: "a", modRevision: 0 }],
          then: [{ type: "put", key: "a", value: { text: name, revision: 0 } }],
        },
        (_error, { succeeded }) => {
          order.push(`${name} ${succeeded}`);
          if (!succeeded)
            file.store.range({ key: "a" }, (_none, { items }) =>
              order.push(`${name} sees ${items[0]?.value.text}`),
            );
        },
      );
    create("first");
    create("second");
    await new Client(file.store).put("b");
    await closeStore(file);

    expect(order).toEqual(["first true", "second false", "second sees first"]);
  });

  test("waits for the answers of its frame, so that nobody hears of what is not told yet", async () => {
    const file = openDirectory(dataDirectory());
    const order: string[] = [];
    const create = (key: string, done: (succeeded: boolean) => void): void =>
      file.store.transact(
        {
          compares: [{ key, modRevision: 0 }],
          then: [{ type: "put", key, value: { text: key, revision: 0 } }],
        },
        (_error, { succeeded }) => done(succeeded),
      );
    create("a", () => {
      order.push("a");
      create("b", (succeeded) => order.push(`b again ${succeeded} at ${file.store.revision}`));
    });
    create("b", () => order.push("b"));
    await new Client(file.store).put("c");
    await new Client(file.store).put("d");
    await closeStore(file);

    expect(order).toEqual(["a", "b", "b again false at 4"]);
  });

  test("is shared by writers that come together: one frame for all of them", async () => {
    const directory = dataDirectory();
    const file = openDirectory(directory);
    const client = new Client(file.store);
    await Promise.all(Array.from({ length: 64 }, async (_none, index) => client.put(`${index}`)));
    await closeStore(file);

    const log = readFileSync(join(directory, "log-0000000000000001"));
    expect(log.toString("latin1").split("\x9b\xa3\xf7\x1e")).toHaveLength(2);
  });

  test.skipIf(process.platform !== "linux")(
    "is an error when the disk is full, and from then on; what was told stays",
    async () => {
      const directory = dataDirectory();
      const file = openDirectory(directory, { segmentBytesMax: 50 });
      const client = new Client(file.store);
      await client.put("a");
      const watch = client.watch({ prefix: "" }, 1);
      symlinkSync("/dev/full", join(directory, "log-0000000000000002"));

      const full = "the log cannot be written: ENOSPC: no space left on device, write";
      const puts = ["b", "c"].map(async (key) => client.put(key));
      for (const put of puts) await expect(put).rejects.toThrow(full);
      await expect(client.put("d")).rejects.toThrow(full);
      await expect(client.compact(2)).rejects.toThrow(full);
      expect(file.store.revision).toBe(2);
      expect(await client.keys(all)).toEqual(["a"]);
      expect(watch.calls).toEqual([["put a@2"]]);
      await closeStore(file);

      rmSync(join(directory, "log-0000000000000002"));
      const again = openDirectory(directory);
      expect(again.report).toMatchObject({ revision: 2, damage: undefined });
      await closeStore(again);
    },
  );

  test("is an error once it is closed", async () => {
    const file = openDirectory(dataDirectory());
    await closeStore(file);
    await expect(new Client(file.store).put("a")).rejects.toThrow("the store is closed");
    await expect(new Client(file.store).range(all)).rejects.toThrow("the store is closed");
  });
});

describe("the directory of a file store", () => {
  test("is one store's at a time", async () => {
    const directory = dataDirectory();
    const first = openDirectory(directory);
    expect(() => openDirectory(directory)).toThrow(DirectoryLockedError);
    expect(() => openDirectory(directory)).toThrow(
      `${directory} is in use by process ${process.pid}: one podrace at a time can keep its state there`,
    );
    await closeStore(first);
    await closeStore(openDirectory(directory));
    expect(readdirSync(directory)).not.toContain("LOCK");
  });

  test.each(["999999999 12345\n", `${process.pid} 1\n`, "nonsense", ""])(
    "is taken over from a process that is gone (%j)",
    async (holder) => {
      const directory = dataDirectory();
      writeFileSync(join(directory, "LOCK"), holder);
      await closeStore(openDirectory(directory));
    },
  );

  test("of another format is left alone", async () => {
    const directory = dataDirectory();
    const first = openDirectory(directory);
    await new Client(first.store).put("a");
    await closeStore(first);
    const log = join(directory, "log-0000000000000001");
    const bytes = readFileSync(log);
    bytes.writeUInt32LE(2, 16);
    const { crc32 } = await import("node:zlib");
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 28)), 28);
    writeFileSync(log, bytes);

    expect(() => openDirectory(directory)).toThrow(UnknownFormatError);
    expect(() => openDirectory(directory)).toThrow("of format 2, which this podrace cannot read");
    expect(readFileSync(log)).toEqual(bytes);
  });

  test("does not grow for ever: a snapshot takes the place of what is compacted", async () => {
    const directory = dataDirectory();
    const options = { segmentBytesMax: 4_096 };
    const first = openDirectory(directory, options);
    const client = new Client(first.store);
    await answerOf((done) => first.store.grantLease({ id: 9n, ttlSeconds: 60 }, done));
    for (let round = 0; round < 40; round++) {
      await Promise.all(
        Array.from({ length: 40 }, async (_none, index) => client.put(`key-${index}`, `${round}`)),
      );
      await client.put("leased", "", 9n);
      await client.remove("key-7");
      if (round % 4 === 3) await client.compact(first.store.revision - 50);
    }
    const { revision } = first.store;
    const compacted = revision - 50;
    const past = await client.range({ ...all, revision: compacted });
    const present = await client.range(all);
    await closeStore(first);
    const bytes = readdirSync(directory).reduce(
      (sum, name) => sum + statSync(join(directory, name)).size,
      0,
    );
    expect(bytes).toBeLessThan(40_000);
    expect(readdirSync(directory).filter((name) => name.startsWith("snapshot-"))).toHaveLength(1);

    const again = openDirectory(directory, options);
    const reader = new Client(again.store);
    expect(again.report).toMatchObject({ revision, damage: undefined });
    expect(await reader.range(all)).toEqual(present);
    expect(await reader.range({ ...all, revision: compacted })).toEqual(past);
    await expect(reader.range({ ...all, revision: compacted - 1 })).rejects.toThrow("compacted");
    const missed = reader.watch({ prefix: "" }, compacted - 1);
    expect(missed.changes[0]?.revision).toBe(compacted);
    expect(missed.changes.at(-1)?.revision).toBe(revision);
    expect(await answerOf((done) => again.store.leases(done))).toEqual([9n]);
    await closeStore(again);
  });

  test("gets a whole snapshot, though more is compacted while it is written", async () => {
    const directory = dataDirectory();
    const options = { segmentBytesMax: 4_096 };
    const first = openDirectory(directory, options);
    const client = new Client(first.store);
    const names = Array.from({ length: 3_000 }, (_none, index) => `key-${index + 1_000}`);
    for (let round = 0; round < 2; round++) {
      await Promise.all(names.map(async (name) => client.put(name, `${round}`)));
    }
    await client.compact(3_002);
    await client.compact(6_001);
    const present = await client.range(all);
    await closeStore(first);
    expect(readdirSync(directory)).toContain("snapshot-0000000000003001");

    const again = openDirectory(directory, options);
    expect(await new Client(again.store).range(all)).toEqual(present);
    await closeStore(again);
  });
});
