import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { kubernetesVersion, podraceVersion } from "../../src/cluster/version.ts";
import {
  podrace,
  type PodraceResult,
  privateHome,
  type RunningPodrace,
  startPodrace,
} from "./podrace.ts";

const seconds = 1_000;
const ourVersion = `${kubernetesVersion}+podrace.${podraceVersion}`;

const twoContainers = `# two containers, one address
apiVersion: v1
kind: Pod
metadata: { name: two, labels: { app: two } }
spec:
  containers:
    - { name: web, image: "nginx:1.25" }
    - name: side
      image: busybox
      command: [sleep, "3600"]
`;

describe("podrace kubectl", { timeout: 60 * seconds }, () => {
  let env: Record<string, string>;
  let cluster: RunningPodrace;
  beforeAll(async () => {
    env = { KUBECONFIG: join(await privateHome(), "config") };
    const args = ["up", "--nodes", "2", "--threads", "1", "--port", "0", "--speed", "20"];
    cluster = await startPodrace(args, { env });
    await cluster.printed(/Stop: Ctrl-C/);
  }, 60 * seconds);

  function kubectl(command: string, input = ""): Promise<PodraceResult> {
    return podrace(["kubectl", ...command.split(" ")], { env, input });
  }

  async function untilRunning(pod: string): Promise<void> {
    const watching = await startPodrace(["kubectl", "get", "pod", pod, "-w"], { env });
    await watching.printed(/ (\d)\/\1 /);
    watching.interrupt();
    await watching.ended;
  }

  test("goes the way of the tutorial, down to version --short", async () => {
    expect(await kubectl("version --short")).toMatchObject({
      exitCode: 0,
      stdout: `Client Version: ${ourVersion}\nServer Version: ${ourVersion}\n`,
      stderr: "",
    });
    expect(await kubectl("get pods")).toMatchObject({
      exitCode: 0,
      stdout: "",
      stderr: "No resources found in default namespace.\n",
    });
    expect((await kubectl("run my-nginx --image nginx")).stdout).toBe("pod/my-nginx created\n");
    await untilRunning("my-nginx");
    expect((await kubectl("get pods")).stdout).toMatch(
      /^NAME +READY +STATUS +RESTARTS +AGE\nmy-nginx +1\/1 +Running +0 +\d+s\n$/,
    );
    expect((await kubectl("get all")).stdout).toMatch(
      /^NAME .*\npod\/my-nginx +1\/1 .*\n\nNAME .*\nservice\/kubernetes +ClusterIP .*\n$/,
    );
    expect((await kubectl("delete pod my-nginx")).stdout).toBe(
      'pod "my-nginx" deleted from default namespace\n',
    );
    expect(await kubectl("get pod my-nginx")).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: 'Error from server (NotFound): pods "my-nginx" not found\n',
    });
  });

  test("reads manifests from files and from its input", async () => {
    const file = join(await privateHome(), "two.yaml");
    writeFileSync(file, twoContainers);

    expect((await kubectl("apply -f -", twoContainers)).stdout).toBe("pod/two created\n");
    expect((await kubectl(`apply -f ${file}`)).stdout).toBe("pod/two unchanged\n");
    const changed = twoContainers.replace("1.25", "1.26");
    expect((await kubectl("apply -f -", changed)).stdout).toBe("pod/two configured\n");
    expect((await kubectl(`create -f ${file}`)).stderr).toBe(
      `Error from server (AlreadyExists): error when creating "${file}": pods "two" already exists\n`,
    );
    expect((await kubectl("label pod two a=b")).stdout).toBe("pod/two labeled\n");
    expect((await kubectl("annotate pod two note=x")).stdout).toBe("pod/two annotated\n");
    expect((await kubectl("get pods -l a=b -o name")).stdout).toBe("pod/two\n");
    const { stdout } = await kubectl("get pod two -o yaml");
    expect((await kubectl("replace -f -", stdout.replace("a: b", "a: c"))).stdout).toBe(
      "pod/two replaced\n",
    );
    expect((await kubectl(`delete -f ${file} --now`)).exitCode).toBe(0);
  });

  test("watches until Ctrl-C, and ends as interrupted programs do", async () => {
    const watching = await startPodrace(["kubectl", "get", "pods", "-w"], { env });
    await kubectl("run watched --image nginx");
    await watching.printed(/watched +1\/1 +Running/);
    watching.interrupt();
    const { exitCode, stdout, stderr } = await watching.ended;

    expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: "" });
    expect(stdout).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE\n(watched .*\n)+$/);
  });

  test("describes pods and nodes, and says what it does not describe", async () => {
    const pod = await kubectl("describe pod watched");
    const node = await kubectl("describe node node-1");

    expect(pod.stdout).toMatch(/^Name: +watched\n(?:.*\n)*Events:\n/);
    expect(node.stdout).toMatch(/^Name: +node-1\n(?:.*\n)*Non-terminated Pods: /);
    expect(await kubectl("describe service kubernetes")).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringContaining("the real kubectl"),
    });
  });

  test.each([
    ["rollout status deploy/web", 'error: unknown command "rollout" for "podrace kubectl"\n'],
    ["get pods --sort-by .metadata.name", "error: unknown flag: --sort-by\n"],
  ])("`%s` is not of its part of kubectl, and it names the whole", async (command, words) => {
    const { exitCode, stdout, stderr } = await kubectl(command);

    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain(words);
    expect(stderr).toContain("The real kubectl does all the rest");
  });

  test.each([
    ["get nosuchtype", `error: the server doesn't have a resource type "nosuchtype"\n`],
    [
      "run x --image nginx -n nosuch",
      'Error from server (NotFound): namespaces "nosuch" not found\n',
    ],
    ["run x", 'error: required flag(s) "image" not set\n'],
    ["get pods --context nope", 'error: context "nope" does not exist\n'],
    ["get pods --kubeconfig /nowhere", "error: no podrace cluster in /nowhere\n"],
    ["get pods -s 127.0.0.1:9", "The connection to the server 127.0.0.1:9 was refused"],
  ])("`%s` fails with 1 and in kubectl's words", async (command, words) => {
    const { exitCode, stdout, stderr } = await kubectl(command);

    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain(words);
    expect(stderr).not.toContain("    at ");
  });

  test("explains itself and its commands", async () => {
    const all = await kubectl("--help");
    const one = await kubectl("get --help");

    expect(all).toMatchObject({ exitCode: 0, stderr: "" });
    for (const name of [
      "run",
      "get",
      "describe",
      "delete",
      "apply",
      "create",
      "replace",
      "label",
    ]) {
      expect(all.stdout).toMatch(new RegExp(`^ {2}${name} +\\w`, "m"));
    }
    expect(one.stdout).toMatch(/^Usage:\n {2}podrace kubectl get /m);
    expect(one.stdout).toContain("--namespace");
  });

  test("talks to a cluster of podrace's where the kubeconfig means another", async () => {
    const file = join(await privateHome(), "several");
    const own = readFileSync(env["KUBECONFIG"] ?? "", "utf8");
    writeFileSync(file, own.replace(/current-context: .*/, "current-context: prod"));
    const { exitCode, stdout } = await kubectl(`get nodes --kubeconfig ${file} -o name`);

    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "node/node-1\nnode/node-2\n" });
  });
});
