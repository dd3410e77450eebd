import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { privateHome, podrace, type RunningPodrace, startPodrace } from "./podrace.ts";

const seconds = 1_000;
const oneNode = ["up", "--nodes", "1", "--threads", "1", "--port", "0"];

/** Another cluster's entry in a kubeconfig, with a comment. */
const theirs = `# mine
apiVersion: v1
kind: Config
clusters:
  - name: prod
    cluster: { server: https://prod:6443 }
contexts:
  - name: prod
    context: { cluster: prod, user: me }
users:
  - name: me
    user: { token: secret }
current-context: prod
`;

let folder: string;
let kubeconfig: string;
beforeEach(async () => {
  folder = mkdtempSync(join(await privateHome(), "up-"));
  kubeconfig = join(folder, "config");
});

/** Starts `podrace up` and waits until it is up. */
async function up(args: readonly string[] = [], env = {}): Promise<RunningPodrace> {
  const running = await startPodrace([...oneNode, "--kubeconfig", kubeconfig, ...args], { env });
  await running.printed(/Stop: Ctrl-C/);
  return running;
}

describe("podrace up", { timeout: 60 * seconds }, () => {
  test.each([
    ["--nodes", "three", "It must be a whole number, 0 or more."],
    ["--nodes", "-1", "It must be a whole number, 0 or more."],
    ["--nodes", "1000000", "must be an integer from 0 to 200000, not 1000000"],
    ["--api-servers", "0", "It must be a whole number, from 1 to 16."],
    ["--threads", "1.5", "It must be a whole number, 0 or more, or per-node."],
    ["--threads", "257", "must be at most 256, not 257: the least of 256 by threadsMax, "],
    ["--threads-max", "0", "It must be a whole number, 1 or more."],
    ["--step-deadline", "soon", "It must be a duration such as 30s, at most 24h."],
    ["--port", "65536", "It must be a whole number, from 0 to 65535."],
    ["--port", "https", "It must be a whole number, from 0 to 65535."],
    ["--speed", "fast", "It must be a number from 0 to 1000000, or max."],
    ["--speed", "-1", "It must be a number from 0 to 1000000, or max."],
    ["--seed", "x", "It must be a whole number, 0 or more."],
    ["--runtime", "rkt", "Allowed choices are docker, containerd, cri-o."],
    ["--name", "No Name", "It must be lower-case letters, digits, dots and dashes."],
  ])(
    "%s %s is refused: the message names the flag and what it must be",
    async (flag, value, words) => {
      const { exitCode, stdout, stderr } = await podrace(["up", `${flag}=${value}`]);

      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
      expect(stderr).toMatch(/^(?:Starting .*\n)?error: /);
      expect(stderr.replaceAll("\n", " ")).toContain(words);
      expect(stderr).toContain(flag);
      expect(stderr).not.toContain("    at ");
    },
  );

  test.each([
    ["{", /cannot read .*faults\.json: .*JSON/],
    ["7", /faults\.json: expected a list of faults, or an object of faults, explore, decisions/],
    ['{"luck": 1}', /faults\.json: expected .*, not "luck"/],
    ['[{"atUs": 0, "kind": "sulk"}]', /faults\.json: faults\[0\]\.kind must be one of partition,/],
    [
      '{"explore": {"loss": {"perMillion": -1}}}',
      /faults\.json: explore\.loss\.perMillion must be/,
    ],
    [
      '[{"atUs": 0, "kind": "loseLeader"}]',
      /faults\.json: faults\[0\] must be absent without simulatedEtcd/,
    ],
  ])("--faults with %s is refused, naming file and field", async (content, words) => {
    const file = join(folder, "faults.json");
    writeFileSync(file, content);
    const { exitCode, stdout, stderr } = await podrace(["up", "--port", "0", "--faults", file]);

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr.replaceAll("\n", " ")).toMatch(words);
  });

  test("--simulated-etcd does not go with --data-dir", async () => {
    const { exitCode, stderr } = await podrace(["up", "--simulated-etcd", "--data-dir", folder]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/'--simulated-etcd' cannot be used with option '--data-dir <dir>'/);
  });

  test("--simulated-etcd keeps the state where --faults can get at it", async () => {
    const file = join(folder, "faults.json");
    writeFileSync(file, JSON.stringify({ decisions: { "fsync/etcd/#3": 1_000 } }));
    const running = await up(["--simulated-etcd", "--faults", file, "--http"]);
    const { clusters } = parse(readFileSync(kubeconfig, "utf8")) as {
      readonly clusters: readonly { readonly cluster: { readonly server: string } }[];
    };
    const answer = await fetch(`${clusters[0]?.cluster.server}/podrace/v1/decisions`);
    expect(await answer.json()).toEqual({ decisions: { "fsync/etcd/#3": 1_000 } });
    running.interrupt();
    expect((await running.ended).exitCode).toBe(0);
  });

  test("lets go wrong what --faults says, and tells what was decided", async () => {
    const file = join(folder, "faults.json");
    const decisions = { "delay/api-1→kubelet:node-1/nodes/#1": 1_000 };
    writeFileSync(file, JSON.stringify({ decisions }));
    const running = await up(["--faults", file, "--http"]);
    const { clusters } = parse(readFileSync(kubeconfig, "utf8")) as {
      readonly clusters: readonly { readonly cluster: { readonly server: string } }[];
    };
    const server = clusters[0]?.cluster.server;
    const answer = await fetch(`${server}/podrace/v1/decisions`);
    expect(await answer.json()).toEqual({ decisions });
    running.interrupt();
    expect((await running.ended).exitCode).toBe(0);
  });

  test("takes options from the environment, and names the variable that is wrong", async () => {
    const { exitCode, stderr } = await podrace(["up"], { env: { PODRACE_NODES: "some" } });

    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/--nodes <n>.*'some'.*PODRACE_NODES/);
  });

  test("says where it is on stdout and all else on stderr, without colour or animation", async () => {
    const running = await up(["--name", "race"]);
    running.interrupt();
    const { stdout, stderr } = await running.ended;

    expect(stdout).toMatch(/^https:\/\/127\.0\.0\.1:\d+\n$/);
    expect(stderr).toMatch(/^Starting cluster "race"/);
    expect(stderr).toContain("1 node");
    expect(stderr).toContain(`context podrace-race in ${kubeconfig}`);
    expect(stripVTControlCharacters(stdout + stderr)).toBe(stdout + stderr);
    expect(stdout + stderr).not.toContain("\r");
  });

  test("keeps its progress to itself when asked to be quiet", async () => {
    const args = ["--quiet", ...oneNode, "--kubeconfig", kubeconfig];
    const running = await startPodrace(args);
    await running.printed(/https:/);
    running.interrupt();

    expect(await running.ended).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test.each(["SIGINT", "SIGTERM"] as const)("once it is up, %s ends it well", async (signal) => {
    const running = await up();
    running.interrupt(signal);

    expect(await running.ended).toMatchObject({ exitCode: 0, signal: null });
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("while it starts, %s ends it with %i, and nothing is left", async (signal, code) => {
    const args = [...oneNode, "--nodes", "300", "--kubeconfig", kubeconfig];
    const running = await startPodrace(args);
    await running.printed(/Starting cluster/);
    running.interrupt(signal);

    expect(await running.ended).toMatchObject({ exitCode: code, stdout: "" });
    expect(existsSync(kubeconfig)).toBe(false);
  });

  test("a second Ctrl-C does not wait", async () => {
    const args = [...oneNode, "--nodes", "3000", "--kubeconfig", kubeconfig];
    const running = await startPodrace(args);
    await running.printed(/Starting cluster/);
    running.interrupt();
    running.interrupt("SIGTERM");

    expect(await running.ended).toMatchObject({ exitCode: 130, stdout: "" });
  });
});

describe("the kubeconfig of podrace up", { timeout: 60 * seconds }, () => {
  test("gets the cluster besides what is there, and gives all of it back", async () => {
    writeFileSync(kubeconfig, theirs);
    const running = await up(["--name", "race"]);
    const during = parse(readFileSync(kubeconfig, "utf8")) as Record<string, { name: string }[]>;
    running.interrupt();
    const { stdout } = await running.ended;
    const after = parse(readFileSync(kubeconfig, "utf8")) as object;

    expect(during).toMatchObject({
      "current-context": "podrace-race",
      clusters: [{ name: "prod" }, { name: "podrace-race", cluster: { server: stdout.trim() } }],
      contexts: [
        { name: "prod" },
        { name: "podrace-race", context: { cluster: "podrace-race", user: "podrace-race" } },
      ],
      users: [{ name: "me" }, { name: "podrace-race" }],
    });
    expect(after).toEqual({ ...(parse(theirs) as object), "current-context": "" });
    expect(readFileSync(kubeconfig, "utf8")).toMatch(/^# mine\n/);
    expect(existsSync(`${kubeconfig}.lock`)).toBe(false);
  });

  test("is $KUBECONFIG where no other is named, else the one in HOME", async () => {
    const [chosen, home] = [join(folder, "chosen"), join(folder, ".kube", "config")];
    const first = await startPodrace(oneNode, { env: { KUBECONFIG: chosen, HOME: folder } });
    await first.printed(/Stop: Ctrl-C/);
    const second = await startPodrace(oneNode, { env: { HOME: folder } });
    await second.printed(/Stop: Ctrl-C/);

    expect(readFileSync(chosen, "utf8")).toContain("current-context: podrace-podrace\n");
    expect(readFileSync(home, "utf8")).toContain("current-context: podrace-podrace\n");
    for (const running of [first, second]) running.interrupt();
    await Promise.all([first.ended, second.ended]);
  });

  test("that is no YAML is left as it is, and the message says where it goes wrong", async () => {
    const broken = "apiVersion: v1\nclusters:\n  - name: a\n bad: [\n";
    writeFileSync(kubeconfig, broken);
    const { exitCode, stdout, stderr } = await podrace([...oneNode, "--kubeconfig", kubeconfig]);

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(new RegExp(`^error: ${kubeconfig}:\\d+:\\d+: \\w`, "m"));
    expect(readFileSync(kubeconfig, "utf8")).toBe(broken);
  });

  test("that is something else is left as it is, too", async () => {
    const list = "apiVersion: v1\nkind: List\n";
    writeFileSync(kubeconfig, list);
    const { exitCode, stderr } = await podrace([...oneNode, "--kubeconfig", kubeconfig]);

    expect(exitCode).toBe(2);
    expect(stderr).toContain(`${kubeconfig}:2:7: kind of a kubeconfig is Config, not List`);
    expect(readFileSync(kubeconfig, "utf8")).toBe(list);
  });

  test("that cannot be written is a clear refusal", async () => {
    const notAFolder = join(folder, "file");
    writeFileSync(notAFolder, "");
    const path = join(notAFolder, "config");
    const { exitCode, stdout, stderr } = await podrace([...oneNode, "--kubeconfig", path]);

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(`kubeconfig ${path}: `);
    expect(stderr).toContain("--kubeconfig");
    expect(stderr).not.toContain("    at ");
  });

  test("that is a folder is one, too", async () => {
    const { exitCode, stderr } = await podrace([...oneNode, "--kubeconfig", folder]);

    expect(exitCode).toBe(2);
    expect(stderr).toContain(`kubeconfig ${folder}: EISDIR`);
  });
});

describe("the address of podrace up", { timeout: 60 * seconds }, () => {
  test("that somebody else has is said, with what to do, and nothing is left behind", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((listening) => void server.once("listening", listening));
    const { port } = server.address() as AddressInfo;
    const args = ["up", "--nodes", "1", "--port", String(port), "--kubeconfig", kubeconfig];
    const { exitCode, stdout, stderr } = await podrace(args);
    server.close();

    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain(`error: port ${port} on 127.0.0.1 is in use\n`);
    expect(stderr).toContain("--port 0");
    expect(existsSync(kubeconfig)).toBe(false);
  });

  test("that this machine does not have is said", async () => {
    const args = [...oneNode, "--host", "192.0.2.1", "--kubeconfig", kubeconfig];
    const { exitCode, stderr } = await podrace(args);

    expect(exitCode).toBe(1);
    expect(stderr).toContain("error: cannot listen on 192.0.2.1:0: ");
  });

  test("speaks plain HTTP to everybody when asked to", async () => {
    const running = await up(["--http"]);
    const url = await running.printed(/http:\/\/127\.0\.0\.1:\d+/);
    const answer = await fetch(`${url}/api/v1/nodes`);
    const { items } = (await answer.json()) as { items: { metadata: { name: string } }[] };
    running.interrupt();
    await running.ended;

    expect(items.map(({ metadata }) => metadata.name)).toEqual(["node-1"]);
  });

  test("cannot be reached any more once it is down", async () => {
    const running = await up(["--http"]);
    const url = await running.printed(/http:\/\/127\.0\.0\.1:\d+/);
    const watch = await fetch(`${url}/api/v1/pods?watch=true`);
    running.interrupt();

    expect(await running.ended).toMatchObject({ exitCode: 0 });
    await expect(watch.text().then(() => fetch(`${url}/version`))).rejects.toThrow();
  });
});

describe("a kubelet thread that dies", { timeout: 60 * seconds }, () => {
  /** Ends the process's worker thread at SIGUSR2, from outside of podrace's code. */
  const murderer = `
    let worker;
    process.on("worker", (started) => (worker = started));
    process.on("SIGUSR2", () => void worker.terminate());
  `;

  test("ends podrace up with exit code 6, and it says which and tidies up", async () => {
    const preload = join(folder, "preload.mjs");
    writeFileSync(preload, murderer);
    const running = await up([], { NODE_OPTIONS: `--import ${pathToFileURL(preload).href}` });
    running.interrupt("SIGUSR2");
    const { exitCode, stderr } = await running.ended;

    expect(exitCode).toBe(6);
    expect(stderr).toMatch(
      /^podrace: .*kubelet-thread-1 exited with code 1 \(seed 1; window \S+ to \S+; /m,
    );
    expect(parse(readFileSync(kubeconfig, "utf8"))).toMatchObject({ contexts: [] });
  });
});
