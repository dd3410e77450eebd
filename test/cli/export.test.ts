import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import {
  podrace,
  type PodraceResult,
  privateHome,
  type RunningPodrace,
  startPodrace,
} from "./podrace.ts";

const seconds = 1_000;
const small = ["--nodes", "1", "--threads", "0", "--port", "0", "--speed", "0"];

/** Files of a folder: the namespace comes last, and a file that is none of ours is among them. */
const manifests = {
  "10-web.yaml": `
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: team, labels: { app: web } }
spec: { containers: [{ name: c, image: nginx }], serviceAccountName: builder }
---
# nothing here
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: team }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`,
  "00-accounts.json": `{"apiVersion": "v1", "kind": "List", "items": [
    {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "builder", "namespace": "team"}},
    {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"key": "value"}}
  ]}`,
  "20-settings.yml": `
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { "yes": "no", text: "a\\nb\\n" }
---
apiVersion: v1
kind: Namespace
metadata: { name: default, labels: { tier: gold } }
`,
  "99-team.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: { name: team }\n",
  "README.md": "not a manifest",
};

let folder: string;
let cluster: RunningPodrace;
let exported: PodraceResult;

const here = (name: string): string => join(folder, name);

async function up(config: string, ...args: readonly string[]): Promise<RunningPodrace> {
  const running = await startPodrace(["up", ...small, "--kubeconfig", here(config), ...args]);
  await running.printed(/Stop: Ctrl-C/);
  return running;
}

function ask(config: string, ...args: readonly string[]): Promise<PodraceResult> {
  return podrace(args, { env: { KUBECONFIG: here(config) } });
}

beforeAll(async () => {
  folder = mkdtempSync(join(await privateHome(), "export-"));
  mkdirSync(here("manifests"));
  for (const [name, text] of Object.entries(manifests)) {
    writeFileSync(join(folder, "manifests", name), text);
  }
  cluster = await up("first", "-f", here("manifests"));
  await ask("first", "time", "until-settled");
  exported = await ask("first", "export");
}, 60 * seconds);
afterAll(async () => {
  cluster.interrupt();
  await cluster.ended;
});

function namesIn({ stdout }: PodraceResult): readonly string[] {
  return parseAllDocuments(stdout).map((document) => {
    const { kind, metadata } = document.toJS() as {
      kind: string;
      metadata: { name: string; namespace?: string };
    };
    return [kind, metadata.namespace, metadata.name].filter(Boolean).join(" ");
  });
}

describe("podrace export", { timeout: 60 * seconds }, () => {
  test("prints what people put into the cluster, in the order it can be applied in", () => {
    expect(exported).toMatchObject({ exitCode: 0, stderr: "" });
    expect(namesIn(exported)).toEqual([
      "Namespace default",
      "Namespace team",
      "ServiceAccount team builder",
      "Secret default s",
      "ConfigMap default settings",
      "Service team web",
      "Pod team web",
    ]);
    expect(exported.stdout).not.toMatch(
      /\b(?:status|uid|resourceVersion|creationTimestamp|nodeName|kube-api-access-\w+):?/,
    );
  });

  test("comes out the same from a cluster that was started with it", async () => {
    writeFileSync(here("all.yaml"), exported.stdout);
    const json = await ask("first", "export", "-o", "json");
    writeFileSync(here("all.json"), json.stdout);
    for (const file of ["all.yaml", "all.json"]) {
      const fresh = await up("fresh", "--filename", here(file));
      await ask("fresh", "time", "until-settled");
      const again = await ask("fresh", "export");
      fresh.interrupt();
      await fresh.ended;

      expect(again).toEqual(exported);
    }
  });

  test("prints one namespace, with itself, when asked", async () => {
    expect(namesIn(await ask("first", "export", "-n", "team"))).toEqual([
      "Namespace team",
      "ServiceAccount team builder",
      "Service team web",
      "Pod team web",
    ]);
  });

  test("prints the kinds that are asked for, by any of their names", async () => {
    expect(namesIn(await ask("first", "export", "po,cm", "Secret"))).toEqual([
      "Secret default s",
      "ConfigMap default settings",
      "Pod team web",
    ]);
  });

  test("prints nothing when there is nothing, and says so", async () => {
    expect(await ask("first", "export", "-n", "kube-public")).toMatchObject({
      exitCode: 0,
      stdout: "",
      stderr: "There is nothing to export.\n",
    });
  });

  test("refuses what clusters make themselves: 2, with what there is", async () => {
    const { exitCode, stdout, stderr } = await ask("first", "export", "pods,nodes");

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toBe(
      "error: nodes are not exported, for a cluster has its own: expected some of configmaps, namespaces, pods, secrets, serviceaccounts, services\n",
    );
  });

  test("refuses a kind that there is not", async () => {
    const { exitCode, stderr } = await ask("first", "export", "unicorns");

    expect(exitCode).toBe(1);
    expect(stderr).toBe(`error: the server doesn't have a resource type "unicorns"\n`);
  });
});

describe("podrace up -f", { timeout: 60 * seconds }, () => {
  test("reads stdin, too, and as many files as are named", async () => {
    const running = await startPodrace(
      [
        "up",
        ...small,
        "--kubeconfig",
        here("stdin"),
        "-f",
        "-",
        "-f",
        here("manifests/99-team.yaml"),
      ],
      { input: manifests["10-web.yaml"].replace(", serviceAccountName: builder", "") },
    );
    await running.printed(/Stop: Ctrl-C/);
    const { stdout } = await ask("stdin", "kubectl", "get", "pods", "-A", "-o", "name");
    running.interrupt();
    await running.ended;

    expect(stdout).toBe("pod/web\n");
  });

  test("is recorded: a replay of it comes to the same", async () => {
    const running = await up("recorded", "-f", here("manifests"), "--record", here("session"));
    running.interrupt();
    await running.ended;
    const replayed = await podrace(["replay", here("session")]);

    expect(replayed).toMatchObject({ exitCode: 0, stderr: "" });
    // The default namespace was there already, so it was asked for twice.
    expect(replayed.stdout).toContain(" 8 inputs, ");
  });

  test.each([
    ["nothing.yaml", undefined, /^error: cannot read .*nothing\.yaml: ENOENT/],
    ["bad.yaml", "a: [1", /^error: error parsing .*bad\.yaml: .*yaml: line 1, column/],
    ["list.yaml", "- 1\n", /list\.yaml, document 1: expected an object, not \[1\]\n/],
    [
      "kind.yaml",
      "apiVersion: v1\n",
      /kind\.yaml, document 1: kind: expected a text such as "Pod"\n/,
    ],
    [
      "bare.yaml",
      "apiVersion: v1\nkind: Pod\n",
      /bare\.yaml, document 1: metadata: expected a map with a name\n/,
    ],
    [
      "second.yaml",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n---\napiVersion: v1\nkind: Pod\nmetadata: { name: _ }\n",
      /second\.yaml, document 2: Pod "_" is invalid: /,
    ],
    [
      "unknown.yaml",
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\n",
      /unknown\.yaml, document 1: no matches for kind "Deployment" in version "apps\/v1"\n/,
    ],
  ])("refuses %s: 2, and nothing is left of the start", async (name, text, problem) => {
    if (text !== undefined) writeFileSync(here(name), text);
    const args = ["up", ...small, "--kubeconfig", here("never"), "--record", here("unborn")];
    const { exitCode, stdout, stderr } = await podrace([...args, "-f", here(name)]);

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr.replace(/^Starting .*\n/, "")).toMatch(problem);
    expect(await podrace(["replay", here("unborn")])).toMatchObject({ exitCode: 2 });
    expect(await ask("never", "kubectl", "get", "nodes")).toMatchObject({ exitCode: 1 });
  });

  test("refuses a folder without manifests: 2", async () => {
    mkdirSync(here("empty"));
    const { exitCode, stderr } = await podrace(["up", ...small, "-f", here("empty")]);

    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      `error: no manifests in ${here("empty")}: expected files named .yaml, .yml or .json\n`,
    );
  });
});
