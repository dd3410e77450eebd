import { readdirSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { podrace, privateHome, startPodrace } from "./podrace.ts";

const seconds = 1_000;

describe("podrace story", { timeout: 60 * seconds }, () => {
  test("plays one pod's life from request to deletion, and ends well", async () => {
    const { exitCode, stdout, stderr } = await podrace(["story"]);

    expect(exitCode).toBe(0);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stdout.match(/^(?:\$ kubectl .*|\d\. .*)/gm)).toEqual([
      "$ kubectl get nodes -o wide",
      "$ kubectl run my-nginx --image nginx",
      "1. request",
      "2. API server stores it",
      "3. scheduler picks a node",
      "4. kubelet's watch sees it",
      "5. kubelet works out the containers",
      "6. kubelet calls the runtime",
      "7. containers run",
      "$ kubectl get pods",
      "$ kubectl delete pod my-nginx",
    ]);
    expect(stdout).toMatch(/^node-3 +Ready .*containerd:\/\//m);
    expect(stdout).toMatch(/^pod\/my-nginx created$/m);
    expect(stdout).toMatch(/^my-nginx +1\/1 +Running +0 /m);
    expect(stdout).toContain('pod "my-nginx" deleted');
    expect(stripVTControlCharacters(stdout + stderr)).toBe(stdout + stderr);
    expect(stdout + stderr).not.toContain("\r");
    expect(readdirSync(await privateHome())).toEqual([]);
  });

  test("is interrupted by Ctrl-C", async () => {
    const running = await startPodrace(["story"]);
    await running.printed(/3\. scheduler picks a node/);
    running.interrupt();

    expect(await running.ended).toMatchObject({ exitCode: 130 });
  });
});
