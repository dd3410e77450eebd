import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { podrace, privateHome, type RunningPodrace, startPodrace } from "../cli/podrace.ts";
import { type KubectlResult, kubectlVersions, runKubectl } from "./kubectl.ts";

/** What a user has before podrace comes: another cluster, which is the current one. */
const theirs = `apiVersion: v1
kind: Config
clusters: [{ name: prod, cluster: { server: "https://192.0.2.1:6443" } }]
contexts: [{ name: prod, context: { cluster: prod, user: me } }]
users: [{ name: me, user: { token: secret } }]
current-context: prod
`;

describe("a cluster started by podrace up", () => {
  let kubeconfig: string;
  let cluster: RunningPodrace;
  beforeAll(async () => {
    kubeconfig = join(await privateHome(), "config");
    await writeFile(kubeconfig, theirs);
    const shape = ["--nodes", "1", "--threads", "2", "--pool", "old=1:docker", "--speed", "10"];
    const args = ["up", "--name", "race", "--port", "0", "--kubeconfig", kubeconfig, ...shape];
    cluster = await startPodrace([...args, "--absent-image", "nginx:nope"]);
    await cluster.printed(/Stop: Ctrl-C/);
  });
  afterAll(async () => {
    cluster.interrupt();
    await cluster.ended;
  });

  describe.each(kubectlVersions)("is kubectl %s's current one", (version) => {
    const pod = `web-${version.replace(".", "-")}`;
    const kubectl = (command: string): Promise<KubectlResult> =>
      runKubectl({ version, kubeconfig, args: command.split(" ") });

    test("by the context podrace-race, and shows its nodes", async () => {
      expect((await kubectl("config current-context")).stdout).toBe("podrace-race\n");
      expect((await kubectl("version")).stdout).toContain("Server Version: v1.36.0+podrace.");
      const { exitCode, stdout } = await kubectl("get nodes -o wide");
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(
        /^node-1 +Ready .* containerd:\/\/\S+\nnode-2 +Ready .* docker:\/\/\S+\n$/m,
      );
    });

    test("runs its pods, shows their story to podrace trace, and deletes them", async () => {
      expect((await kubectl(`run ${pod} --image nginx`)).stdout).toBe(`pod/${pod} created\n`);
      expect((await kubectl(`wait --for=condition=Ready pod/${pod} --timeout=20s`)).exitCode).toBe(
        0,
      );
      const told = await podrace(["trace", `pod/${pod}`, "--kubeconfig", kubeconfig]);
      expect(told.exitCode).toBe(0);
      expect(told.stdout).toContain(
        "api-1 [main]                        kubectl asks to create the pod",
      );
      expect(told.stdout).toMatch(/kubelet:node-\d \[kubelet-thread-[12]\] +all containers run/);
      expect((await kubectl(`delete pod ${pod}`)).stdout).toMatch(/^pod "\S+" deleted/);
      expect((await kubectl(`get pod ${pod}`)).exitCode).toBe(1);
    });

    test("knows the image that was declared absent", async () => {
      await kubectl(`run gone --image nginx:nope`);
      const reason = "{.status.containerStatuses[0].state.waiting.reason}";
      const waiting = `wait --for=jsonpath=${reason}=ImagePullBackOff pod/gone --timeout=20s`;

      expect((await kubectl(waiting)).exitCode).toBe(0);
      await kubectl("delete pod gone --now");
    });

    test("keeps strangers out", async () => {
      const stranger = join(await privateHome(), `stranger-${version}`);
      await writeFile(stranger, withoutUsers(await readFile(kubeconfig, "utf8")));
      const args = ["get", "pods", "--username", "x", "--password", "y"];
      const { exitCode, stderr } = await runKubectl({ version, kubeconfig: stranger, args });

      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/Unauthorized|Forbidden|must be logged in/);
    });
  });
});

function withoutUsers(kubeconfig: string): string {
  return stringify({
    ...(parse(kubeconfig) as object),
    users: [{ name: "podrace-race", user: {} }],
  });
}
