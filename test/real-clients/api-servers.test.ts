import { describe, expect, test } from "vitest";
import { liveKubectl } from "./live-kubectl.ts";
import { kubectlVersions } from "./kubectl.ts";

describe.each(kubectlVersions)("a second API server, with kubectl %s", (version) => {
  const kubectl = liveKubectl(version, { nodes: 1, apiServers: 2 });
  const second = (command: string): string =>
    `${command} --server ${kubectl.cluster().addresses[1]}`;

  test("takes pods, and shows those that were made with the first", async () => {
    await kubectl.output("run first --image nginx");
    await kubectl.output(second("run second --image nginx"));

    await kubectl.output(second("wait --for=condition=Ready pod/first pod/second --timeout=60s"));
    expect(await kubectl.output(second("get pods -o name"))).toBe("pod/first\npod/second\n");
    expect(await kubectl.output("get pods -o name")).toBe("pod/first\npod/second\n");
  });

  test("tells of what goes on with the first, and deletes", async () => {
    await kubectl.output("run gone --image nginx");
    await kubectl.output(second("delete pod gone --wait=true --grace-period=1"));

    const { exitCode, stderr } = await kubectl("get pod gone");
    expect([exitCode, stderr]).toEqual([
      1,
      'Error from server (NotFound): pods "gone" not found\n',
    ]);
  });
});
