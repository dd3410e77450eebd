import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  podrace,
  type PodraceResult,
  privateHome,
  type RunningPodrace,
  startPodrace,
} from "./podrace.ts";

const seconds = 1_000;

let cluster: RunningPodrace;
let kubeconfig: string;
/** Paused and settled, with one node. */
beforeAll(async () => {
  kubeconfig = join(await privateHome(), "time-config");
  const args = ["--nodes", "1", "--threads", "0", "--port", "0", "--speed", "0"];
  cluster = await startPodrace(["up", ...args, "--kubeconfig", kubeconfig]);
  await cluster.printed(/Stop: Ctrl-C/);
  await time("until-settled");
}, 60 * seconds);
afterAll(async () => {
  cluster.interrupt();
  await cluster.ended;
});

function time(...args: readonly string[]): Promise<PodraceResult> {
  return podrace(["time", ...args], { env: { KUBECONFIG: kubeconfig } });
}

function kubectl(...args: readonly string[]): Promise<PodraceResult> {
  return podrace(["kubectl", ...args], { env: { KUBECONFIG: kubeconfig } });
}

const now = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z`;
const cost = String.raw`\d+\.\d{3} s of cluster time, \d+ facts, \d+ writes`;

describe("podrace time", { timeout: 60 * seconds }, () => {
  test("says what time it is in the cluster, and nothing on stderr", async () => {
    const { exitCode, stdout, stderr } = await time();

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(new RegExp(`^${now}  paused, settled\n$`));
  });

  test("turns the dial, and shows where it stands", async () => {
    expect((await time("speed", "0.5")).stdout).toMatch(new RegExp(`^${now}  ×0.5, settled\n$`));
    expect((await time("pause")).stdout).toMatch(/ {2}paused, settled\n$/);
    expect((await time("resume")).stdout).toMatch(/ {2}×0.5, settled\n$/);
    expect((await time("speed", "max")).stdout).toMatch(/ {2}as fast as it goes, settled\n$/);
    expect((await time("speed", "0")).stdout).toMatch(/ {2}paused, settled\n$/);
  });

  test("steps, and says what that cost", async () => {
    const { exitCode, stdout, stderr } = await time("step", "1m30s");

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(new RegExp(`^${now}  paused, settled\n90\\.000 s of cluster time, `));
    expect(stdout).toMatch(new RegExp(`\n${cost}\n$`));
  });

  test("goes on until settled: what was asked for is done then", async () => {
    await kubectl("run", "settled", "--image", "nginx");
    expect((await time()).stdout).toMatch(/ {2}paused\n$/);
    const { exitCode, stdout, stderr } = await time("until-settled");
    const { stdout: shown } = await kubectl("get", "pod", "settled");

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(new RegExp(`^${now}  paused, settled\n${cost}\n$`));
    expect(shown).toMatch(/settled +1\/1 +Running/);
  });

  test("ends with 4 when the cluster does not settle: what it cost on stdout, why on stderr", async () => {
    const forAnHour = ["--restart=Never", "--", "sleep", "3600"];
    await kubectl("run", "busy", "--image", "busybox", ...forAnHour);
    const { exitCode, stdout, stderr } = await time("until-settled");
    await kubectl("delete", "pod", "busy", "--now", "--wait=false");
    await time("until-settled");

    expect(exitCode).toBe(4);
    expect(stdout).toMatch(new RegExp(`^${now}  paused\n600\\.000 s of cluster time, `));
    expect(stderr).toBe(
      "error: the cluster is not settled after 10 minutes of its time\n" +
        "Containers that crash and restart, or that will end by themselves, keep it busy.\n",
    );
  });

  test.each([
    [["speed", "fast"], 'the speed must be a number from 0 to 1000000, or max, not "fast"'],
    [["speed", "-1"], "the speed must be a number from 0 to 1000000, or max"],
    [["speed", "1e9"], "the speed must be a number from 0 to 1000000, or max"],
    [["speed", ""], 'the speed must be a number from 0 to 1000000, or max, not ""'],
    [["speed"], "missing required argument 'k'"],
    [["step", "10"], 'a step must be a duration such as 10s or 1m30s, at most a year, not "10"'],
    [["step", "0s"], "a step must be a duration such as 10s or 1m30s, at most a year"],
    [["step", "9000h"], "a step must be a duration such as 10s or 1m30s, at most a year"],
    [["step"], "missing required argument 'duration'"],
    [["pause", "now"], "too many arguments for 'pause'"],
    [["rewind"], "too many arguments for 'time'"],
    [["--until", "5s"], "unknown option '--until'"],
  ])("%j is wrong use: 2, and it says why", async (args, words) => {
    const { exitCode, stdout, stderr } = await time(...args);

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(words);
    expect(stderr).not.toContain("    at ");
  });

  test.each([
    [["--kubeconfig", "FILE", "pause"]],
    [["pause", "--kubeconfig", "FILE"]],
    [["step", "1s", "--kubeconfig", "FILE"]],
  ])("%j asks the cluster of that file, wherever the flag stands", async (args) => {
    const nowhere = join(await privateHome(), "nowhere");
    const named = (file: string): string[] => args.map((arg) => arg.replace("FILE", file));
    const other = await time(...named(nowhere));
    const ours = await podrace(["time", ...named(kubeconfig)], { env: { KUBECONFIG: nowhere } });

    expect(other).toMatchObject({ exitCode: 1, stdout: "" });
    expect(other.stderr).toContain(`no podrace cluster in ${nowhere}`);
    expect(ours).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test("of a cluster that is gone is a failure that says so", async () => {
    const config = join(await privateHome(), "gone-config");
    const gone = await startPodrace([
      "up",
      "--nodes",
      "0",
      "--threads",
      "0",
      "--port",
      "0",
      "--kubeconfig",
      config,
    ]);
    await gone.printed(/Stop: Ctrl-C/);
    gone.interrupt("SIGKILL");
    await gone.ended;
    const { exitCode, stdout, stderr } = await time("--kubeconfig", config);

    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toMatch(/^error: The connection to the server 127\.0\.0\.1:\d+ was refused/);
  });
});
