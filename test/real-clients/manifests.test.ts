import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Pod } from "../../src/api/objects.ts";
import { type LiveKubectl, liveKubectl } from "./live-kubectl.ts";
import { kubectlVersions } from "./kubectl.ts";

const twoContainers = `apiVersion: v1
kind: Pod
metadata:
  name: two
  labels: { app: two }
spec:
  containers:
    - name: web
      image: nginx:1.25
      ports: [{ containerPort: 80 }]
    - name: side
      image: busybox:1.36
      command: [sh, -c, sleep 3600]
`;

/** Manifests that cannot be, by the names of their files. */
const bad = {
  "malformed.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: bad\n name: [\n",
  "malformed.json": '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bad"',
  "unknown-field.yaml": podWith("  contaners: []\n", "\n    imag: x"),
  "wrong-type.yaml": podWith("  terminationGracePeriodSeconds: soon\n"),
  "wrong-scalar.yaml":
    "apiVersion: v1\nkind: Pod\nmetadata: {name: bad}\nspec: {containers: [{name: a, image: 5}]}\n",
  "unknown-kind.yaml": "apiVersion: v1\nkind: Pood\nmetadata: {name: bad}\n",
  "unknown-version.yaml": "apiVersion: v9\nkind: Pod\nmetadata: {name: bad}\n",
  "no-kind.yaml": "apiVersion: v1\nmetadata: {name: bad}\n",
  "invalid.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: bad}\nspec: {containers: []}\n",
  "invalid-twice.yaml": podWith(
    "  restartPolicy: Sometimes\n",
    "\n    ports: [{containerPort: 0}]",
  ),
};

function podWith(spec: string, container = ""): string {
  const containers = `  containers:\n  - name: a\n    image: nginx${container}\n`;
  return `apiVersion: v1\nkind: Pod\nmetadata:\n  name: bad\nspec:\n${spec}${containers}`;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "podrace-manifests-"));
  await writeFile(join(folder, "two.yaml"), twoContainers);
  for (const [file, text] of Object.entries(bad)) await writeFile(join(folder, file), text);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(kubectlVersions)("a pod of two containers, with kubectl %s", (version) => {
  const kubectl = liveKubectl(version);

  test("is created by apply, unchanged when applied again, configured by a new image", async () => {
    const changed = twoContainers.replace("nginx:1.25", "nginx:1.26");

    expect(await kubectl.output("apply -f -", twoContainers)).toBe("pod/two created\n");
    expect(await kubectl.output("apply -f -", twoContainers)).toBe("pod/two unchanged\n");
    await kubectl.output("wait --for=condition=Ready pod/two --timeout=20s");
    expect(await kubectl.output("apply -f -", changed)).toBe("pod/two configured\n");
    expect(await kubectl.output("apply -f -", changed)).toBe("pod/two unchanged\n");
    expect(await kubectl.output("get pod two -o jsonpath={.spec.containers[*].image}")).toBe(
      "nginx:1.26 busybox:1.36",
    );
  });

  test("runs both containers, and restarts the one with the new image only", async () => {
    const restarts = "{.status.containerStatuses[1].restartCount}";
    await kubectl.output(`wait --for=jsonpath=${restarts}=1 pod/two --timeout=20s`);
    await kubectl.output("wait --for=condition=Ready pod/two --timeout=20s");
    const { metadata, status } = await podOf(kubectl);

    expect(await kubectl.output("get pod two --no-headers")).toMatch(/^two +2\/2 +Running +1 /);
    expect(metadata.generation).toBe(2);
    expect(
      status?.containerStatuses?.map(({ name, restartCount }) => [name, restartCount]),
    ).toEqual([
      ["side", 0],
      ["web", 1],
    ]);
  });

  test("cannot be created a second time", async () => {
    expect(await kubectl("create -f two.yaml", { folder })).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: `Error from server (AlreadyExists): error when creating "two.yaml": pods "two" already exists\n`,
    });
  });

  test("takes labels and annotations, and gives them back", async () => {
    expect(await kubectl.output("label pod two tier=front")).toBe("pod/two labeled\n");
    expect((await kubectl("label pod two tier=back")).stderr).toBe(
      "error: 'tier' already has a value (front), and --overwrite is false\n",
    );
    expect(await kubectl.output("label pod two tier=back --overwrite")).toBe("pod/two labeled\n");
    expect(await kubectl.output("get pods -l tier=back,app=two -o name")).toBe("pod/two\n");
    expect(await kubectl.output("label pod two tier-")).toBe("pod/two unlabeled\n");
    expect(await kubectl.output(["annotate", "pod", "two", "note=two words"])).toBe(
      "pod/two annotated\n",
    );
    const { labels, annotations } = (await podOf(kubectl)).metadata;
    expect(labels).toEqual({ app: "two" });
    expect(annotations?.["note"]).toBe("two words");
  });

  test("is replaced by itself with another label, but not from an old revision", async () => {
    const current = await kubectl.output("get pod two -o json");
    const relabelled = current.replace('"app": "two"', '"app": "three"');

    expect(await kubectl.output("replace -f -", relabelled)).toBe("pod/two replaced\n");
    expect((await podOf(kubectl)).metadata.labels).toEqual({ app: "three" });
    expect(await kubectl("replace -f -", { input: current })).toEqual({
      exitCode: 1,
      stdout: "",
      stderr:
        'Error from server (Conflict): error when replacing "STDIN": Operation cannot be fulfilled on pods "two": ' +
        "the object has been modified; please apply your changes to the latest version and try again\n",
    });
  });

  test("cannot get another container, and is told what may change", async () => {
    const third = `${twoContainers}    - { name: third, image: nginx }\n`;
    const { exitCode, stderr } = await kubectl("apply -f -", { input: third });

    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'The Pod "two" is invalid: spec.containers: Forbidden: pod updates may not add or remove containers',
    );
  });

  test("is patched, deleted by its file, and created by it again", async () => {
    const patch = '{"metadata":{"labels":{"patched":"yes"}}}';
    expect(await kubectl.output(["patch", "pod", "two", "-p", patch])).toBe("pod/two patched\n");
    expect((await podOf(kubectl)).metadata.labels).toMatchObject({ patched: "yes" });
    expect((await kubectl("delete -f two.yaml --now", { folder })).exitCode).toBe(0);
    expect((await kubectl("create -f two.yaml", { folder })).stdout).toBe("pod/two created\n");
  });
});

describe.each(kubectlVersions)("a manifest that cannot be, with kubectl %s", (version) => {
  const kubectl = liveKubectl(version);

  test.each([
    [
      "malformed.yaml",
      /^error: error parsing malformed\.yaml: error converting YAML to JSON: yaml: line \d: /,
    ],
    ["malformed.json", /^error: error parsing malformed\.json: unexpected EOF\n$/],
    [
      "unknown-field.yaml",
      'Error from server (BadRequest): error when creating "unknown-field.yaml": Pod in version "v1" cannot be handled as a Pod: ' +
        'strict decoding error: unknown field "spec.containers[0].imag", unknown field "spec.contaners"\n',
    ],
    [
      "wrong-type.yaml",
      'Error from server (BadRequest): error when creating "wrong-type.yaml": Pod in version "v1" cannot be handled as a Pod: ' +
        "json: cannot unmarshal string into Go struct field PodSpec.spec.terminationGracePeriodSeconds of type int64\n",
    ],
    [
      "wrong-scalar.yaml",
      'Error from server (BadRequest): error when creating "wrong-scalar.yaml": Pod in version "v1" cannot be handled as a Pod: ' +
        "json: cannot unmarshal number into Go struct field Container.spec.containers.image of type string\n",
    ],
    [
      "unknown-kind.yaml",
      'error: resource mapping not found for name: "bad" namespace: "" from "unknown-kind.yaml": no matches for kind "Pood" in version "v1"\n' +
        "ensure CRDs are installed first\n",
    ],
    [
      "unknown-version.yaml",
      'error: resource mapping not found for name: "bad" namespace: "" from "unknown-version.yaml": no matches for kind "Pod" in version "v9"\n' +
        "ensure CRDs are installed first\n",
    ],
    [
      "no-kind.yaml",
      'error: error validating "no-kind.yaml": error validating data: kind not set; ' +
        "if you choose to ignore these errors, turn validation off with --validate=false\n",
    ],
    ["invalid.yaml", 'The Pod "bad" is invalid: spec.containers: Required value\n'],
    [
      "invalid-twice.yaml",
      'The Pod "bad" is invalid: \n' +
        "* spec.containers[0].ports[0].containerPort: Required value\n" +
        '* spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"\n',
    ],
  ])("%s is refused, and it says why", async (file, words) => {
    const { exitCode, stdout, stderr } = await kubectl(`apply -f ${file}`, { folder });

    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    if (typeof words === "string") expect(stderr).toBe(words);
    else expect(stderr).toMatch(words);
  });

  test("is let in with a warning where a field nobody knows is only worth that", async () => {
    const command = "create -f unknown-field.yaml --validate=warn --dry-run=server";
    const { exitCode, stdout, stderr } = await kubectl(command, { folder });

    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: "pod/bad created (server dry run)\n",
    });
    expect(stderr).toBe(
      'Warning: unknown field "spec.containers[0].imag"\nWarning: unknown field "spec.contaners"\n',
    );
  });

  test("is refused at ten megabytes before anybody reads it", async () => {
    const data = { a: "x".repeat(10_000_000) };
    const big = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "big" }, data };
    await writeFile(join(folder, "big.json"), JSON.stringify(big));

    expect(await kubectl("create -f big.json", { folder })).toEqual({
      exitCode: 1,
      stdout: "",
      stderr:
        'Error from server (RequestEntityTooLarge): error when creating "big.json": Request entity too large: limit is 3145728\n',
    });
  });

  test("leaves the cluster as it was", async () => {
    expect((await kubectl("get pods")).stderr).toBe("No resources found in default namespace.\n");
    expect(await kubectl.output("get --raw /readyz")).toBe("ok");
  });
});

async function podOf(kubectl: LiveKubectl): Promise<Pod> {
  return JSON.parse(await kubectl.output("get pod two -o json")) as Pod;
}
