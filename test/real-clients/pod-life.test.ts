import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Pod } from "../../src/api/objects.ts";
import { deleted, type LiveKubectl, liveKubectl } from "./live-kubectl.ts";
import { kubectlVersions } from "./kubectl.ts";

describe.each(kubectlVersions)("kubectl %s", (version) => {
  // Ages in `describe` are by the clock of whoever runs kubectl.
  const kubectl = liveKubectl(version, { speed: 1 });

  test("watches a pod get from its creation to running, until Ctrl-C", async () => {
    const watching = kubectl("get pods -w", { stopWhen: (out) => /^\S+ +1\/1/m.test(out) });
    expect(await kubectl.output("run my-nginx --image nginx")).toBe("pod/my-nginx created\n");
    const { exitCode, stdout, stderr } = await watching;

    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: "" });
    const [header, ...rows] = tableOf(stdout);
    expect(header).toEqual(["NAME", "READY", "STATUS", "RESTARTS", "AGE"]);
    expect(rows.map(([name]) => name).filter((name) => name !== "my-nginx")).toEqual([]);
    const states = rows.map(([, ready, status]) => `${ready} ${status}`);
    expect([...new Set(states)]).toEqual(
      ["0/1 Pending", "0/1 ContainerCreating", "1/1 Running"].slice(-new Set(states).size),
    );
    expect(states.at(-1)).toBe("1/1 Running");
  });

  test("describes it: where it runs, its container, its conditions and five events", async () => {
    const text = await kubectl.output("describe pod my-nginx");

    expect(sectionOf(text, "Name")).toBe("my-nginx");
    expect(sectionOf(text, "Namespace")).toBe("default");
    expect(sectionOf(text, "Service Account")).toBe("default");
    expect(sectionOf(text, "Node")).toMatch(/^node-\d\/172\.18\.0\.\d+$/);
    expect(sectionOf(text, "Labels")).toBe("run=my-nginx");
    expect(sectionOf(text, "Status")).toBe("Running");
    expect(sectionOf(text, "IP")).toMatch(/^10\.244\.\d\.\d+$/);
    expect(sectionOf(text, "QoS Class")).toBe("BestEffort");
    expect(text).toMatch(/^ {4}Container ID: +containerd:\/\/[0-9a-f]{64}$/m);
    expect(text).toMatch(/^ {4}Image: +nginx$/m);
    expect(text).toMatch(/^ {4}Image ID: +docker\.io\/library\/nginx@sha256:[0-9a-f]{64}$/m);
    expect(text).toMatch(/^ {4}State: +Running\n {6}Started: +\w{3}, \d\d \w{3} \d{4} /m);
    expect(text).toMatch(/^ {4}Ready: +True\n {4}Restart Count: +0\n/m);
    expect(conditionsOf(text)).toEqual({
      PodReadyToStartContainers: "True",
      Initialized: "True",
      Ready: "True",
      ContainersReady: "True",
      PodScheduled: "True",
    });
    const node = sectionOf(text, "Node").replace(/\/.*/, "");
    const about = kubectl.minor() >= 35 ? "spec.containers{my-nginx}: " : "";
    expect(eventsOf(text)).toEqual([
      `Normal Scheduled default-scheduler Successfully assigned default/my-nginx to ${node}`,
      `Normal Pulling kubelet ${about}Pulling image "nginx"`,
      expect.stringMatching(
        new RegExp(
          `^Normal Pulled kubelet ${about}Successfully pulled image "nginx" in \\S+ \\(\\S+ including waiting\\)\\. Image size: \\d+ bytes\\.$`,
        ),
      ),
      `Normal Created kubelet ${about}Container created`,
      `Normal Started kubelet ${about}Container started`,
    ]);
  });

  test("tells the same events in get events, oldest first", async () => {
    const [header, ...rows] = tableOf(await kubectl.output("get events"));

    expect(header).toEqual(["LAST", "SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]);
    expect(rows.filter((row) => row[3] === "pod/my-nginx").map((row) => row[2])).toEqual([
      "Scheduled",
      "Pulling",
      "Pulled",
      "Created",
      "Started",
    ]);
    expect(rows.filter((row) => row[3] === "node/node-1").map((row) => row[2])).toContain(
      "NodeReady",
    );
    const sorted = await kubectl.output("get events --sort-by .lastTimestamp -o name");
    expect(sorted.trim().split("\n")).toHaveLength(rows.length);
  });

  test("shows it as YAML, as JSON and by JSONPath, all three the same pod", async () => {
    const [yaml, json, path] = await Promise.all([
      kubectl.output("get pod my-nginx -o yaml"),
      kubectl.output("get pod my-nginx -o json"),
      kubectl.output(["get", "pods", "-o", "jsonpath={.items[*].status.podIP}"]),
    ]);
    const pod = JSON.parse(json) as Pod;

    expect(parse(yaml)).toEqual(pod);
    expect(path).toBe(pod.status?.podIP);
    expect(Object.keys(pod)).toEqual(["apiVersion", "kind", "metadata", "spec", "status"]);
    expect(pod.metadata).toMatchObject({
      name: "my-nginx",
      namespace: "default",
      labels: { run: "my-nginx" },
      generation: 1,
      resourceVersion: expect.stringMatching(/^\d+$/),
      uid: expect.stringMatching(
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      ),
      creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    expect(pod.spec).toMatchObject({
      containers: [{ name: "my-nginx", image: "nginx", imagePullPolicy: "Always", resources: {} }],
      restartPolicy: "Always",
      schedulerName: "default-scheduler",
      serviceAccountName: "default",
      terminationGracePeriodSeconds: 30,
    });
    expect(pod.status).toMatchObject({
      phase: "Running",
      qosClass: "BestEffort",
      podIPs: [{ ip: pod.status?.podIP }],
      hostIPs: [{ ip: pod.status?.hostIP }],
      containerStatuses: [
        { ready: true, started: true, restartCount: 0, image: "docker.io/library/nginx:latest" },
      ],
    });
  });

  test("deletes it, and returns when it is gone", async () => {
    const { exitCode, stdout, stderr } = await kubectl("delete pod my-nginx");

    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 0,
      stdout: deleted(kubectl.minor(), 'pod "my-nginx"'),
      stderr: "",
    });
    expect(await kubectl("get pods")).toEqual({
      exitCode: 0,
      stdout: "",
      stderr: "No resources found in default namespace.\n",
    });
  });
});

describe.each(kubectlVersions)("deleting with kubectl %s", (version) => {
  const kubectl = liveKubectl(version);
  const sleeper = (name: string) =>
    ["run", name, "--image", "busybox", "--command", "--", "sleep", "3600"] as const;

  test("waits out the grace of a process that does not end when asked", async () => {
    await run(kubectl, sleeper("stubborn"));
    const fromUs = kubectl.cluster().cluster.nowUs;
    await kubectl.output("delete pod stubborn");

    expect(kubectl.cluster().cluster.nowUs - fromUs).toBeGreaterThan(30_000_000);
    expect((await kubectl("get pod stubborn")).stderr).toBe(notFound("stubborn"));
  });

  test("with --now waits a second, with --grace-period what it says", async () => {
    await run(kubectl, sleeper("hurried"));
    await run(kubectl, sleeper("patient"));
    const startUs = kubectl.cluster().cluster.nowUs;
    await kubectl.output("delete pod hurried --now");
    const hurriedUs = kubectl.cluster().cluster.nowUs - startUs;
    await kubectl.output("delete pod patient --grace-period 12");
    const patientUs = kubectl.cluster().cluster.nowUs - startUs - hurriedUs;

    expect(hurriedUs).toBeGreaterThan(1_000_000);
    expect(patientUs).toBeGreaterThan(12_000_000);
  });

  test("with --force and no grace does not wait, and warns", async () => {
    await run(kubectl, sleeper("forced"));
    const answer = await kubectl("delete pod forced --force --grace-period=0");

    expect(answer).toEqual({
      exitCode: 0,
      stdout: deleted(kubectl.minor(), 'pod "forced"', "force deleted"),
      stderr:
        "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n",
    });
    expect((await kubectl("get pod forced")).stderr).toBe(notFound("forced"));
  });

  test("is watched as Terminating, then over, then gone", async () => {
    await run(kubectl, sleeper("watched"));
    let isWatched = (): void => {};
    const watched = new Promise<void>((settle) => void (isWatched = settle));
    const watching = kubectl("get pod watched -w --output-watch-events", {
      stopWhen: (out) => {
        if (out.includes("ADDED")) isWatched();
        return out.includes("DELETED");
      },
    });
    await watched;
    await kubectl.output("delete pod watched --grace-period=2");
    const rows = tableOf((await watching).stdout).slice(1);
    const told = rows.map(([event, , ready, status]) => `${event} ${ready} ${status}`);

    expect([...new Set(told)]).toEqual([
      "ADDED 1/1 Running",
      "MODIFIED 1/1 Terminating",
      "MODIFIED 0/1 Error",
      "DELETED 0/1 Error",
    ]);
  });

  test("of what is not there says so", async () => {
    expect(await kubectl("delete pod nosuch")).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: notFound("nosuch"),
    });
    expect((await kubectl("delete pod nosuch --ignore-not-found")).exitCode).toBe(0);
  });
});

async function run(kubectl: LiveKubectl, command: readonly string[]): Promise<void> {
  await kubectl.output(command);
  await kubectl.output(`wait --for=condition=Ready pod/${command[1]} --timeout=20s`);
}

function notFound(pod: string): string {
  return `Error from server (NotFound): pods "${pod}" not found\n`;
}

/** The cells of every line; a cell with spaces in it is several. */
function tableOf(text: string): string[][] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => line.trim().split(/ +/));
}

function sectionOf(description: string, name: string): string {
  return new RegExp(`^${name}: +(.*)$`, "m").exec(description)?.[1] ?? "";
}

function conditionsOf(description: string): Record<string, string | undefined> {
  const [, table = ""] = /^Conditions:\n.*\n((?: {2}.*\n)+)/m.exec(description) ?? [];
  return Object.fromEntries(tableOf(table).map(([type = "", status]) => [type, status]));
}

/** Type, reason, source and message of each event. */
function eventsOf(description: string): string[] {
  const [, table = ""] = /^Events:\n.*\n.*\n((?: {2}.*\n)+)/m.exec(description) ?? [];
  return table
    .trimEnd()
    .split("\n")
    .map((line) => line.trim().split(/ {2,}/))
    .map(([type, reason, , from, message]) => `${type} ${reason} ${from} ${message}`);
}
