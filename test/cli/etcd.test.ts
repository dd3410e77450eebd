import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { podrace, privateHome } from "./podrace.ts";

const url = "http://127.0.0.1:1";
const up = (...args: readonly string[]) => podrace(["up", "--port", "0", ...args]);

describe("podrace up --etcd", () => {
  test.each([
    [["--etcd", url, "--record", "session"], "--record cannot go with --etcd: a replay begins"],
    [["--etcd", url, "--data-dir", "data"], "--etcd cannot go with --data-dir: the state is kept"],
    [["--etcd", url, "--etcd-port", "0"], "--etcd-port cannot go with --etcd: point etcdctl at"],
    [["--etcd", url, "--check-store"], "--check-store cannot go with --etcd: others write to it"],
    [["--serve-only"], "--serve-only needs --etcd URL"],
    [["--etcd-cafile", "ca.pem"], "--etcd-cafile needs --etcd URL"],
    [["--etcd-user", "me:secret"], "--etcd-user needs --etcd URL"],
    [["--etcd", url, "--serve-only", "--nodes", "3"], "--serve-only has no nodes: leave --nodes"],
    [["--etcd", url, "--serve-only", "--pool", "a=1"], "--serve-only has no nodes: leave --nodes"],
    [["--etcd", url, "--etcd-user", "me"], "It must be NAME:PASSWORD."],
    [
      ["--etcd", "ftp://etcd"],
      'an etcd endpoint is http://HOST:PORT or https://HOST:PORT, not "ftp',
    ],
    [["--etcd", url, "--etcd-certfile", "nowhere.pem"], "--etcd-certfile: ENOENT"],
  ])("with %j is wrong use", async (args, words) => {
    const { exitCode, stdout, stderr } = await up(...args);

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(words);
    expect(stderr).not.toContain("    at ");
  });

  test("says where it found no etcd", { timeout: 30_000 }, async () => {
    const kubeconfig = join(await privateHome(), "config");
    const { exitCode, stderr } = await up("--etcd", url, "--kubeconfig", kubeconfig);

    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      `error: --etcd: etcd at ${url}: the store cannot be reached: No connection established to etcd at ${url}`,
    );
  });
});
