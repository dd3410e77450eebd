import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { kubectlBinary, type KubectlVersion } from "./kubectl-binary.ts";

export { kubectlBinary, type KubectlVersion, kubectlVersions } from "./kubectl-binary.ts";

export interface KubectlRun {
  readonly version: KubectlVersion;
  /** Path of the kubeconfig; without one, kubectl knows no cluster. */
  readonly kubeconfig?: string;
  readonly args: readonly string[];
  /** What it reads on standard input, e.g. for `apply -f -`. */
  readonly input?: string;
  /** Where it runs; default: where the tests do. */
  readonly folder?: string;
  /** Default 30,000. */
  readonly timeoutMs?: number;
  /** For commands that go on for ever: once this says yes, kubectl is interrupted (as by Ctrl-C). */
  readonly stopWhen?: (stdout: string) => boolean;
}

export interface KubectlResult {
  /** `null` if it was interrupted before it ended by itself. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a real kubectl to its end. Discovery caches are kept for the test file and no longer, and
 * nothing of the user's own configuration is seen.
 *
 * @throws {Error} With all it printed, if it takes longer than `timeoutMs`.
 */
export async function runKubectl(options: KubectlRun): Promise<KubectlResult> {
  const { version, kubeconfig, args, input = "", folder, timeoutMs = 30_000, stopWhen } = options;
  const binary = await kubectlBinary(version);
  const env = {
    PATH: process.env["PATH"],
    HOME: await privateHome(),
    KUBECONFIG: kubeconfig ?? "/dev/null",
    TZ: "UTC",
  };
  const kubectl = spawn(binary, args, { env, cwd: folder });
  kubectl.stdin.on("error", () => {
    // It may end without reading its input, which its exit code and words will tell.
  });
  kubectl.stdin.end(input);
  return resultOf(kubectl, { command: args.join(" "), timeoutMs, stopWhen });
}

interface Limits {
  readonly command: string;
  readonly timeoutMs: number;
  readonly stopWhen: KubectlRun["stopWhen"];
}

function resultOf(kubectl: ChildProcess, { command, timeoutMs, stopWhen }: Limits) {
  return new Promise<KubectlResult>((fulfil, reject) => {
    let stdout = "";
    let stderr = "";
    let late = false;
    const deadline = setTimeout(() => {
      late = true;
      kubectl.kill("SIGKILL");
    }, timeoutMs);
    kubectl.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      if (stopWhen?.(stdout)) kubectl.kill("SIGINT");
    });
    kubectl.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    kubectl.once("error", (error) => {
      clearTimeout(deadline);
      reject(error);
    });
    kubectl.once("close", (exitCode) => {
      clearTimeout(deadline);
      const printed = `stdout: ${stdout}\nstderr: ${stderr}`;
      if (late) reject(new Error(`kubectl ${command} took over ${timeoutMs} ms\n${printed}`));
      else fulfil({ exitCode, stdout, stderr });
    });
  });
}

let home: Promise<string> | undefined;

function privateHome(): Promise<string> {
  home ??= mkdtemp(join(tmpdir(), "podrace-kubectl-"));
  return home;
}

afterAll(async () => {
  if (home) await rm(await home, { recursive: true, force: true });
});
