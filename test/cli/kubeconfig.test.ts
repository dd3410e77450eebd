import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import {
  type ClusterAccess,
  removeFromKubeconfig,
  renderKubeconfig,
  saveToKubeconfig,
} from "../../src/cli/kubeconfig.ts";
import { kubeconfigPaths, kubeconfigToWrite } from "../../src/cli/kubeconfig-path.ts";
import { loadKubeconfig } from "../../src/cli/load-kubeconfig.ts";

const root = mkdtempSync(join(tmpdir(), "podrace-kubeconfig-"));
afterAll(() => rmSync(root, { recursive: true }));

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, "test-"));
  file = join(folder, "config");
});

const access: ClusterAccess = {
  server: "https://127.0.0.1:6443",
  authorityPem: "CA",
  clientCertificatePem: "CERT",
  clientKeyPem: "KEY",
};

const theirs = `# mine, keep out
apiVersion: v1
kind: Config
preferences: {}
clusters:
  - name: prod # the real one
    cluster:
      server: https://prod:6443
      x-note: [a, b]
contexts:
  - name: prod
    context: { cluster: prod, user: me, namespace: shop }

# how I sign in
users:
  - name: me
    user:
      exec: { apiVersion: client.authentication.k8s.io/v1, command: login }
current-context: prod
extensions:
  - name: theirs
    extension: "on"
`;

describe("saving a cluster to a kubeconfig", () => {
  test("makes the file, and its folder, with all that a client needs", async () => {
    const deep = join(folder, "a", "b", "config");

    await saveToKubeconfig(deep, "race", access);

    expect(readFileSync(deep, "utf8")).toBe(`apiVersion: v1
clusters:
- name: podrace-race
  cluster:
    certificate-authority-data: Q0E=
    server: https://127.0.0.1:6443
contexts:
- name: podrace-race
  context:
    cluster: podrace-race
    user: podrace-race
current-context: podrace-race
kind: Config
users:
- name: podrace-race
  user:
    client-certificate-data: Q0VSVA==
    client-key-data: S0VZ
`);
  });

  test("lets only its owner read the key in it", async () => {
    writeFileSync(file, theirs, { mode: 0o644 });

    await saveToKubeconfig(file, "race", access);

    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("keeps comments, order and fields of others as they are", async () => {
    writeFileSync(file, theirs);

    await saveToKubeconfig(file, "race", { server: "http://127.0.0.1:8080" });

    expect(readFileSync(file, "utf8")).toBe(`# mine, keep out
apiVersion: v1
kind: Config
preferences: {}
clusters:
  - name: prod # the real one
    cluster:
      server: https://prod:6443
      x-note: [ a, b ]
  - name: podrace-race
    cluster:
      server: http://127.0.0.1:8080
contexts:
  - name: prod
    context: { cluster: prod, user: me, namespace: shop }
  - name: podrace-race
    context:
      cluster: podrace-race
      user: podrace-race

# how I sign in
users:
  - name: me
    user:
      exec: { apiVersion: client.authentication.k8s.io/v1, command: login }
  - name: podrace-race
    user: {}
current-context: podrace-race
extensions:
  - name: theirs
    extension: "on"
`);
  });

  test("replaces what an earlier cluster of that name left, where it stands", async () => {
    await saveToKubeconfig(file, "a", access);
    await saveToKubeconfig(file, "b", access);
    await saveToKubeconfig(file, "a", { server: "https://127.0.0.1:7000" });

    const config = parse(readFileSync(file, "utf8"));
    expect(config.clusters.map((entry: { name: string }) => entry.name)).toEqual([
      "podrace-a",
      "podrace-b",
    ]);
    expect(config.clusters[0].cluster).toEqual({ server: "https://127.0.0.1:7000" });
    expect(config["current-context"]).toBe("podrace-a");
  });

  test("fills in a file that is empty, or has null lists as kubectl writes them", async () => {
    for (const text of ["", "\n# nothing yet\n", "apiVersion: v1\nclusters: null\nusers: []\n"]) {
      writeFileSync(file, text);
      await saveToKubeconfig(file, "race", access);
      const config = parse(readFileSync(file, "utf8"));
      expect(config).toMatchObject({ apiVersion: "v1", kind: "Config" });
      expect(config.users).toHaveLength(1);
      expect(config.clusters).toHaveLength(1);
    }
  });

  test("writes through a symbolic link and leaves nothing beside the file", async () => {
    const target = join(folder, "target");
    writeFileSync(target, theirs);
    symlinkSync(target, file);

    await saveToKubeconfig(file, "race", access);

    expect(readFileSync(target, "utf8")).toContain("podrace-race");
    expect(readdirSync(folder).sort()).toEqual(["config", "target"]);
  });

  test("two at once both get in", async () => {
    await Promise.all([saveToKubeconfig(file, "a", access), saveToKubeconfig(file, "b", access)]);

    expect(loadKubeconfig([file]).contextNames.toSorted()).toEqual(["podrace-a", "podrace-b"]);
  });

  test("waits for the lock, and then says whose fault it is", async () => {
    writeFileSync(`${file}.lock`, "");

    const attempt = saveToKubeconfig(file, "race", access, { waitMs: 60 });

    await expect(attempt).rejects.toMatchObject({
      exitCode: 4,
      message: `${file} is locked by another process: ${file}.lock exists`,
      hint: expect.stringContaining(`remove ${file}.lock`),
    });
    expect(existsSync(file)).toBe(false);
    expect(existsSync(`${file}.lock`)).toBe(true);
  });

  test.each([
    ["broken YAML", "clusters:\n  - name: [a\nusers: []\n", /config:3:1: /],
    ["a tab as indentation", "clusters:\n\t- a\n", /config:2:1: /],
    ["a list", "- a\n", /config:1:1: a kubeconfig is a map$/],
    ["another kind", "kind: Pod\n", /config:1:7: kind of a kubeconfig is Config, not Pod$/],
    ["a map of clusters", "a: 1\nclusters: {a: b}\n", /:2:11: clusters of a kubeconfig is a list$/],
    ["a nameless user", "users:\n- user: {}\n", /:2:3: every entry of users is a map with a name$/],
    ["two documents", "a: 1\n---\nb: 2\n", /config:2:1: /],
    ["a key twice", "users: []\nusers: []\n", /config:2:1: /],
  ])("refuses %s with its place, and leaves it as it is", async (_name, text, message) => {
    writeFileSync(file, text);

    await expect(saveToKubeconfig(file, "race", access)).rejects.toMatchObject({
      name: "CliError",
      exitCode: 2,
      message: expect.stringMatching(message),
    });
    expect(readFileSync(file, "utf8")).toBe(text);
    expect(readdirSync(folder)).toEqual(["config"]);
  });

  test("says which file it cannot write", async () => {
    mkdirSync(join(folder, "directory"));
    writeFileSync(file, "");
    for (const path of [join(folder, "directory"), join(file, "below-a-file")]) {
      await expect(saveToKubeconfig(path, "race", access)).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringMatching(/^cannot (read|write) kubeconfig /),
      });
    }
    expect(readdirSync(folder).sort()).toEqual(["config", "directory"]);
  });
});

describe("removing a cluster from a kubeconfig", () => {
  test("leaves what was there before", async () => {
    writeFileSync(file, theirs);
    await saveToKubeconfig(file, "race", access);

    await removeFromKubeconfig(file, "race");

    expect(parse(readFileSync(file, "utf8"))).toEqual({
      ...parse(theirs),
      "current-context": "",
    });
    expect(readFileSync(file, "utf8")).toContain("# the real one");
  });

  test("does not touch the context somebody has switched to since", async () => {
    await saveToKubeconfig(file, "a", access);
    await saveToKubeconfig(file, "b", access);

    await removeFromKubeconfig(file, "a");

    const config = loadKubeconfig([file]);
    expect(config.contextNames).toEqual(["podrace-b"]);
    expect(config.currentContext).toBe("podrace-b");
  });

  test("writes nothing to a file that knows nothing of it, and makes none", async () => {
    writeFileSync(file, theirs);
    const before = statSync(file).mtimeMs;

    await removeFromKubeconfig(file, "race");
    await removeFromKubeconfig(join(folder, "none", "config"), "race");

    expect(readFileSync(file, "utf8")).toBe(theirs);
    expect(statSync(file).mtimeMs).toBe(before);
    expect(readdirSync(folder)).toEqual(["config"]);
  });
});

describe("the file kubectl would use", () => {
  const home = "/home/me";

  test("is the one of --kubeconfig before all else", () => {
    expect(kubeconfigToWrite({ flag: "x", env: { KUBECONFIG: "a:b" }, home })).toBe("x");
  });

  test("is the first of $KUBECONFIG that exists, else its last", () => {
    writeFileSync(file, "");
    const missing = join(folder, "missing");

    expect(kubeconfigToWrite({ env: { KUBECONFIG: `${missing}:${file}` }, home })).toBe(file);
    expect(kubeconfigToWrite({ env: { KUBECONFIG: `${missing}:${missing}2` }, home })).toBe(
      `${missing}2`,
    );
  });

  test("is ~/.kube/config when nothing is said", () => {
    expect(kubeconfigPaths({ env: {}, home })).toEqual(["/home/me/.kube/config"]);
    expect(kubeconfigPaths({ env: { KUBECONFIG: "" }, home })).toEqual(["/home/me/.kube/config"]);
  });

  test("is listed once however often it is named", () => {
    expect(kubeconfigPaths({ env: { KUBECONFIG: "a::b:a" }, home })).toEqual(["a", "b"]);
  });
});

describe("loading a kubeconfig", () => {
  test("gives back what was saved", async () => {
    await saveToKubeconfig(file, "race", access);

    const config = loadKubeconfig([file]);

    expect(config.connection(config.currentContext)).toEqual({
      contextName: "podrace-race",
      namespace: "default",
      skipVerification: false,
      ...access,
    });
  });

  test("merges several files: what is first said stands", () => {
    const first = join(folder, "first");
    writeFileSync(first, "clusters:\n- name: c\n  cluster: {server: 'http://first'}\n");
    writeFileSync(
      file,
      `clusters:
- {name: c, cluster: {server: "http://second"}}
contexts:
- {name: x, context: {cluster: c, user: u, namespace: dev}}
users:
- {name: u, user: {token: secret}}
current-context: x
`,
    );

    const config = loadKubeconfig([join(folder, "missing"), first, file]);

    expect(config.connection("x")).toMatchObject({
      server: "http://first",
      namespace: "dev",
      token: "secret",
    });
  });

  test("finds files relative to the kubeconfig that names them", () => {
    writeFileSync(join(folder, "ca.pem"), "PEM");
    writeFileSync(
      file,
      `clusters: [{name: c, cluster: {server: "https://x", certificate-authority: ca.pem}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
`,
    );

    expect(loadKubeconfig([file]).connection("x").authorityPem).toBe("PEM");
  });

  test("says what it cannot use", () => {
    writeFileSync(file, theirs);
    const config = loadKubeconfig([file]);

    expect(() => config.connection("nope")).toThrow('context "nope" does not exist');
    expect(() => config.connection("prod")).toThrow('the user of context "prod" signs in by exec');
  });
});

test("a kubeconfig for printing has one cluster and is its current context", () => {
  const config = parse(renderKubeconfig("race", access));

  expect(config["current-context"]).toBe("podrace-race");
  expect(config.clusters).toHaveLength(1);
});
