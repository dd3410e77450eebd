import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { NodeInspectionBody, PodInspectionBody } from "../../src/cluster/inspect.ts";
import { stateDiagramProblems } from "../report/state-diagram-problems.ts";
import { podrace, type PodraceResult, privateHome, startPodrace } from "./podrace.ts";

const seconds = 1_000;

describe("podrace inspect", { timeout: 60 * seconds }, () => {
  let env: Record<string, string>;
  beforeAll(async () => {
    env = { KUBECONFIG: join(await privateHome(), "config") };
    const args = ["up", "--nodes", "2", "--threads", "2", "--port", "0", "--speed", "0"];
    const cluster = await startPodrace(args, { env });
    await cluster.printed(/Stop: Ctrl-C/);
    await podrace(["kubectl", "run", "my-nginx", "--image", "nginx"], { env });
    await podrace(["time", "until-settled"], { env });
  }, 60 * seconds);

  function inspect(...args: readonly string[]): Promise<PodraceResult> {
    return podrace(["inspect", ...args], { env });
  }

  test.each(["node/node-1", "nodes/node-1", "no/node-1"])(
    "shows the state of %s, what is due, and its machine",
    async (target) => {
      const { exitCode, stdout, stderr } = await inspect(target);

      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(stdout).toMatch(/^node node-1: ready\n/);
      expect(stdout).toMatch(/^ {2}timer +leaseRenewal in \d\.\d{6} s, 20\d\d-\S+Z$/m);
      expect(stdout).toMatch(/^As kubelet:node-1 \[kubelet-thread-1\] has it, 20\d\d-\S+Z\.$/m);
      expect(stdout).toMatch(/\n\nstateDiagram-v2\n[^]*state "ready \(now\)" as ready\n/);
    },
  );

  test.each(["pod/my-nginx", "pods/my-nginx", "po/my-nginx"])(
    "shows the states of %s and its container",
    async (target) => {
      const { exitCode, stdout } = await inspect(target);

      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^pod default\/my-nginx on node-\d: running\n/);
      expect(stdout).toMatch(
        /^container my-nginx \(nginx\): running\n {2}waits for +its process to end\n/m,
      );
      expect(stdout).toMatch(/state "running \(now\)" as pod_running\n/);
      expect(stdout).toMatch(/state "running \(now\)" as c0_running\n/);
    },
  );

  test("draws the machines alone as a diagram that Mermaid can read", async () => {
    for (const target of ["node/node-2", "pod/my-nginx"]) {
      const { exitCode, stdout } = await inspect(target, "-o", "mermaid");

      expect(exitCode).toBe(0);
      expect(stateDiagramProblems(stdout)).toEqual([]);
    }
  });

  test("hands out all there is as JSON", async () => {
    const pod = JSON.parse((await inspect("pod/my-nginx", "-o", "json")).stdout);
    const { kind, nodeName, pod: view, containers } = pod as PodInspectionBody;
    const answer = await inspect(`node/${nodeName}`, "-o", "json");
    const node = JSON.parse(answer.stdout) as NodeInspectionBody;

    expect({ kind, value: view.value }).toEqual({ kind: "pod", value: "running" });
    expect(containers).toMatchObject([{ name: "my-nginx", container: { value: "running" } }]);
    expect(node.pods).toMatchObject([{ name: "my-nginx", state: "running" }]);
  });

  test.each([
    [["svc/web"], 2, '"svc/web" is neither a node nor a pod: expected node/NAME or pod/NAME\n'],
    [["node-1"], 2, '"node-1" is neither a node nor a pod: expected node/NAME or pod/NAME\n'],
    [["pod/"], 2, '"pod/" is neither a node nor a pod'],
    [["pod/my-nginx", "-o", "svg"], 2, "Allowed choices are text, mermaid, json."],
    [[], 2, "missing required argument 'node/NAME|pod/NAME'"],
    [["node/nope"], 1, 'error: nodes "nope" not found\n'],
    [["pod/nope"], 1, 'error: pods "nope" not found\n'],
    [["pod/my-nginx", "-n", "other"], 1, 'error: pods "my-nginx" not found\n'],
    [["pod/my-nginx", "--kubeconfig", "/nowhere"], 1, 'Start one with "podrace up"'],
  ])("%s is refused with exit code %i, in words", async (args, code, words) => {
    const { exitCode, stdout, stderr } = await inspect(...args);

    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: "" });
    expect(stderr).toContain(words);
    expect(stderr).not.toContain("    at ");
  });

  test("completes its formats", async () => {
    const { stdout } = await podrace(["complete", "--", "inspect", "-o", ""]);

    expect(stdout).toContain("mermaid");
  });
});
