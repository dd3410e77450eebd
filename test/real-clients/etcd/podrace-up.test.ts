import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, statSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { podrace, privateHome, startPodrace } from "../../cli/podrace.ts";
import { etcdctlSkipReason } from "./etcdctl.ts";

const oneNode = ["up", "--nodes", "1", "--threads", "1", "--port", "0"];
const title = etcdctlSkipReason === undefined ? "" : ` (skipped: ${etcdctlSkipReason})`;

describe("podrace up --etcd-port", () => {
  test.skipIf(etcdctlSkipReason !== undefined)(
    `says the command that sees what is stored, and leaves nothing behind${title}`,
    async () => {
      const folder = mkdtempSync(join(await privateHome(), "etcd-"));
      const args = [...oneNode, "--etcd-port", "0", "--kubeconfig", join(folder, "config")];
      const running = await startPodrace(args);
      const said = await running.printed(/etcd's door is open: (.*)\n/);
      await running.printed(/Stop: Ctrl-C/);
      const command = said.slice(said.indexOf("ETCDCTL_API")).trim();
      const stdout = execFileSync("sh", ["-c", command.replace("pods/", "minions/")], {
        encoding: "utf8",
      });
      const files = join(folder, "podrace-podrace-etcd");

      expect(stdout).toContain("/registry/minions/node-1\n");
      expect(JSON.parse(stdout.split("\n")[1] as string)).toMatchObject({ kind: "Node" });
      expect(statSync(join(files, "key.pem")).mode & 0o777).toBe(0o600);
      running.interrupt();
      expect(await running.ended).toMatchObject({ exitCode: 0 });
      expect(existsSync(files)).toBe(false);
    },
  );

  test("names the port that is in use, and the flag", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    const { exitCode, stderr } = await podrace([...oneNode, "--etcd-port", String(port)]);
    other.close();

    expect(exitCode).toBe(1);
    expect(stderr).toContain(`error: port ${port} on 127.0.0.1 is in use`);
    expect(stderr).toContain("Choose another with --etcd-port, or --etcd-port 0");
  });

  test("does not go with --record, which could not write it down", async () => {
    const { exitCode, stderr } = await podrace(["up", "--etcd-port", "0", "--record", "x"]);

    expect(exitCode).toBe(2);
    expect(stderr).toContain("--etcd-port cannot go with --record");
  });
});
