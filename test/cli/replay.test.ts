import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join, resolve } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { podrace, privateHome, type RunningPodrace, startPodrace } from "./podrace.ts";

const podraceCommand = [
  process.execPath,
  resolve(import.meta.dirname, "../../dist/src/cli/main.js"),
];
const seconds = 1_000;
const small = ["--nodes", "1", "--threads", "0", "--port", "0"];

let folder: string;
let kubeconfig: string;
beforeEach(async () => {
  folder = mkdtempSync(join(await privateHome(), "replay-"));
  kubeconfig = join(folder, "config");
});

async function upAndRecord(file: string, args: readonly string[] = []): Promise<RunningPodrace> {
  const all = ["up", ...small, "--kubeconfig", kubeconfig, "--record", file, ...args];
  const running = await startPodrace(all);
  await running.printed(/Stop: Ctrl-C/);
  return running;
}

function ask(...args: readonly string[]): ReturnType<typeof podrace> {
  return podrace(args, { env: { KUBECONFIG: kubeconfig } });
}

/** A session in which one pod is run and made to settle, as a journal. */
async function record(file: string, args: readonly string[] = []): Promise<void> {
  const running = await upAndRecord(file, ["--speed", "0", ...args]);
  await ask("time", "until-settled");
  await ask("kubectl", "run", "web", "--image", "nginx");
  await ask("time", "until-settled");
  running.interrupt();
  expect(await running.ended).toMatchObject({ exitCode: 0 });
}

const moment = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z`;
const outcome = String.raw`\d+ inputs, \d+ facts, revision \d+, trace hash [0-9a-f]{16}`;

describe("podrace replay", { timeout: 60 * seconds }, () => {
  let session: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(await privateHome(), "session-"));
    kubeconfig = join(folder, "config");
    session = join(folder, "session.podrace");
    await record(session);
  }, 60 * seconds);

  test.each(["0", "1", "2", "per-node"])(
    "comes to the recorded end with %s threads",
    async (threads) => {
      const { exitCode, stdout, stderr } = await podrace(["replay", session, "--threads", threads]);

      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(stdout).toMatch(
        new RegExp(`^${moment}  ${outcome}\nThe replay came to the recorded end\\.\n$`),
      );
      const { end } = lastLine(session);
      expect(stdout).toContain(`${end.facts} facts, revision ${end.revision}`);
      expect(stdout).toContain(`trace hash ${end.traceHash}`);
    },
  );

  test("ends with 5 when a request is not what it was, and names both hashes", async () => {
    const changed = withBody(session, (body) => body.replaceAll("nginx", "redis"));
    const { exitCode, stdout, stderr } = await podrace(["replay", changed]);
    const { traceHash } = lastLine(session).end;

    expect(exitCode).toBe(5);
    expect(stdout).toMatch(new RegExp(`^${moment}  ${outcome}\n$`));
    const [, other] = /trace hash ([0-9a-f]{16})\n$/.exec(stdout) ?? [];
    expect(other).not.toBe(traceHash);
    expect(stderr).toMatch(/^error: the replay did not come to the recorded end: /);
    expect(stderr).toContain(`trace hash ${other}, recorded ${traceHash}`);
    expect(stderr).toContain("It was recorded with podrace ");
  });

  test("ends with 5, too, when only what is in an object is not what it was", async () => {
    const changed = withBody(session, (body) => body.replace('"run":"web"', '"run":"bew"'));
    const { exitCode, stderr } = await podrace(["replay", changed]);

    expect(exitCode).toBe(5);
    expect(stderr).toMatch(
      /the same trace hash, but objects [0-9a-f]{16}, recorded [0-9a-f]{16}\n/,
    );
  });

  test("of a session that was killed plays what was recorded, and says that it has no end", async () => {
    const file = join(folder, "killed");
    const running = await upAndRecord(file);
    await ask("kubectl", "run", "web", "--image", "nginx");
    running.interrupt("SIGKILL");
    await running.ended;
    const { exitCode, stdout, stderr } = await podrace(["replay", file]);
    const inputs = readFileSync(file, "utf8").match(/^\{"at":\d+,"(request|gone)":/gm)?.length;

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${moment}  ${inputs} inputs, .*\n$`));
    expect(stderr).toBe("The session was cut off, so there is no recorded end to compare with.\n");
  });

  test.each([
    ["--threads=many", "--threads <n>"],
    ["--threads=257", "--threads must be at most 256, not 257: "],
    ["--port=65536", "It must be a whole number, from 0 to 65535."],
    ["--name=No Name", "It must be lower-case letters, digits, dots and dashes."],
    ["--until=soon", '--until must be a duration such as 90s or an RFC 3339 time, not "soon"'],
    ["--until=-5s", "--until must be a duration such as 90s or an RFC 3339 time"],
  ])("%s is wrong use: 2, and it says why", async (flag, words) => {
    const { exitCode, stdout, stderr } = await podrace(["replay", session, flag]);

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr.replaceAll("\n", " ")).toContain(words);
    expect(stderr).not.toContain("    at ");
  });

  test("of a file that is none is wrong use: 2, with the file and the line", async () => {
    const missing = join(folder, "missing");
    const other = join(folder, "pod.yaml");
    writeFileSync(other, "kind: Pod\n");
    const broken = join(folder, "broken");
    writeFileSync(broken, `${readFileSync(session, "utf8").split("\n")[0]}\n{"at":1}\n`);

    expect(await podrace(["replay", missing])).toMatchObject({
      exitCode: 2,
      stdout: "",
      stderr: `error: cannot read ${missing}: ENOENT: no such file or directory, open '${missing}'\n`,
    });
    expect(await podrace(["replay", other])).toMatchObject({
      exitCode: 2,
      stderr: `error: ${other}: line 1: expected JSON\n`,
    });
    expect(await podrace(["replay", broken])).toMatchObject({
      exitCode: 2,
      stderr: `error: ${broken}: line 2: expected a request, a gone, facts, a checkpoint or an end, each with a time\n`,
    });
    expect((await podrace(["replay"])).stderr).toContain("missing required argument 'file'");
  });

  test("verify ends with 5 when a request is not what it was, and names the window", async () => {
    const changed = withBody(session, (body) => body.replaceAll("nginx", "redis"));
    const { exitCode, stdout, stderr } = await podrace(["verify", changed]);
    const progress = String.raw`\d+ facts, revision \d+, hash [0-9a-f]{16}`;

    expect({ exitCode, stdout }).toEqual({ exitCode: 5, stdout: "" });
    expect(stderr).toMatch(
      new RegExp(
        `^error: the replay differs from the recording between ${moment} and ${moment}\n  recorded: ${progress}\n  replayed: ${progress}\n`,
      ),
    );
    expect(stderr).toContain("'podrace up --record-facts' lets this name the first fact.");
  });

  test("verify names the first fact where facts were recorded", async () => {
    const file = join(folder, "facts");
    await record(file, ["--record-facts", "--guard"]);
    const changed = withBody(file, (body) => body.replaceAll("nginx", "redis"));
    const equal = await podrace(["verify", file, "--threads", "1"]);
    const { exitCode, stderr } = await podrace(["verify", changed]);

    expect(equal).toMatchObject({ exitCode: 0, stderr: "" });
    expect(exitCode).toBe(5);
    expect(stderr).toMatch(/^ {2}recorded: \{"atUs":\d+,.*nginx/m);
    expect(stderr).toMatch(/^ {2}replayed: \{"atUs":\d+,.*redis/m);
    expect(stderr).not.toContain("--record-facts");
  });

  test("and verify, of a session that an earlier podrace recorded, say so: 2", async () => {
    const old = join(folder, "old");
    writeFileSync(old, readFileSync(session, "utf8").replace('{"journal":2,', '{"journal":1,'));
    const refusal = {
      exitCode: 2,
      stdout: "",
      stderr: `error: ${old}: line 1: journal version 1; this podrace reads 2\n`,
    };

    expect(await podrace(["replay", old])).toMatchObject(refusal);
    expect(await podrace(["verify", old])).toMatchObject(refusal);
  });

  test("verify finds it equal, inline and on threads, and takes only numbers of them", async () => {
    const [equal, none, tooMany] = await Promise.all([
      podrace(["verify", session]),
      podrace(["verify", session, "--threads=0"]),
      podrace(["verify", session, "--threads=257"]),
    ]);

    expect(equal).toMatchObject({ exitCode: 0, stderr: "" });
    expect(equal.stdout).toMatch(
      /^Equal to the recording to its end, inline and with 2 threads: [1-9]\d* checkpoints\.\n$/,
    );
    expect(none).toMatchObject({ exitCode: 2, stdout: "" });
    expect(none.stderr).toContain("It must be a whole number, 1 or more.");
    expect(tooMany.exitCode).toBe(2);
    expect(tooMany.stderr).toMatch(/^error: --threads must be at most 256, not 257: /);
  });

  describe("--until", () => {
    async function replayUntil(...args: readonly string[]): Promise<RunningPodrace> {
      const running = await startPodrace(["replay", session, "--kubeconfig", kubeconfig, ...args]);
      await running.printed(/Stop: Ctrl-C/);
      return running;
    }

    test("serves that moment: what came later has not happened, and time stands still", async () => {
      const running = await replayUntil("--until", "1us");
      const early = await ask("kubectl", "get", "pods,nodes");
      running.interrupt();
      const { exitCode } = await running.ended;
      const late = await replayUntil("--until", "1h");
      const atTheEnd = await ask("kubectl", "get", "pods");
      const inspected = await ask("inspect", "pod/web");
      const first = await ask("time");
      const second = await ask("time");
      late.interrupt();
      const { stdout, stderr } = await late.ended;

      expect(exitCode).toBe(0);
      expect(early.stdout + early.stderr).toBe("No resources found\n");
      expect(atTheEnd.stdout).toMatch(/^web +1\/1 +Running/m);
      expect(inspected.stdout).toMatch(/^pod default\/web on node-1: running\n/);
      expect(stderr).toContain("The session ended before that: this is its end.\n");
      expect(stdout).toMatch(new RegExp(`^${moment}  ${outcome}\nhttps://127\\.0\\.0\\.1:\\d+\n$`));
      expect(first.stdout).toMatch(/ {2}paused, settled\n$/);
      expect(second.stdout.slice(0, 19)).toBe(first.stdout.slice(0, 19));
    });

    test("can be saved, and gone on from: the past has another future then", async () => {
      const running = await replayUntil("--until", "1h");
      const file = join(folder, "moment");
      const saved = await ask("snapshot", "save", file);
      running.interrupt();
      await running.ended;
      const again = await startPodrace([
        ..."snapshot restore --port 0 --kubeconfig".split(" "),
        kubeconfig,
        file,
      ]);
      await again.printed(/Stop: Ctrl-C/);
      const created = await ask("kubectl", "run", "later", "--image", "nginx");
      const { stdout } = await ask("kubectl", "get", "pods", "-o", "name");
      again.interrupt();
      await again.ended;

      expect(saved).toMatchObject({ exitCode: 0, stderr: "" });
      expect(created.exitCode).toBe(0);
      expect(stdout).toBe("pod/later\npod/web\n");
    });

    test("takes an RFC 3339 time as well", async () => {
      const at = JSON.parse(readFileSync(session, "utf8").split("\n")[2] ?? "") as { at: number };
      const iso = new Date(Math.ceil(at.at / 1_000)).toISOString();
      const running = await replayUntil("--until", iso);
      running.interrupt();

      expect((await running.ended).stdout).toContain(iso.slice(0, -1));
    });

    test("refuses to change the past, and says so", async () => {
      const running = await replayUntil("--until", "1h");
      const changes = [
        ["kubectl", "run", "late", "--image", "nginx"],
        ["kubectl", "delete", "pod", "web", "--wait=false"],
        ["kubectl", "label", "pod", "web", "a=b"],
        ["time", "step", "1s"],
      ];
      const refused = await Promise.all(changes.map((args) => ask(...args)));
      const after = await ask("kubectl", "get", "pods", "--show-labels", "--no-headers");
      running.interrupt();
      await running.ended;

      for (const { exitCode, stdout, stderr } of refused) {
        expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
        expect(stderr).toContain("this is the past: a replayed cluster is read-only");
      }
      expect(after.stdout).toMatch(/^web .* run=web\n$/);
    });

    test("writes its context, podrace-replay unless it is named, and takes it out again", async () => {
      writeFileSync(kubeconfig, "apiVersion: v1\nkind: Config\ncurrent-context: mine\n");
      const running = await replayUntil("--until", "1h");
      const during = parse(readFileSync(kubeconfig, "utf8")) as object;
      const named = await replayUntil("--until", "1h", "--name", "past");
      const both = parse(readFileSync(kubeconfig, "utf8")) as { contexts: object };
      for (const each of [running, named]) {
        each.interrupt("SIGTERM");
        expect(await each.ended).toMatchObject({ exitCode: 0 });
      }

      expect(during).toMatchObject({
        "current-context": "podrace-replay",
        contexts: [{ name: "podrace-replay" }],
      });
      expect(both.contexts).toMatchObject([{ name: "podrace-replay" }, { name: "podrace-past" }]);
      expect(readFileSync(kubeconfig, "utf8")).not.toContain("podrace-");
    });

    test("says when its port is taken or its kubeconfig cannot be written, and ends", async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await new Promise((listening) => void server.once("listening", listening));
      const { port } = server.address() as AddressInfo;
      const until = ["replay", session, "--until", "1h"];
      const taken = await podrace([...until, "--port", String(port), "--kubeconfig", kubeconfig]);
      server.close();
      writeFileSync(kubeconfig, "kind: List\n");
      const broken = await podrace([...until, "--threads", "1", "--kubeconfig", kubeconfig]);

      expect(taken.exitCode).toBe(1);
      expect(taken.stderr).toContain(`error: port ${port} on 127.0.0.1 is in use\n`);
      expect(broken.exitCode).toBe(2);
      expect(broken.stderr).toContain("kind of a kubeconfig is Config, not List");
    });
  });
});

describe("podrace up --record", { timeout: 60 * seconds }, () => {
  test("writes a file that only its owner can read: all that was asked for is in it", async () => {
    const file = join(folder, "session");
    const running = await upAndRecord(file);
    running.interrupt("SIGTERM");
    await running.ended;

    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(lastLine(file).end.traceHash).toMatch(/^[0-9a-f]{16}$/);
  });

  test("has every input in it before it is answered", async () => {
    const file = join(folder, "session");
    const running = await upAndRecord(file);
    await ask("kubectl", "run", "web", "--image", "nginx");
    const text = readFileSync(file, "utf8");
    running.interrupt();
    await running.ended;

    expect(text).toMatch(/"method":"POST","url":"\/api\/v1\/namespaces\/default\/pods/);
    expect(text.endsWith("\n")).toBe(true);
  });

  test("is needed for --record-facts, which says so: 2", async () => {
    const { exitCode, stdout, stderr } = await podrace(["up", ...small, "--record-facts"]);

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain("error: --record-facts needs --record FILE to write them to\n");
  });

  test("does not write over a file that is there", async () => {
    const file = join(folder, "precious");
    writeFileSync(file, "mine\n");
    const { exitCode, stdout, stderr } = await podrace(["up", ...small, "--record", file]);

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(`error: cannot record to ${file}: it exists already\n`);
    expect(readFileSync(file, "utf8")).toBe("mine\n");
  });

  test("refuses a file that cannot be written, before anything is started", async () => {
    const file = join(folder, "no", "such", "folder");
    const { exitCode, stdout, stderr } = await podrace(["up", ...small, "--record", file]);

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(`error: cannot record to ${file}: ENOENT`);
    expect(stderr).not.toContain("ready");
  });

  test("leaves no file of a session that never began: it can be tried again", async () => {
    const file = join(folder, "session");
    const wrong = await podrace(["up", "--nodes=1000000", "--record", file]);
    writeFileSync(kubeconfig, "kind: List\n");
    const args = ["up", ...small, "--kubeconfig", kubeconfig, "--record", file];
    const broken = await podrace(args);

    expect([wrong.exitCode, broken.exitCode]).toEqual([2, 2]);
    expect(existsSync(file)).toBe(false);
  });

  test("ends the run when there is no more room, says so, and leaves no context behind", async () => {
    const file = join(folder, "session");
    const args = [...small, "--http", "--kubeconfig", kubeconfig, "--record", file];
    // As a disk with room for some thirty requests.
    const limited = spawn("sh", [
      "-c",
      'ulimit -f 24; exec "$@"',
      "sh",
      ...podraceCommand,
      "up",
      ...args,
    ]);
    let stderr = "";
    limited.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const ended = new Promise((resolve) => void limited.once("close", resolve));
    const [url] = (await once(limited.stdout, "data")) as [Buffer];
    for (let request = 0; request < 200; request++) {
      const answered = await fetch(new URL("/version", String(url).trim())).catch(() => undefined);
      if (answered === undefined) break;
    }

    expect(await ended).toBe(1);
    expect(stderr).toContain(`error: cannot record to ${file}: EFBIG`);
    expect(readFileSync(kubeconfig, "utf8")).not.toContain("podrace-podrace");
    expect(await podrace(["replay", file])).toMatchObject({ exitCode: 0 });
  });
});

interface RecordedEnd {
  readonly end: { readonly traceHash: string; readonly facts: number; readonly revision: number };
}

/** The last line of a journal. */
function lastLine(file: string): RecordedEnd {
  return JSON.parse(readFileSync(file, "utf8").trimEnd().split("\n").at(-1) ?? "") as RecordedEnd;
}

/** A copy of a journal, with other bodies in its requests. */
function withBody(file: string, change: (body: string) => string): string {
  const changed = readFileSync(file, "utf8").replaceAll(
    /"body":"([^"]*)"/g,
    (_all, body: string) =>
      `"body":"${Buffer.from(change(Buffer.from(body, "base64").toString())).toString("base64")}"`,
  );
  expect(changed).not.toBe(readFileSync(file, "utf8"));
  const copy = join(folder, "changed");
  writeFileSync(copy, changed);
  return copy;
}
