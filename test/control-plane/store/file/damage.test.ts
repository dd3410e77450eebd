import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DamagedFileError } from "../../../../src/control-plane/store/file/file-errors.ts";
import { prefixEnd } from "../../../../src/control-plane/store/store.ts";
import { Client } from "../store-under-test.ts";
import { closeStore, dataDirectory, openDirectory } from "./data-directory.ts";

const logFile = "log-0000000000000001";

/** Five records, each durable by itself, and where each of them ends. */
async function aLog() {
  const directory = dataDirectory();
  const file = openDirectory(directory);
  const client = new Client(file.store);
  const ends = [32];
  for (const key of ["a", "b", "c", "d", "e"]) {
    await client.put(key, `the value of ${key}`);
    ends.push(readFileSync(join(directory, logFile)).length);
  }
  await closeStore(file);
  return { directory, log: readFileSync(join(directory, logFile)), ends };
}

/**
 * Opens what a damage left; says what is there, and what was reported. From then on it is a store
 * like any other.
 */
async function reopened(directory: string, options: { readonly repair?: boolean } = {}) {
  const found = await opened(directory, options);
  const again = await opened(directory);
  expect(again).toEqual({ keys: found.keys, damage: undefined });
  const file = openDirectory(directory);
  expect(await new Client(file.store).put("next")).toBe(found.keys.length + 2);
  await closeStore(file);
  const last = openDirectory(directory);
  expect(last.report).toMatchObject({ revision: found.keys.length + 2, damage: undefined });
  await closeStore(last);
  return found;
}

async function opened(directory: string, options: { readonly repair?: boolean } = {}) {
  const file = openDirectory(directory, options);
  const client = new Client(file.store);
  const keys = (await client.keys({ key: "", rangeEnd: prefixEnd("") })).join("");
  const texts = await client.texts({ key: "", rangeEnd: prefixEnd("") });
  expect(texts).toEqual(keys.split("").map((key) => `the value of ${key}`));
  expect(file.store.revision).toBe(keys.length + 1);
  await closeStore(file);
  return { keys, damage: file.report.damage };
}

/** What a fault leaves, in a directory of its own. */
function withLog(log: Buffer): string {
  const directory = dataDirectory();
  writeFileSync(join(directory, logFile), log);
  return directory;
}

describe("a log that is cut off", () => {
  test("at any byte of its last two records has what is before, and says so", async () => {
    const { log, ends } = await aLog();
    const [third, fourth, fifth] = ends.slice(3) as [number, number, number];
    for (let length = third; length <= fifth; length++) {
      const open = length % 16 === 0 ? reopened : opened;
      const { keys, damage } = await open(withLog(log.subarray(0, length)));
      expect(keys).toBe(length === fifth ? "abcde" : length >= fourth ? "abcd" : "abc");
      const whole = [third, fourth, fifth].includes(length);
      const offset = length < fourth ? third : fourth;
      expect(damage === undefined).toBe(whole);
      if (!whole) expect(damage).toMatchObject({ offset, bytes: length - offset });
    }
  });

  test("within its header is an empty one", async () => {
    const { log } = await aLog();
    for (const length of [0, 1, 31]) {
      const { keys, damage } = await reopened(withLog(log.subarray(0, length)));
      expect(keys).toBe("");
      expect(damage).toMatchObject({ offset: 0, bytes: length, why: "its header is not whole" });
    }
  });
});

describe("a flipped byte", () => {
  test("anywhere in the last record costs that record, which is kept apart", async () => {
    const { log, ends } = await aLog();
    const [start, end] = ends.slice(4) as [number, number];
    for (let at = start; at < end; at++) {
      const flipped = Buffer.from(log);
      flipped[at] = (flipped[at] as number) ^ 0xff;
      const directory = withLog(flipped);
      const { keys, damage } = await (at % 16 === 0 ? reopened : opened)(directory);
      expect(keys).toBe("abcd");
      expect(damage).toMatchObject({ offset: start, bytes: end - start });
      expect(readFileSync(join(directory, `damaged-${logFile}-${start}`))).toEqual(
        flipped.subarray(start),
      );
    }
  });

  test("anywhere in a record before is an error that says where, and changes nothing", async () => {
    const { log, ends } = await aLog();
    const [start, end] = ends.slice(2) as [number, number];
    for (let at = start; at < end; at++) {
      const flipped = Buffer.from(log);
      flipped[at] = (flipped[at] as number) ^ 0x01;
      const directory = withLog(flipped);
      const file = join(directory, logFile);
      expect(() => openDirectory(directory)).toThrow(
        `${file} is damaged at byte ${start}: no whole frame, but frame 4 is at byte ${end}`,
      );
      expect(readFileSync(file)).toEqual(flipped);
    }
  });

  test("in the header of a log that has records is an error", async () => {
    const { log } = await aLog();
    for (let at = 0; at < 32; at++) {
      const flipped = Buffer.from(log);
      flipped[at] = (flipped[at] as number) ^ 0x10;
      expect(() => openDirectory(withLog(flipped))).toThrow(DamagedFileError);
    }
  });

  test("in the middle is given up on demand, with all that is behind it", async () => {
    const { log, ends } = await aLog();
    const flipped = Buffer.from(log);
    const at = (ends[1] as number) + 40;
    flipped[at] = (flipped[at] as number) ^ 1;
    const { keys, damage } = await reopened(withLog(flipped), { repair: true });

    expect(keys).toBe("a");
    expect(damage).toMatchObject({ offset: ends[1], bytes: log.length - (ends[1] as number) });
  });
});

describe("a log of several files", () => {
  async function aLongLog(): Promise<string> {
    const directory = dataDirectory();
    const file = openDirectory(directory, { segmentBytesMax: 150 });
    for (const key of ["a", "b", "c", "d", "e", "f"])
      await new Client(file.store).put(key, `the value of ${key}`);
    await closeStore(file);
    return directory;
  }

  test("of which one is missing is an error, which names it", async () => {
    const directory = await aLongLog();
    const names = readdirSync(directory).filter((name) => name.startsWith("log-"));
    expect(names.length).toBeGreaterThan(2);
    for (const missing of names.slice(0, -1)) {
      const damaged = dataDirectory();
      cpSync(directory, damaged, { recursive: true, filter: (path) => !path.endsWith(missing) });
      expect(() => openDirectory(damaged)).toThrow(missing);
    }
  });

  test("of which one is damaged is an error, though its last record it is", async () => {
    const directory = await aLongLog();
    const [first] = readdirSync(directory).filter((name) => name.startsWith("log-"));
    const path = join(directory, first as string);
    writeFileSync(path, readFileSync(path).subarray(0, -1));
    expect(() => openDirectory(directory)).toThrow(`${path} is damaged at byte`);

    const { keys, damage } = await reopened(directory, { repair: true });
    expect([keys, damage?.file]).toEqual(["a", path]);
  });
});

describe("a damaged snapshot", () => {
  test("is an error, wherever it is damaged", async () => {
    const directory = dataDirectory();
    const options = { segmentBytesMax: 100 };
    const file = openDirectory(directory, options);
    const client = new Client(file.store);
    await client.putAll("a", "b", "c", "a", "b", "c", "a", "b", "c");
    await client.compact(8);
    await closeStore(file);
    const [snapshot] = readdirSync(directory).filter((name) => name.startsWith("snapshot-"));
    const path = join(directory, snapshot as string);
    const bytes = readFileSync(path);

    for (let at = 0; at < bytes.length; at++) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] as number) ^ 0x80;
      writeFileSync(path, flipped);
      expect(() => openDirectory(directory, options)).toThrow(`${path} is damaged at byte`);
      writeFileSync(path, bytes.subarray(0, at));
      expect(() => openDirectory(directory, options)).toThrow(`${path} is damaged at byte`);
    }
    writeFileSync(path, bytes);
    await closeStore(openDirectory(directory, options));
  });
});
