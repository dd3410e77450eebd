import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { kubernetesVersion, podraceVersion } from "../../src/cluster/version.ts";
import { podrace } from "./podrace.ts";

const seconds = 1_000;

describe("podrace", { timeout: 30 * seconds }, () => {
  test("explains itself: commands in groups, examples, exit codes", async () => {
    const { exitCode, stdout, stderr } = await podrace(["--help"]);

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/^Usage: podrace \[options\] \[command\]\n/);
    expect(stdout.match(/^\w.*:$/gm)).toEqual([
      "Options:",
      "Clusters:",
      "A running cluster:",
      "podrace itself:",
      "Examples:",
      "Exit codes:",
    ]);
    expect(stdout).toMatch(/^Clusters:\n {2}up \[options\] /m);
    expect(stdout).toMatch(/^ {2}trace \[options\] <pod\/NAME> /m);
    expect(stdout).toMatch(/^ {2}podrace up --nodes 50 --speed 10 /m);
    expect(stdout).toMatch(/^Exit codes:\n {2}0 done {2}1 failed {2}2 wrong use or invalid file/m);
  });

  test.each([
    "up",
    "story",
    "replay",
    "snapshot",
    "trace",
    "inspect",
    "export",
    "version",
    "completion",
  ])("explains %s, and in the same words when asked by help", async (command) => {
    const asked = await podrace([command, "--help"]);
    const helped = await podrace(["help", command]);

    expect(asked).toMatchObject({ exitCode: 0, stderr: "" });
    expect(asked.stdout).toMatch(new RegExp(`^Usage: podrace ${command}\\b.*\n\n\\w`));
    expect(helped).toEqual(asked);
  });

  test("names the environment variable of every option that has one", async () => {
    const { stdout } = await podrace(["up", "--help"]);
    const names = stdout.replaceAll(/\s+/g, " ").matchAll(/env: (\w+)/g);

    expect([...names].map(([, name]) => name)).toEqual([
      "PODRACE_CLUSTER_NAME",
      "PODRACE_NODES",
      "PODRACE_THREADS",
      "PODRACE_API_SERVERS",
      "PODRACE_RUNTIME",
      "PODRACE_PORT",
      "PODRACE_ETCD_PORT",
      "PODRACE_HOST",
      "PODRACE_SPEED",
      "PODRACE_SEED",
      "PODRACE_DATA_DIR",
      "PODRACE_ETCD",
      "PODRACE_ETCD_CAFILE",
      "PODRACE_ETCD_CERTFILE",
      "PODRACE_ETCD_KEYFILE",
      "PODRACE_ETCD_USER",
      "PODRACE_CHECK_STORE",
    ]);
  });

  test("says its version, with --version alone and with version in full", async () => {
    expect(await podrace(["--version"])).toMatchObject({
      exitCode: 0,
      stdout: `${podraceVersion}\n`,
      stderr: "",
    });
    expect(await podrace(["version"])).toMatchObject({
      exitCode: 0,
      stdout: `podrace ${podraceVersion}\nkubernetes ${kubernetesVersion}\nnode ${process.version}\n`,
      stderr: "",
    });
    const json = await podrace(["version", "-o", "json"]);
    expect(JSON.parse(json.stdout)).toEqual({
      podrace: podraceVersion,
      kubernetes: kubernetesVersion,
      node: process.version,
    });
  });

  test.each([
    [["upp"], "unknown command 'upp'", "(Did you mean up?)"],
    [["up", "--nodez", "3"], "unknown option '--nodez'", "(Did you mean --nodes?)"],
    [["--nosuch"], "unknown option '--nosuch'", ""],
    [["trace"], "missing required argument 'pod/NAME'", ""],
    [["version", "-o", "yaml"], "'yaml' is invalid", "Allowed choices are json"],
    [["completion"], "missing required argument 'shell'", ""],
    [["completion", "tcsh"], "tcsh", "bash"],
  ])("%s is wrong use: exit code 2, and what would be right", async (args, problem, advice) => {
    const { exitCode, stdout, stderr } = await podrace(args);

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toContain(problem);
    expect(stderr).toContain(advice);
    expect(stderr).not.toContain("    at ");
  });

  test("without a command shows what there is, and that one is missing", async () => {
    const { exitCode, stdout, stderr } = await podrace([]);

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(/^Usage: podrace /);
  });

  test.each(["bash", "zsh", "fish", "powershell"])(
    "prints a completion script for %s, and nothing else",
    async (shell) => {
      const { exitCode, stdout, stderr } = await podrace(["completion", shell]);

      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(stdout).toMatch(/podrace complete '?--/);
      if (shell === "bash") {
        expect(() => execFileSync("bash", ["-n"], { input: stdout })).not.toThrow();
      }
    },
  );

  test("completes commands, options and choices for such a script", async () => {
    const candidates = async (...words: string[]) =>
      (await podrace(["complete", "--", ...words])).stdout
        .split("\n")
        .map((line) => line.split("\t")[0]);

    expect(await candidates("t")).toContain("trace");
    expect(await candidates("up", "--thr")).toContain("--threads");
    expect(await candidates("up", "--runtime", "")).toEqual(
      expect.arrayContaining(["docker", "containerd", "cri-o"]),
    );
  });

  test.each([[["--help"]], [["upp"]], [["version"]]])(
    "%s writes no escape codes into a pipe, with or without NO_COLOR",
    async (args) => {
      for (const env of [{}, { NO_COLOR: "1" }]) {
        const { stdout, stderr } = await podrace(args, { env });
        expect(stdout + stderr).not.toContain("\u001b");
      }
    },
  );

  test("leaves quietly when the reader of its output does", () => {
    const script = `"${process.execPath}" dist/src/cli/main.js --help | head -1`;
    const printed = execFileSync("bash", ["-o", "pipefail", "-c", script], { encoding: "utf8" });

    expect(printed).toBe("Usage: podrace [options] [command]\n");
  });
});
