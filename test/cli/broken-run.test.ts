import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type Sabotage, sabotageEnv } from "../threads/sabotage.ts";
import { podrace, type PodraceResult, privateHome, startPodrace } from "./podrace.ts";

const seconds = 1_000;
const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z`;
const place = `\\(seed 5; window ${time} to ${time}; actor kubelet:node-1 on kubelet-thread-1 at ${time}\\)`;

/** Starts a cluster whose kubelet breaks when it sees a pod, shows it one, and waits for the end. */
async function upUntilBroken(
  deed: Sabotage["deed"],
  args: readonly string[] = [],
): Promise<PodraceResult & { readonly kubeconfig: string; readonly clientSaid: string }> {
  const kubeconfig = join(mkdtempSync(join(await privateHome(), "broken-")), "config");
  const oneNode = ["--nodes", "1", "--threads", "1", "--port", "0", "--seed", "5"];
  const running = await startPodrace(["up", ...oneNode, "--kubeconfig", kubeconfig, ...args], {
    env: sabotageEnv([{ node: "node-1", when: "podSeen", deed }]),
  });
  await running.printed(/Stop: Ctrl-C/);
  const env = { KUBECONFIG: kubeconfig };
  const watch = await startPodrace(["kubectl", "get", "pods", "-w"], { env });
  await podrace(["kubectl", "run", "my-nginx", "--image", "nginx"], { env });
  const { stderr: clientSaid } = await watch.ended;
  return { ...(await running.ended), kubeconfig, clientSaid };
}

describe("podrace up whose kubelet thread", { timeout: 60 * seconds }, () => {
  test.each([
    ["exit", "kubelet-thread-1 exited with code 7", [], /\n {4}at /],
    ["throw", "sabotage", [], /\nRangeError: sabotage\n {4}at .*sabotage\.mjs/],
    ["memory", "kubelet-thread-1 crashed: .*JS heap out of memory", [], /\n {4}at |ERR_WORKER/],
    [
      "loop",
      "kubelet-thread-1 did not answer step within 2000 ms",
      ["--step-deadline", "2s"],
      /\n {4}at /,
    ],
  ] as const)(
    "ends by %s ends with 6, and names the seed, the window and the actor",
    async (deed, problem, args, stack) => {
      const { exitCode, stdout, stderr, kubeconfig, clientSaid } = await upUntilBroken(deed, args);

      expect(exitCode).toBe(6);
      expect(stdout).toMatch(/^https:.*\n$/);
      expect(stderr).toMatch(new RegExp(`^podrace: the run broke: ${problem} ${place}$`, "m"));
      expect(stderr).toMatch(stack);
      expect(parse(readFileSync(kubeconfig, "utf8"))).toMatchObject({ contexts: [] });
      expect(clientSaid).not.toBe("");
    },
  );

  test("breaks while the nodes start ends with 6, too", async () => {
    const env = sabotageEnv([{ node: "node-2", when: "start", deed: "throw" }]);
    const args = ["up", "--nodes", "3", "--threads", "2", "--port", "0", "--seed", "5"];
    const { exitCode, stdout, stderr } = await podrace(args, { env });

    expect({ exitCode, stdout }).toEqual({ exitCode: 6, stdout: "" });
    expect(stderr).toMatch(/the run broke: sabotage \(seed 5; .* actor kubelet:node-2 on /);
  });
});

describe("podrace story whose kubelet thread breaks", { timeout: 60 * seconds }, () => {
  test("ends with 6 as well, and at once", async () => {
    const plans = [1, 2, 3].map((node): Sabotage => ({
      node: `node-${node}`,
      when: "podSeen",
      deed: "exit",
    }));
    const { exitCode, stderr } = await podrace(["story"], { env: sabotageEnv(plans) });

    expect(exitCode).toBe(6);
    expect(stderr).toMatch(/the run broke: kubelet-thread-\d exited with code 7 \(seed 1; window /);
  });
});

describe("podrace up --threads per-node", { timeout: 60 * seconds }, () => {
  test("gives each node a thread", async () => {
    const kubeconfig = join(mkdtempSync(join(await privateHome(), "per-node-")), "config");
    const args = ["up", "--nodes", "5", "--threads", "per-node", "--port", "0"];
    const running = await startPodrace([...args, "--kubeconfig", kubeconfig]);
    await running.printed(/Stop: Ctrl-C/);
    running.interrupt();

    expect(await running.ended).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining("5 nodes are ready (kubelets on 5 worker threads)"),
    });
  });

  test("refuses more nodes than there may be threads: how many, why, and what to do", async () => {
    const args = ["up", "--nodes", "300", "--threads", "per-node", "--port", "0"];
    const { exitCode, stdout, stderr } = await podrace(args);

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(
      /^error: --threads must be at most \d+, not 300, one for each node: the least of 256 by threadsMax, .*\d+ by free memory \(\d+ MB, 13 MB a thread\), with a tenth kept back\. For more: .*, or share threads \(--threads N\)$/m,
    );
  });
});
