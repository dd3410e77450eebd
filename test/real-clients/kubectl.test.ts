import { afterEach, describe, expect, test, vi } from "vitest";
import { kubectlBinary, kubectlVersions, runKubectl } from "./kubectl.ts";

describe.each(kubectlVersions)("kubectl %s", (version) => {
  test("is the version it is asked for, unless another one is what there is", async () => {
    const pinned = (await kubectlBinary(version)).endsWith(`/${version}/kubectl`);
    const args = ["version", "--client", "-o", "json"];
    const { exitCode, stdout, stderr } = await runKubectl({ version, args });

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const { clientVersion } = JSON.parse(stdout) as { clientVersion: { gitVersion: string } };
    expect(clientVersion.gitVersion).toContain(pinned ? `v${version}.` : "v1.");
  });

  test("reads a manifest from its input and knows no cluster of the user's", async () => {
    const input = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n";
    const args = ["apply", "-f", "-"];
    const { exitCode, stdout, stderr } = await runKubectl({ version, args, input });

    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain("localhost:8080");
  });
});

describe("finding kubectl", () => {
  afterEach(() => vi.unstubAllEnvs());

  test("PODRACE_KUBECTL is used for every version", async () => {
    vi.stubEnv("PODRACE_KUBECTL", process.execPath);

    expect(await kubectlBinary("1.28")).toBe(process.execPath);
    expect(await kubectlBinary("1.35")).toBe(process.execPath);
  });

  test("PODRACE_KUBECTL that is not there is said, and nothing else is tried", async () => {
    vi.stubEnv("PODRACE_KUBECTL", "/nowhere/kubectl");

    await expect(kubectlBinary("1.28")).rejects.toThrow(
      "PODRACE_KUBECTL is /nowhere/kubectl, and there is no such file",
    );
  });
});
