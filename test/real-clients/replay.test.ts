import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import {
  podrace,
  type PodraceResult,
  privateHome,
  type RunningPodrace,
  startPodrace,
} from "../cli/podrace.ts";
import { type KubectlResult, type KubectlRun, kubectlVersions, runKubectl } from "./kubectl.ts";

const seconds = 1_000;
const [oldest, newest] = [kubectlVersions[0] ?? "1.28", kubectlVersions.at(-1) ?? "1.35"] as const;

const configMap = `apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { colour: green }
`;

/** What several people do at once, each with one command after the other. */
const people: readonly (readonly string[])[] = [
  ["run web --image nginx", "wait pod/web --for=condition=Ready", "describe pod web"],
  ["run job --image busybox --restart=Never -- sh -c exit", "get pods -o wide", "delete pod job"],
  ["run gone --image registry.invalid/gone", "get events", "delete pod gone --now"],
  ["apply -f -", "annotate configmap settings a=b", "get configmap settings -o yaml"],
  ["create namespace team", "run other -n team --image nginx", "delete namespace team"],
  ["cordon node-2", "get nodes", "uncordon node-2", "label node node-2 disk=ssd"],
  ["get pods,nosuch", "run _ --image nginx", "delete pod nobody", "get --raw /nosuch"],
];

describe.each([newest, oldest])(
  "a session of people with kubectl %s",
  { timeout: 60 * seconds },
  (version) => {
    let folder: string;
    let journal: string;
    let ended: PodraceResult;

    const kubectl = (config: string, command: string, given: Partial<KubectlRun> = {}) =>
      runKubectl({ version, kubeconfig: join(folder, config), args: command.split(" "), ...given });

    beforeAll(async () => {
      folder = await mkdtemp(join(await privateHome(), "people-"));
      journal = join(folder, "session");
      const up = await startPodrace([
        ..."up --port 0 --nodes 3 --threads 2 --speed 20".split(" "),
        "--kubeconfig",
        join(folder, "live"),
        "--record",
        journal,
      ]);
      await up.printed(/Stop: Ctrl-C/);
      const watching = kubectl("live", "get pods -A -w", {
        stopWhen: (stdout) => stdout.includes("web"),
      });
      await Promise.all(
        people.map(async (commands) => {
          for (const command of commands) await kubectl("live", command, { input: configMap });
        }),
      );
      await watching;
      const unfinished = kubectl("live", "get pods --watch-only");
      await new Promise((resolve) => setTimeout(resolve, 200));
      up.interrupt();
      ended = await up.ended;
      await unfinished;
    }, 120 * seconds);

    test("is recorded to its end by a cluster that ends well", async () => {
      const text = await readFile(journal, "utf8");

      expect(ended).toMatchObject({ exitCode: 0, signal: null });
      expect(text.trimEnd().split("\n").at(-1)).toMatch(/"end":\{"traceHash":"[0-9a-f]{16}"/);
      expect(text).toContain('"gone":');
    });

    test.each(["0", "2"])(
      "comes to the same end when it is replayed with %s threads",
      async (threads) => {
        const { exitCode, stdout, stderr } = await podrace([
          "replay",
          journal,
          "--threads",
          threads,
        ]);

        expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
        expect(stdout).toContain("The replay came to the recorded end.\n");
      },
    );

    test("is verified: equal to its recording on the way, inline and with 3 threads", async () => {
      const verified = await podrace(["verify", journal, "--threads", "3"]);

      expect(verified).toMatchObject({ exitCode: 0, stderr: "" });
      expect(verified.stdout).toMatch(
        /^Equal to the recording to its end, inline and with 3 threads: \d\d+ checkpoints\.\n$/,
      );
    });

    describe("at its end", () => {
      let past: RunningPodrace;
      const get = (command: string): Promise<KubectlResult> => kubectl("past", command);
      beforeAll(async () => {
        const config = join(folder, "past");
        past = await startPodrace(["replay", journal, "--until", "24h", "--kubeconfig", config]);
        await past.printed(/Stop: Ctrl-C/);
      }, 60 * seconds);

      test("is seen by kubectl as those people left it", async () => {
        const pods = await get("get pods -o name");
        const wide = await get("get nodes -o wide");
        const described = await get("describe pod web");
        const settings = await get("get configmap settings -o jsonpath={.data.colour}");

        expect(pods.stdout).toBe("pod/web\n");
        expect(wide.stdout.match(/ Ready /g)).toHaveLength(3);
        expect(described.stdout).toMatch(/^Status: +Running$/m);
        expect(described.stdout).toMatch(/Successfully assigned default\/web to node-\d/);
        expect(settings.stdout).toBe("green");
      });

      test("is not changed by kubectl: each refusal says why", async () => {
        const refusals = await Promise.all(
          [
            "run late --image nginx",
            "delete pod web --wait=false",
            "label pod web a=b",
            "apply -f -",
          ].map((command) =>
            kubectl("past", command, { input: configMap.replace("green", "blue") }),
          ),
        );
        const { stdout } = await get("get pods -o name");

        for (const { exitCode, stderr } of refusals) {
          expect(exitCode).toBe(1);
          expect(stderr).toContain("this is the past: a replayed cluster is read-only");
        }
        expect(stdout).toBe("pod/web\n");
      });

      test("has the context podrace-replay, until Ctrl-C", async () => {
        const during = await get("config current-context");
        past.interrupt();
        const { exitCode } = await past.ended;
        const after = await get("config get-contexts -o name");

        expect(during.stdout).toBe("podrace-replay\n");
        expect([exitCode, after.stdout]).toEqual([0, ""]);
      });
    });
  },
);
