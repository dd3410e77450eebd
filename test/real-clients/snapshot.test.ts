import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { podrace, privateHome, type RunningPodrace, startPodrace } from "../cli/podrace.ts";
import { kubectlVersions, runKubectl } from "./kubectl.ts";

const seconds = 1_000;
const [oldest, newest] = [kubectlVersions[0] ?? "1.28", kubectlVersions.at(-1) ?? "1.35"] as const;

/** What is looked at, in all ways in which kubectl shows it. */
const looks = [
  "get pods -A -o wide",
  "get pods,nodes,configmaps,services,serviceaccounts,namespaces -A -o yaml",
  "get events --sort-by=.metadata.name",
  "get leases -A -o yaml",
  "get --raw /api/v1/namespaces/default/pods",
];

describe.each([newest, oldest])(
  "a cluster seen with kubectl %s",
  { timeout: 60 * seconds },
  (version) => {
    let folder: string;
    let file: string;

    const kubectl = (config: string, command: string, input = "") =>
      runKubectl({
        version,
        kubeconfig: join(folder, config),
        args: command.split(" "),
        input,
        folder,
      });
    const ask = (config: string, command: string) =>
      podrace(command.split(" "), { env: { KUBECONFIG: join(folder, config) } });

    async function start(config: string, command: string): Promise<RunningPodrace> {
      const running = await startPodrace([
        ...command.split(" "),
        ..."--port 0 --speed 0 --kubeconfig".split(" "),
        join(folder, config),
      ]);
      await running.printed(/Stop: Ctrl-C/);
      return running;
    }

    /** Paused, with pods that run, crash, start and leave. */
    beforeAll(async () => {
      folder = await mkdtemp(join(await privateHome(), "saved-"));
      file = join(folder, "saved");
      await start("original", "up --nodes 3 --threads 2");
      await kubectl("original", "run web --image nginx --port 80 --expose");
      await kubectl("original", "run leaves --image busybox -- sleep 1000");
      await kubectl("original", "run crashes --image busybox -- false");
      await kubectl("original", "create configmap settings --from-literal=a=b");
      await ask("original", "time step 45s");
      await kubectl("original", "delete pod leaves --wait=false");
      await kubectl("original", "create namespace team");
      await ask("original", "time step 2s");
      await kubectl("original", "run starts -n team --image nginx");
      await ask("original", "time step 500ms");
      await ask("original", `snapshot save ${file}`);
    }, 60 * seconds);

    test("is the same once it is saved and restored, now and a minute later", async () => {
      const restored = await start("restored", `snapshot restore ${file} --threads 1`);
      for (const step of ["1us", "3s", "1m"]) {
        for (const config of ["original", "restored"]) await ask(config, `time step ${step}`);
        for (const look of looks) {
          const [left, right] = [await kubectl("original", look), await kubectl("restored", look)];

          expect(left).toMatchObject({ exitCode: 0 });
          expect(right).toEqual(left);
        }
      }
      const { stdout } = await kubectl("restored", "get pods -A");
      restored.interrupt();

      expect(await restored.ended).toMatchObject({ exitCode: 0 });
      expect(stdout).toMatch(/crashes +0\/1 +(?:CrashLoopBackOff|Error|Completed) +\d/);
      expect(stdout).toMatch(/starts +1\/1 +Running/);
      expect(stdout).not.toContain("leaves");
    });

    test("can be applied to another one as it is exported", async () => {
      const { stdout: manifests } = await ask("original", "export");
      const fresh = await start("fresh", "up --nodes 1 --threads 0 --http");
      const applying = kubectl("fresh", "apply -f -", manifests);
      const { exitCode, stdout, stderr } = await applying;
      await ask("fresh", "time step 1s");
      // A pod may be refused as long as its new namespace has no service account.
      const again = await kubectl("fresh", "apply -f -", manifests);
      const exported = await ask("fresh", "export");
      const other = await ask("original", "export");
      fresh.interrupt();
      await fresh.ended;

      expect(stdout + stderr).toContain("pod/web created");
      expect([0, 1]).toContain(exitCode);
      expect(again).toMatchObject({ exitCode: 0, stderr: "" });
      expect(again.stdout).toContain("pod/web unchanged");
      expect(exported.stdout).toBe(other.stdout);
      expect(exported.stdout).toContain("name: starts");
    });
  },
);
