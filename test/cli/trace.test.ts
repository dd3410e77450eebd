import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { TracedFact } from "../../src/report/pod-story.ts";
import { mermaidProblems } from "../report/mermaid-problems.ts";
import { podrace, type PodraceResult, privateHome, startPodrace } from "./podrace.ts";

const seconds = 1_000;

describe("podrace trace", { timeout: 60 * seconds }, () => {
  let env: Record<string, string>;
  beforeAll(async () => {
    env = { KUBECONFIG: join(await privateHome(), "config") };
    const args = ["up", "--nodes", "2", "--threads", "1", "--port", "0", "--speed", "20"];
    const cluster = await startPodrace(args, { env });
    await cluster.printed(/Stop: Ctrl-C/);
    await kubectl("run", "my-nginx", "--image", "nginx");
    await kubectl("get", "pods", "-w", "my-nginx");
  }, 60 * seconds);

  /** `get -w` is ended when the pod runs. */
  async function kubectl(...args: readonly string[]): Promise<void> {
    const running = await startPodrace(["kubectl", ...args], { env });
    if (args.includes("-w")) {
      await running.printed(/1\/1/);
      running.interrupt();
    }
    await running.ended;
  }

  function trace(...args: readonly string[]): Promise<PodraceResult> {
    return podrace(["trace", ...args], { env });
  }

  test.each(["pod/my-nginx", "pods/my-nginx", "po/my-nginx"])(
    "tells the story of %s in seven steps, each with time, actor and thread",
    async (target) => {
      const { exitCode, stdout, stderr } = await trace(target);

      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(stdout.match(/^\d\. .*/gm)).toEqual([
        "1. request",
        "2. API server stores it",
        "3. scheduler picks a node",
        "4. kubelet's watch sees it",
        "5. kubelet works out the containers",
        "6. kubelet calls the runtime",
        "7. containers run",
      ]);
      const told = stdout.split("\n").filter((line) => line.startsWith("   "));
      for (const line of told) {
        expect(line).toMatch(
          /^ {3}\+ *\d+\.\d{6} s {2}(?:api-1|scheduler|kubelet:node-\d) +\[(?:main|kubelet-thread-1)\] /,
        );
      }
      expect(told[0]).toContain("podrace asks to create the pod, as kubernetes-admin");
      expect(stdout).toMatch(/scheduler \[main\] +node-\d: 2 of 2 nodes fit/);
      expect(stdout).toMatch(/kubelet:node-\d \[kubelet-thread-1\] +a new pod for this node/);
      for (const call of [
        "RunPodSandbox",
        "PullImage nginx",
        "CreateContainer my-nginx",
        "StartContainer my-nginx",
      ]) {
        expect(stdout).toMatch(new RegExp(`containerd: ${call}, \\d+ ms`));
      }
      expect(stdout).toMatch(/all containers run at 10\.244\.\d\.\d+\n/);
    },
  );

  test("draws it as a sequence diagram that Mermaid can read", async () => {
    const { exitCode, stdout } = await trace("pod/my-nginx", "-o", "mermaid");

    expect(exitCode).toBe(0);
    expect(mermaidProblems(stdout)).toEqual([]);
    expect(stdout.match(/Note over client,runtime: \d\. /g)).toHaveLength(7);
    expect(stdout).toMatch(/^ {2}participant kubelet as kubelet:node-\d \(kubelet-thread-1\)$/m);
  });

  test("hands out the facts it is told from, in order", async () => {
    const { stdout } = await trace("pod/my-nginx", "-o", "json");
    const facts = JSON.parse(stdout) as TracedFact[];
    const times = facts.map(({ atUs }) => atUs);

    expect(facts[0]).toMatchObject({ actor: "api-1", kind: "requestReceived", thread: "main" });
    expect(facts.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(["choseNode", "podSeen", "runtimeCalled", "podRunning"]),
    );
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test.each([
    [["svc/web"], 2, 'error: "svc/web" is not a pod: expected pod/NAME\n'],
    [["my-nginx"], 2, 'error: "my-nginx" is not a pod: expected pod/NAME\n'],
    [["pod/"], 2, 'error: "pod/" is not a pod: expected pod/NAME\n'],
    [["pod/my-nginx", "-o", "svg"], 2, "Allowed choices are text, mermaid, json."],
    [["pod/nosuch"], 1, 'error: nothing is known of pod "nosuch" in namespace "default"\n'],
    [["pod/my-nginx", "-n", "other"], 1, 'pod "my-nginx" in namespace "other"\n'],
    [["pod/my-nginx", "--context", "nope"], 2, 'error: context "nope" does not exist\n'],
    [["pod/my-nginx", "--kubeconfig", "/nowhere"], 1, 'Start one with "podrace up"'],
  ])("%s is refused with exit code %i, in words", async (args, code, words) => {
    const { exitCode, stdout, stderr } = await trace(...args);

    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: "" });
    expect(stderr).toContain(words);
    expect(stderr).not.toContain("    at ");
  });

  test("still knows a pod that is gone, and the latest of those of one name", async () => {
    await kubectl("delete", "pod", "my-nginx");
    const gone = await trace("pod/my-nginx");
    await kubectl("run", "my-nginx", "--image", "busybox");
    const again = await trace("pod/my-nginx");

    expect(gone.stdout).toContain("containerd: PullImage nginx");
    expect(again.stdout).toContain("asks to create the pod");
    expect(again.stdout).not.toContain("PullImage nginx");
  });
});

describe("podrace trace without a cluster", { timeout: 30 * seconds }, () => {
  test("says how to get one", async () => {
    const { exitCode, stdout, stderr } = await podrace(["trace", "pod/my-nginx"], {
      env: { KUBECONFIG: "/nowhere/config" },
    });

    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toBe(
      'error: no podrace cluster in /nowhere/config\nStart one with "podrace up", or name a context with --context.\n',
    );
  });
});
