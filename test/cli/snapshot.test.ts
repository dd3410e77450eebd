import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeSnapshot, encodeSnapshot } from "../../src/cluster/snapshot.ts";
import {
  podrace,
  type PodraceResult,
  privateHome,
  type RunningPodrace,
  startPodrace,
} from "./podrace.ts";

const seconds = 1_000;

let folder: string;
let file: string;
let cluster: RunningPodrace;
let saved: PodraceResult;

const here = (name: string): string => join(folder, name);

function ask(config: string, ...args: readonly string[]): Promise<PodraceResult> {
  return podrace(args, { env: { KUBECONFIG: here(config) } });
}

/** One node, paused; a pod that runs and one that has just been created. */
beforeAll(async () => {
  folder = mkdtempSync(join(await privateHome(), "snapshot-"));
  file = here("saved");
  const args = ["--nodes", "1", "--threads", "0", "--port", "0", "--speed", "0"];
  cluster = await startPodrace(["up", ...args, "--kubeconfig", here("original")]);
  await cluster.printed(/Stop: Ctrl-C/);
  await ask("original", "kubectl", "run", "web", "--image", "nginx");
  await ask("original", "time", "until-settled");
  await ask("original", "kubectl", "run", "late", "--image", "nginx");
  saved = await ask("original", "snapshot", "save", file);
}, 60 * seconds);
afterAll(async () => {
  cluster.interrupt();
  await cluster.ended;
});

async function restore(...args: readonly string[]): Promise<RunningPodrace> {
  const running = await startPodrace([
    ..."snapshot restore --port 0 --speed 0 --kubeconfig".split(" "),
    here("restored"),
    file,
    ...args,
  ]);
  await running.printed(/Stop: Ctrl-C/);
  return running;
}

describe("podrace snapshot save", { timeout: 60 * seconds }, () => {
  test("says on stdout what was saved, and nothing on stderr", () => {
    expect(saved).toMatchObject({ exitCode: 0, stderr: "" });
    expect(saved.stdout).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z {2}1 node, 2 pods, revision \d+, 2 inputs\n$/,
    );
  });

  test("writes a file that only its owner can read: secrets may be in it", () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "utf8")).toMatch(/^podrace snapshot 1 sha256 /);
  });

  test("does not write over a file that is there: 2", async () => {
    writeFileSync(here("precious"), "mine\n");
    const { exitCode, stdout, stderr } = await ask(
      "original",
      "snapshot",
      "save",
      here("precious"),
    );

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toBe(`error: cannot save to ${here("precious")}: it exists already\n`);
    expect(readFileSync(here("precious"), "utf8")).toBe("mine\n");
  });

  test("refuses a file that cannot be written: 2", async () => {
    const { exitCode, stderr } = await ask("original", "snapshot", "save", here("no/such"));

    expect(exitCode).toBe(2);
    expect(stderr).toContain(`error: cannot save to ${here("no/such")}: ENOENT`);
  });

  test("leaves no file when there is no cluster to ask: 1", async () => {
    const { exitCode } = await ask("nowhere", "snapshot", "save", here("none"));

    expect(exitCode).not.toBe(0);
    expect(existsSync(here("none"))).toBe(false);
  });
});

describe("podrace snapshot inspect", { timeout: 60 * seconds }, () => {
  test("says what is in the file", async () => {
    const { exitCode, stdout, stderr } = await podrace(["snapshot", "inspect", file]);

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(
      /^time +2.*Z\nnodes +1\npods +2\nrevision +\d+\nfacts +\d+\ninputs +2\ntrace hash +[0-9a-f]{16}\nobjects hash +[0-9a-f]{16}\nsaved by +podrace \d.*\n$/,
    );
  });

  test("says it as JSON, too", async () => {
    const { stdout } = await podrace(["snapshot", "inspect", file, "-o", "json"]);

    expect(JSON.parse(stdout)).toEqual(decodeSnapshot(readFileSync(file)).summary);
  });
});

describe("podrace snapshot restore", { timeout: 60 * seconds }, () => {
  test("goes on where the saved cluster was: the same objects now, and the same ones later", async () => {
    const running = await restore("--name", "again");
    const get = ["kubectl", "get", "pods,nodes,configmaps,events", "-A", "-o", "yaml"];
    const [time, otherTime] = [await ask("original", "time"), await ask("restored", "time")];
    const [before, otherBefore] = [await ask("original", ...get), await ask("restored", ...get)];
    for (const config of ["original", "restored"]) {
      await ask(config, "kubectl", "delete", "pod", "web", "--wait=false");
      await ask(config, "time", "step", "1m");
    }
    const [after, otherAfter] = [await ask("original", ...get), await ask("restored", ...get)];
    running.interrupt();
    const { exitCode, stdout, stderr } = await running.ended;

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^https:\/\/127\.0\.0\.1:\d+\n$/);
    expect(stderr).toMatch(/^Restoring cluster "again": 2\S+Z {2}1 node, 2 pods, /);
    expect(stderr).toContain(`context podrace-again in ${here("restored")}`);
    expect(otherTime.stdout.slice(0, 23)).toBe(time.stdout.slice(0, 23));
    expect(before.stdout).toContain("name: late");
    expect(otherBefore.stdout).toBe(before.stdout);
    expect(after.stdout).toContain("message: Stopping container web");
    expect(otherAfter.stdout).toBe(after.stdout);
    expect(readFileSync(here("restored"), "utf8")).not.toContain("podrace-again");
  });

  test("is recorded with --record: the journal can be replayed from the first start on", async () => {
    const running = await restore("--http", "--record", here("session"));
    await ask("restored", "kubectl", "run", "more", "--image", "nginx");
    await ask("restored", "time", "step", "10s");
    running.interrupt();
    await running.ended;
    const replayed = await podrace(["replay", here("session")]);

    expect(replayed).toMatchObject({ exitCode: 0, stderr: "" });
    expect(replayed.stdout).toContain("The replay came to the recorded end.\n");
  });

  test.each([
    ["cut off", (bytes: Buffer) => bytes.subarray(0, -7), /it is cut off: expected \d+ bytes/],
    [
      "changed",
      (bytes: Buffer) => {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(500) ^ 1, 500);
        return changed;
      },
      /it was changed or cut off: expected SHA-256 [0-9a-f]{64}/,
    ],
    ["empty", () => Buffer.alloc(0), /expected a podrace snapshot, not something else/],
  ] as const)("refuses a file that is %s, with its name: 2", async (name, damage, problem) => {
    writeFileSync(here(name), damage(readFileSync(file)));
    const restored = await podrace(["snapshot", "restore", here(name), "--port", "0"]);
    const inspected = await podrace(["snapshot", "inspect", here(name)]);

    for (const { exitCode, stdout, stderr } of [restored, inspected]) {
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
      expect(stderr).toMatch(new RegExp(`^error: ${here(name)}: ${problem.source}`));
    }
  });

  test("refuses a file that is not there: 2", async () => {
    const { exitCode, stderr } = await podrace(["snapshot", "restore", here("nothing")]);

    expect(exitCode).toBe(2);
    expect(stderr).toContain(`error: cannot read ${here("nothing")}: ENOENT`);
  });

  test("ends with 5 when it does not come to what was saved, as with another build", async () => {
    const { summary, compressed } = decodeSnapshot(readFileSync(file));
    const text = gunzipSync(compressed).toString().replace('"nodes":1,', '"nodes":2,');
    writeFileSync(here("other"), encodeSnapshot({ summary, compressed: gzipSync(text) }));
    const args = ["snapshot", "restore", here("other"), "--port", "0"];
    const { exitCode, stdout, stderr } = await podrace([...args, "--record", here("never")]);

    expect({ exitCode, stdout }).toEqual({ exitCode: 5, stdout: "" });
    expect(stderr).toMatch(
      new RegExp(
        `error: ${here("other")}: it did not come to the moment that was saved: trace hash [0-9a-f]{16}, saved ${summary.traceHash} .*; it was saved by podrace \\S+, this is \\S+\n$`,
      ),
    );
    expect(existsSync(here("never"))).toBe(false);
  });

  test("says when the options of this process make no sense: 2", async () => {
    const restoring = ["snapshot", "restore", file, "--port", "0"];
    const threads = await podrace([...restoring, "--threads", "100000"]);
    const speed = await podrace([...restoring, "--speed", "fast"]);

    expect([threads.exitCode, speed.exitCode]).toEqual([2, 2]);
    expect(threads.stderr).toMatch(/^error: --threads must be at most \d+, not 100000: /m);
    expect(speed.stderr).toContain("It must be a number from 0 to 1000000, or max.");
  });
});
