import { closeSync, mkdtempSync, openSync, readdirSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { beforeEach, describe, expect, test } from "vitest";
import { openDataDirectory } from "../../src/cluster/data-directory.ts";
import { encodeHeader } from "../../src/control-plane/store/file/frames.ts";
import { DrivenCluster } from "../cluster/driven-cluster.ts";
import { podrace, privateHome } from "./podrace.ts";

let directory: string;
beforeEach(async () => {
  directory = mkdtempSync(join(await privateHome(), "data-"));
});

const up = (...args: readonly string[]) => podrace(["up", "--port", "0", "--nodes", "0", ...args]);

/** Writes over some bytes of the log. */
function spoil(offset: number): string {
  const name = readdirSync(directory).find((each) => each.startsWith("log-")) ?? "";
  const path = join(directory, name);
  const file = openSync(path, "r+");
  writeSync(file, Buffer.from("spoilt"), 0, 6, offset);
  closeSync(file);
  return path;
}

describe("podrace up --data-dir", { timeout: 60_000 }, () => {
  test("refuses a log that is damaged in its middle: file, byte, and what to do; nothing is changed", async () => {
    const data = openDataDirectory(directory);
    await (await DrivenCluster.start({ nodes: 1, threads: 0 }, { data })).cluster.close();
    const log = spoil(3_000);

    for (const _attempt of [1, 2]) {
      const { exitCode, stdout, stderr } = await up("--data-dir", directory);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
      expect(stderr).toContain(`error: --data-dir: ${log} is damaged at byte `);
      expect(stderr).toContain("\nNothing was changed. With --data-dir-repair the log ends there");
      expect(stderr).not.toContain("    at ");
    }
    const report = openDataDirectory(directory, { repairs: true });
    expect(report.report.damage?.file).toBe(log);
    await report.close();
  });

  test("refuses a log of another format", async () => {
    await openDataDirectory(directory).close();
    const header = encodeHeader({ kind: "log", sequence: 1 });
    header.writeUInt32LE(2, 16);
    header.writeUInt32LE(crc32(header.subarray(0, 28)), 28);
    writeFileSync(join(directory, "log-0000000000000001"), header);

    const { exitCode, stderr } = await up("--data-dir", directory);

    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/error: --data-dir: \S+log-0000000000000001 is of format 2, which this/);
  });

  test("refuses what is no directory", async () => {
    const file = join(directory, "file");
    writeFileSync(file, "");
    const { exitCode, stderr } = await up("--data-dir", file);

    expect(exitCode).toBe(2);
    expect(stderr).toContain(`error: --data-dir: ${file} cannot be used: EEXIST`);
  });

  test.each([
    [["--record", "session"], "--record cannot go with --data-dir"],
    [["--data-dir-repair"], undefined],
  ])("with %j", async (more, words) => {
    const args = words === undefined ? more : [...more, "--data-dir", directory];
    const { exitCode, stderr } = await up(...args);

    expect(exitCode).toBe(2);
    expect(stderr).toContain(words ?? "--data-dir-repair needs --data-dir DIR");
  });
});
