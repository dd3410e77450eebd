import { readdirSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { KubeObject } from "../../src/api/objects.ts";
import { podrace, privateHome, type RunningPodrace, startPodrace } from "../cli/podrace.ts";
import { runKubectl } from "./kubectl.ts";

const seconds = 1_000;
let directory: string;
let kubeconfig: string;
let count = 0;
beforeEach(async () => {
  directory = join(await privateHome(), `data-${++count}`);
  kubeconfig = join(await privateHome(), `config-${count}`);
});

async function up(...more: readonly string[]): Promise<RunningPodrace> {
  const shape = ["--nodes", "2", "--threads", "1", "--port", "0", "--kubeconfig", kubeconfig];
  const cluster = await startPodrace(["up", ...shape, "--data-dir", directory, ...more]);
  await cluster.printed(/Stop: Ctrl-C/);
  return cluster;
}

async function kill(cluster: RunningPodrace): Promise<void> {
  cluster.interrupt("SIGKILL");
  expect((await cluster.ended).signal).toBe("SIGKILL");
}

async function kubectl(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runKubectl({ version: "1.35", kubeconfig, args });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout;
}

/** Name, uid and resourceVersion of each object of a kind. */
async function versions(plural: string): Promise<readonly string[]> {
  const { items } = JSON.parse(await kubectl("get", plural, "-A", "-o", "json")) as {
    readonly items: readonly KubeObject[];
  };
  // What the certificate authority of now is put into is written again.
  const others = items.filter(({ metadata }) => metadata.name !== "kube-root-ca.crt");
  return others.map(({ metadata: { name, uid, resourceVersion } }) =>
    [name, uid, resourceVersion].join(" "),
  );
}

const revisionOf = (line = ""): number => Number(line.split(" ").at(-1));

describe("podrace up --data-dir", { timeout: 90 * seconds }, () => {
  test("keeps all it acknowledged through SIGKILL, and its pods run again", async () => {
    const first = await up();
    await kubectl("run", "my-nginx", "--image", "nginx");
    await kubectl("wait", "--for=condition=Ready", "pod/my-nginx", "--timeout=20s");
    await kubectl("create", "namespace", "team");
    const names = Array.from({ length: 8 }, (_none, index) => `settings-${index}`);
    await Promise.all(
      names.map((name) => kubectl("create", "configmap", name, `--from-literal=name=${name}`)),
    );
    const [configMaps, namespaces, secrets] = [
      await versions("configmaps"),
      await versions("namespaces"),
      await versions("serviceaccounts"),
    ];
    // The last thing before the end: acknowledged, and nothing after it.
    await kubectl("create", "configmap", "last", "--from-literal=a=b");
    await kill(first);

    const second = await up();
    const kept = await versions("configmaps");
    expect(kept).toEqual(expect.arrayContaining([...configMaps]));
    expect(await versions("namespaces")).toEqual(namespaces);
    expect(await versions("serviceaccounts")).toEqual(secrets);
    expect(await kubectl("get", "configmap", "last", "-o", "jsonpath={.data.a}")).toBe("b");

    const restarts = "jsonpath={.status.containerStatuses[0].restartCount}=1";
    await kubectl("wait", `--for=${restarts}`, "pod/my-nginx", "--timeout=20s");
    await kubectl("wait", "--for=condition=Ready", "pod/my-nginx", "--timeout=20s");
    await kubectl("create", "configmap", "later");
    const later = (await versions("configmaps")).find((line) => line.startsWith("later "));
    expect(revisionOf(later)).toBeGreaterThan(Math.max(...kept.map(revisionOf)));

    await kubectl("delete", "pod", "my-nginx");
    second.interrupt();
    expect((await second.ended).exitCode).toBe(0);
    const third = await up();
    expect(await kubectl("get", "pods", "-o", "name")).toBe("");
    await kill(third);
  });

  test("answers what was written while time stands still", async () => {
    const cluster = await up("--speed", "0");
    await kubectl("create", "configmap", "paused", "--from-literal=a=b");
    expect(await kubectl("get", "configmap", "paused", "-o", "name")).toBe("configmap/paused\n");
    await kill(cluster);
  });

  test("keeps another process out, and says which one has it", async () => {
    const cluster = await up();
    const { exitCode, stderr } = await podrace(["up", "--port", "0", "--data-dir", directory]);

    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /error: --data-dir: \S+ is in use by process \d+: one podrace at a time/,
    );
    await kill(cluster);
  });

  test("says what it cut off of a log that was torn, and goes on without it", async () => {
    await kill(await up());
    truncateSync(log(), 6_000);
    const cluster = await up();

    expect(await cluster.printed(/warning: .*/)).toMatch(
      /warning: \S+log-\d+ is damaged at byte \d+ \(no whole frame\): the \d+ bytes from there are cut off/,
    );
    expect(await kubectl("get", "nodes", "-o", "name")).toBe("node/node-1\nnode/node-2\n");
    await kill(cluster);
  });
});

function log(): string {
  const name = readdirSync(directory).find((each) => each.startsWith("log-"));
  return join(directory, name ?? "");
}
