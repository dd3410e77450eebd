import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { resolveOptions } from "../../src/cluster/cluster-options.ts";
import { InputLog } from "../../src/cluster/input-log.ts";
import {
  decodeSnapshot,
  encodeSnapshot,
  journalOf,
  type Snapshot,
  SnapshotError,
} from "../../src/cluster/snapshot.ts";

const end = { traceHash: "00", objectsHash: "11", facts: 0, revision: 1 };
const summary = {
  podrace: "0.1.0",
  time: "2026-01-01T00:00:00.000000Z",
  nodes: 3,
  pods: 1,
  revision: 1,
  facts: 0,
  inputs: 0,
  traceHash: "00",
  objectsHash: "11",
};
const options = resolveOptions({ nodes: 3, threads: 0 });

function aLog(charactersMax?: number): InputLog {
  return new InputLog(options, charactersMax);
}

function aRequest(method: string, url: string, body = ""): Parameters<InputLog["keep"]>[1] {
  return { method, url, headers: {}, body: Buffer.from(body), user: undefined };
}

function aSnapshot(log = aLog()): Snapshot {
  return { summary, compressed: log.journalUntil({ at: options.startUs + 1_000_000, end }) };
}

function problemOf(bytes: Uint8Array): string {
  try {
    journalOf(decodeSnapshot(bytes));
  } catch (error) {
    if (error instanceof SnapshotError) return error.message;
    throw error;
  }
  return "";
}

describe("a snapshot", () => {
  test("is read as it was written", () => {
    const snapshot = aSnapshot();
    const decoded = decodeSnapshot(encodeSnapshot(snapshot));

    expect(decoded.summary).toEqual(summary);
    expect(journalOf(decoded)).toMatchObject({ options, end });
  });

  test("begins with two lines that people can read", () => {
    const [first, second] = encodeSnapshot(aSnapshot()).toString("latin1").split("\n");

    expect(first).toMatch(/^podrace snapshot 1 sha256 [0-9a-f]{64}$/);
    expect(JSON.parse(second ?? "")).toMatchObject(summary);
  });

  test("is refused with any bit of it flipped", () => {
    const whole = encodeSnapshot(aSnapshot());
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const changed = Buffer.from(whole);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(problemOf(changed), `bit ${bit}`).not.toBe("");
    }
  });

  test("is refused wherever it is cut off", () => {
    const whole = encodeSnapshot(aSnapshot());
    for (let length = 0; length < whole.length; length++) {
      expect(problemOf(whole.subarray(0, length)), `${length} bytes`).not.toBe("");
    }
  });

  test("is refused with more behind it", () => {
    expect(problemOf(Buffer.concat([encodeSnapshot(aSnapshot()), Buffer.from("\n")]))).toMatch(
      /^it was changed or cut off: expected SHA-256 [0-9a-f]{64} after its first line, found [0-9a-f]{64}$/,
    );
  });

  test("that is cut off says what was expected", () => {
    const whole = encodeSnapshot(aSnapshot());
    const length = aSnapshot().compressed.length;

    expect(problemOf(whole.subarray(0, -10))).toBe(
      `it is cut off: expected ${length} bytes after its second line, found ${length - 10}`,
    );
    expect(problemOf(whole.subarray(0, 20))).toBe(
      "expected a podrace snapshot, not one that is cut off in its first line",
    );
  });

  test.each(["", "apiVersion: v1\nkind: Pod\n", '{"journal":2}\n', "\u0000".repeat(10_000)])(
    "is not %j",
    (text) => {
      expect(problemOf(Buffer.from(text))).toBe("expected a podrace snapshot, not something else");
    },
  );

  test("of another version says which ones can be read", () => {
    const other = encodeSnapshot(aSnapshot())
      .toString("latin1")
      .replace("snapshot 1", "snapshot 2");

    expect(problemOf(Buffer.from(other, "latin1"))).toBe(
      "snapshot version 2; this podrace reads version 1",
    );
  });

  test.each([
    [Buffer.from("no gzip"), "incorrect header check"],
    [gzipSync('{"journal":1}\n'), "its line 1: journal version 1; this podrace reads 2"],
    [
      gzipSync(`${JSON.stringify({ journal: 2, podrace: "0.1.0", options })}\n`),
      "expected an end, found none",
    ],
  ])("with no journal in it says so (%#)", (compressed, problem) => {
    expect(problemOf(encodeSnapshot({ summary, compressed }))).toBe(
      `its journal cannot be read: ${problem}`,
    );
  });
});

describe("the inputs kept for snapshots", () => {
  test("are there in their order, however many chunks they fill", () => {
    const log = aLog();
    for (let number = 0; number < 400; number++) {
      log.keep(options.startUs + number, aRequest("POST", `/${number}`, "x".repeat(1_000)));
    }
    const { inputs } = journalOf(decodeSnapshot(encodeSnapshot(aSnapshot(log))));

    expect(log.count).toBe(400);
    expect(inputs.map((input) => "request" in input && input.request.url)).toEqual(
      Array.from({ length: 400 }, (_none, number) => `/${number}`),
    );
  });

  test("can be asked for again and again", () => {
    const log = aLog();
    const counts = Array.from({ length: 3 }, (_none, number) => {
      log.keep(options.startUs + number, aRequest("POST", `/${number}`));
      return journalOf(decodeSnapshot(encodeSnapshot(aSnapshot(log)))).inputs.length;
    });

    expect(counts).toEqual([1, 2, 3]);
  });

  test("are those that change something: no reads, and no turns of the clock", () => {
    const log = aLog();
    for (const [method, url] of [
      ["GET", "/api/v1/pods"],
      ["HEAD", "/api/v1/pods"],
      ["POST", "/podrace/v1/time/step?for=1s"],
      ["POST", "/podrace/v1/snapshot"],
      ["POST", "/podrace/v1/timeline"],
      ["DELETE", "/api/v1/pods"],
    ] as const) {
      log.keep(options.startUs, aRequest(method, url));
    }

    expect(log.count).toBe(2);
  });

  test("are given up when there are too many, and then take no room", () => {
    const log = aLog(2_000);
    log.keep(options.startUs, aRequest("POST", "/a"));
    expect(log.isOverfull).toBe(false);
    log.keep(options.startUs, aRequest("POST", "/b", "x".repeat(2_000)));
    expect(log.isOverfull).toBe(true);
    log.keep(options.startUs, aRequest("POST", "/c"));

    expect(log.journalUntil({ at: 0, end }).length).toBeLessThan(200);
  });
});
