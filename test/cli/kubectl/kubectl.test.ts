import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { saveToKubeconfig } from "../../../src/cli/kubeconfig.ts";
import { kubectl } from "../../../src/cli/kubectl/kubectl.ts";
import { type LiveCluster, startLiveCluster } from "../../../src/cluster/live-cluster.ts";

const folder = mkdtempSync(join(tmpdir(), "podrace-kubectl-"));
const kubeconfig = join(folder, "config");
let live: LiveCluster;

beforeAll(async () => {
  live = await startLiveCluster({ nodes: 1, threads: 0, speed: 20 });
  await saveToKubeconfig(kubeconfig, "test", live.address);
});
afterAll(async () => {
  await live.stop();
  rmSync(folder, { recursive: true });
});

describe("podrace kubectl tells the story of a pod", () => {
  test("starts it, once", async () => {
    expect(await run("run my-nginx --image nginx")).toEqual(said("pod/my-nginx created\n"));
    expect(await run("run my-nginx --image nginx")).toEqual(
      failed('Error from server (AlreadyExists): pods "my-nginx" already exists\n'),
    );
  });

  test("watches it until somebody has seen enough", async () => {
    const { code, out } = await runUntil("get pods -w", "Running");

    expect(code).toBe(130);
    expect(out).toMatch(/^NAME {7}READY {3}STATUS +RESTARTS {3}AGE\nmy-nginx {3}/);
  });

  test("lists it in every format", async () => {
    expect((await run("get pods -o wide")).out).toMatch(
      /^NAME .* IP +NODE +NOMINATED NODE +READINESS GATES\nmy-nginx .* 10\.244\.\S+ +node-1 +<none> +<none>\n$/,
    );
    expect((await run("get po -A --show-labels --no-headers")).out).toMatch(
      /^default +my-nginx .* run=my-nginx\n$/,
    );
    expect((await run("get Pods.v1. my-nginx -o name")).out).toBe("pod/my-nginx\n");
    expect(await run("get pods,nodes -o name")).toEqual(said("pod/my-nginx\nnode/node-1\n"));
    expect(await run(["get", "pod/my-nginx", "-o", 'jsonpath={.status.phase}{"\\n"}'])).toEqual(
      said("Running\n"),
    );
    expect((await run("get pods -o yaml")).out).toMatch(
      /^apiVersion: v1\nitems:\n- apiVersion: v1\n/,
    );
    expect((await run("get all")).out).toMatch(
      /^NAME .*\npod\/my-nginx .*\n\nNAME .*\nservice\/kubernetes /,
    );
  });

  test("finds it by labels and fields only", async () => {
    expect((await run("get pods -l run=my-nginx -o name")).out).toBe("pod/my-nginx\n");
    expect(await run("get pods -l run!=my-nginx")).toEqual({
      ...said(""),
      err: "No resources found in default namespace.\n",
    });
    expect(await run("get pods --field-selector foo=bar")).toEqual(
      failed(
        'Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "", field selector "foo=bar": field label not supported: foo\n',
      ),
    );
  });

  test("describes it, its node and what happened to them", async () => {
    expect((await run("describe pod my-ng")).out).toMatch(
      /^Name: +my-nginx\n[^]*\n {2}Normal {2}Scheduled .* Successfully assigned default\/my-nginx to node-1\n/,
    );
    expect((await run("describe pod my-nginx")).out).not.toMatch(/<unknown>|<invalid>|NaN/);
    expect((await run("describe node/node-1")).out).toMatch(
      /^Name: +node-1\n[^]*\nLease:\n {2}HolderIdentity: +node-1\n[^]*\n {2}default +my-nginx +0 \(0%\)/,
    );
    expect((await run("get events")).out).toMatch(/^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n/);
  });

  test("labels and annotates it", async () => {
    expect(await run("label pod my-nginx tier=front")).toEqual(said("pod/my-nginx labeled\n"));
    expect(await run("label pod my-nginx tier=back")).toEqual(
      failed("error: 'tier' already has a value (front), and --overwrite is false\n"),
    );
    expect(await run("label pods --all tier- --overwrite")).toEqual(said("pod/my-nginx labeled\n"));
    expect(await run("annotate po/my-nginx note=x")).toEqual(said("pod/my-nginx annotated\n"));
    expect((await run("get pod my-nginx -o jsonpath={.metadata.annotations}")).out).toContain(
      '"note":"x"',
    );
  });

  test("watches one object without showing twice what it is", async () => {
    const watching = runUntil(
      ["get", "pod", "my-nginx", "-w", "-o", "jsonpath={.metadata.labels.turn};"],
      "3;",
    );
    for (let turn = 1; !(await isSettled(watching)); turn++) {
      await run(`label pod my-nginx --overwrite turn=${turn}`);
    }

    expect((await watching).out).toMatch(/^;(?:\d+;)+$/);
  });

  test("deletes it and waits until it is gone", async () => {
    await run("run sleeper --image busybox -- sleep 3600");
    await runUntil("get pods -w", "sleeper    1/1");

    expect(await run("delete pod sleeper --grace-period=4")).toEqual(
      said('pod "sleeper" deleted from default namespace\n'),
    );
    expect(await run("get pod sleeper")).toEqual(
      failed('Error from server (NotFound): pods "sleeper" not found\n'),
    );
    expect(await run("delete pod my-nginx")).toEqual(
      said('pod "my-nginx" deleted from default namespace\n'),
    );
    expect(await run("get pod my-nginx")).toEqual(
      failed('Error from server (NotFound): pods "my-nginx" not found\n'),
    );
    expect(await run("delete pod my-nginx --ignore-not-found")).toEqual(said(""));
  });
});

describe("podrace kubectl works with manifests", () => {
  const manifest = (label: string): string => `apiVersion: v1
kind: Pod
metadata: {name: two, labels: {app: ${label}}}
spec:
  containers:
  - {name: a, image: nginx}
  - {name: b, image: busybox, command: [sleep, "3600"]}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {on: yes}}
`;

  test("creates what they say, or says which field is wrong with it", async () => {
    expect(await run("create -f -", manifest("x"))).toEqual({
      code: 1,
      out: "pod/two created\n",
      err: expect.stringContaining("ConfigMap.data of type string"),
    });
    expect(await run("create -f -", "{apiVersion: v1, kind: Pod, metadata: {name: Bad}}")).toEqual(
      failed(expect.stringMatching(/^The Pod "Bad" is invalid: \n\* metadata\.name: /)),
    );
    expect(await run("apply -f -", "apiVersion: v2\nkind: Pod\n")).toEqual(
      failed(expect.stringContaining('no matches for kind "Pod" in version "v2"')),
    );
  });

  test("applies them again and again", async () => {
    const file = join(folder, "two.yaml");
    const text = manifest("web").replace("yes", '"yes"');
    writeFileSync(file, text);

    const first = await run(`apply -f ${file}`);
    expect(first).toMatchObject({
      code: 0,
      out: "pod/two configured\nconfigmap/settings created\n",
    });
    expect(first.err).toContain("Warning: resource pods/two is missing the kubectl.kubernetes.io/");
    expect(await run(`apply -f ${file}`)).toEqual(
      said("pod/two unchanged\nconfigmap/settings unchanged\n"),
    );
    writeFileSync(file, text.replace("image: nginx", "image: nginx:1.29"));
    expect(await run(`apply -f ${file} --dry-run=server`)).toEqual(
      said("pod/two configured (server dry run)\nconfigmap/settings unchanged (server dry run)\n"),
    );
    expect(await run(`apply -f ${file}`)).toEqual(
      said("pod/two configured\nconfigmap/settings unchanged\n"),
    );
    expect((await run("get pod two -o jsonpath={.spec.containers[*].image}")).out).toBe(
      "nginx:1.29 busybox",
    );
  });

  test("replaces and deletes what they name", async () => {
    const settings = "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}}";

    expect(await run("replace -f -", settings)).toEqual(said("configmap/settings replaced\n"));
    expect(await run("get cm settings -o jsonpath={.data}")).toEqual(said(""));
    expect(await run(`delete -f ${join(folder, "two.yaml")} --now`)).toEqual(
      said(
        'pod "two" deleted from default namespace\nconfigmap "settings" deleted from default namespace\n',
      ),
    );
    expect(await run("replace -f -", settings)).toEqual(
      failed(
        'Error from server (NotFound): error when replacing "STDIN": configmaps "settings" not found\n',
      ),
    );
  });

  test("puts objects where they say, unless the command line says otherwise", async () => {
    const settings =
      "{apiVersion: v1, kind: ConfigMap, metadata: {name: s, namespace: kube-public}}";

    expect(await run("create -f -", settings)).toEqual(said("configmap/s created\n"));
    expect(await run("delete cm s -n kube-public -o name")).toEqual(said("configmap/s\n"));
    expect(await run("create -f - -n default", settings)).toEqual(
      failed(
        `error: the namespace from the provided object "kube-public" does not match the namespace "default". You must pass '--namespace=kube-public' to perform this operation.\n`,
      ),
    );
  });

  test("says where a file cannot be read", async () => {
    expect(await run("apply -f nowhere.yaml")).toEqual(
      failed('error: the path "nowhere.yaml" does not exist\n'),
    );
    expect(await run("create -f -", "a: [b\nc: d")).toEqual(
      failed(expect.stringMatching(/^error: error parsing STDIN: .* line 2, column 1: /)),
    );
  });
});

describe("podrace kubectl knows its limits", () => {
  test("says what it is a part of", async () => {
    for (const line of ["scale deploy web", "get pods --sort-by .metadata.name"]) {
      const { code, err } = await run(line);
      expect(code).toBe(1);
      expect(err).toMatch(/^error: unknown (?:command|flag)/);
      expect(err).toContain('"podrace kubectl" is a part of kubectl: run, get, describe, delete,');
      expect(err).toContain("https://kubernetes.io/docs/tasks/tools/");
    }
  });

  test("explains itself and each of its commands", async () => {
    expect((await run("--help")).out).toContain("\n  api-resources  list the types of object");
    expect((await run("delete -h")).out).toMatch(/\n {6}--grace-period=NUMBER {2,}seconds/);
  });

  test("shows both versions, in the seed's way too", async () => {
    const versions =
      /^Client Version: v1\.36\.0\+podrace\.\S+\nServer Version: v1\.36\.0\+podrace\.\S+\n$/;
    expect((await run("version --short")).out).toMatch(versions);
    expect(JSON.parse((await run("version -o json")).out)).toMatchObject({
      clientVersion: { major: "1", minor: "36" },
      serverVersion: { major: "1", minor: "36" },
    });
  });

  test("shows where the cluster is and what it has", async () => {
    expect((await run("cluster-info")).out).toContain(
      `Kubernetes control plane is running at ${live.address.server}\n`,
    );
    expect((await run("api-resources --namespaced=false -o name")).out).toBe("namespaces\nnodes\n");
  });

  test.each([
    ["get pods.apps", `error: the server doesn't have a resource type "pods"\n`],
    ["get nosuchtype", `error: the server doesn't have a resource type "nosuchtype"\n`],
    [
      "get pods my-nginx -A",
      "error: a resource cannot be retrieved by name across all namespaces\n",
    ],
    [
      "run x --image nginx -n nosuch",
      'Error from server (NotFound): namespaces "nosuch" not found\n',
    ],
    ["delete pods", "error: resource(s) were provided, but no name was specified\n"],
    ["describe svc kubernetes", /^error: podrace kubectl describes pods and nodes only/],
    ["get pods --context other", 'error: context "other" does not exist\n'],
  ])("refuses %s", async (line, text) => {
    const { code, err, out } = await run(line);

    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(text);
  });
});

describe("the cluster that podrace kubectl talks to", () => {
  const foreign = `apiVersion: v1
kind: Config
clusters: [{name: prod, cluster: {server: "https://127.0.0.1:1"}}]
contexts: [{name: prod, context: {cluster: prod}}]
current-context: prod
`;

  test("is podrace's, whatever context is current", async () => {
    const file = join(folder, "switched");
    writeFileSync(file, foreign);
    await saveToKubeconfig(file, "mine", live.address);
    const config = await run("get nodes -o name", "", { KUBECONFIG: file });

    expect(config).toEqual(said("node/node-1\n"));
  });

  test("is never somebody else's unless it is named", async () => {
    const file = join(folder, "foreign");
    writeFileSync(file, foreign);

    expect((await run("get pods", "", { KUBECONFIG: file })).err).toBe(
      `error: no podrace cluster in ${file} (its current context is "prod")\nStart one with "podrace up", or name a context with --context.\n`,
    );
    expect((await run("get pods --context prod", "", { KUBECONFIG: file })).err).toBe(
      "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?\n",
    );
  });

  test("is not needed by what needs none", async () => {
    const env = { KUBECONFIG: join(folder, "missing") };

    expect((await run("version --client", "", env)).code).toBe(0);
    expect((await run("run x --image nginx --dry-run=client -n default", "", env)).out).toBe(
      "pod/x created (dry run)\n",
    );
  });
});

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function said(out: string): Outcome {
  return { code: 0, out, err: "" };
}

function failed(err: string): Outcome {
  return { code: 1, out: "", err };
}

/** @param args As in a shell without quotes, or one by one. */
async function run(
  args: string | readonly string[],
  stdin = "",
  env: Readonly<Record<string, string>> = { KUBECONFIG: kubeconfig },
): Promise<Outcome> {
  return start(args, stdin, env, new AbortController(), () => {});
}

/** After a turn of the event loop, so that asking again and again lets others work. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const turn = new Promise<boolean>((resolve) => setImmediate(() => resolve(false)));
  return Promise.race([promise.then(() => true), turn]);
}

/** Presses Ctrl-C when the text has come. */
async function runUntil(args: string | readonly string[], text: string): Promise<Outcome> {
  const interrupt = new AbortController();
  return start(args, "", { KUBECONFIG: kubeconfig }, interrupt, (out) => {
    if (out.includes(text)) interrupt.abort();
  });
}

async function start(
  args: string | readonly string[],
  stdin: string,
  env: Readonly<Record<string, string>>,
  interrupt: AbortController,
  onOutput: (out: string) => void,
): Promise<Outcome> {
  let [out, err] = ["", ""];
  const code = await kubectl(typeof args === "string" ? args.split(" ") : args, {
    out: (text) => {
      out += text;
      onOutput(out);
    },
    err: (text) => (err += text),
    readStdin: () => Promise.resolve(stdin),
    env,
    interrupted: interrupt.signal,
    nowUs: () => live.cluster.nowUs,
  });
  return { code, out, err };
}
