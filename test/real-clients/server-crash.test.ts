import { describe, expect, test } from "vitest";
import { liveKubectl } from "./live-kubectl.ts";
import { type KubectlResult, kubectlVersions } from "./kubectl.ts";

const second = 1_000_000;

describe.each(kubectlVersions)("an API server that crashes, with kubectl %s", (version) => {
  const kubectl = liveKubectl(version, {
    nodes: 1,
    speed: 0,
    faults: [{ atUs: 60 * second, kind: "crash", actor: "api-1", forUs: 60 * second }],
  });
  const step = (duration: string): Promise<string> =>
    kubectl.output(["create", "--raw", `/podrace/v1/time/step?for=${duration}`, "-f", "-"]);

  test("breaks off what kubectl watches, has nothing to say to it, and serves it again", async () => {
    await kubectl.output("run web --image nginx");
    let watching: Promise<KubectlResult> | undefined;
    await new Promise<void>((begun) => {
      const stopWhen = (stdout: string): boolean => {
        if (stdout.includes("web")) begun();
        return false;
      };
      watching = kubectl("get pods --watch", { stopWhen });
    });
    // Its connection outlives the crash that it brings about.
    await step("61s");
    expect((await watching)?.stdout).toMatch(/^web +1\/1 +Running/m);
    const { exitCode, stderr } = await kubectl("get pods");
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/EOF|connection reset|connection refused|connection lost/);
    await step("60s");

    expect(await kubectl.output("get pods --no-headers")).toMatch(/^web +1\/1 +Running/);
  });
});
