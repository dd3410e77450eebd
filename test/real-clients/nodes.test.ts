import { describe, expect, test } from "vitest";
import type { Node } from "../../src/api/objects.ts";
import { type LiveKubectl, liveKubectl, manifest } from "./live-kubectl.ts";
import { kubectlVersions } from "./kubectl.ts";

/** node-1 runs containerd, node-2 docker, node-3 cri-o. */
const pools = [
  { name: "old", nodes: 1, runtime: "docker" },
  { name: "other", nodes: 1, runtime: "cri-o" },
] as const;

describe.each(kubectlVersions)("nodes, with kubectl %s", (version) => {
  // Ages in `describe` are by the clock of whoever runs kubectl.
  const kubectl = liveKubectl(version, { nodes: 1, pools, speed: 1 });

  test("are listed, with their runtimes where all is asked for", async () => {
    const [header, ...rows] = linesOf(await kubectl.output("get nodes"));
    const [wideHeader, ...wideRows] = linesOf(await kubectl.output("get nodes -o wide"));

    expect(header).toMatch(/^NAME +STATUS +ROLES +AGE +VERSION$/);
    expect(rows.map((row) => row.replaceAll(/ +\d+m?s? +/g, " ").replaceAll(/ +/g, " "))).toEqual([
      "node-1 Ready <none> v1.36.0",
      "node-2 Ready <none> v1.36.0",
      "node-3 Ready <none> v1.36.0",
    ]);
    expect(wideHeader).toMatch(
      /^NAME +STATUS +ROLES +AGE +VERSION +INTERNAL-IP +EXTERNAL-IP +OS-IMAGE +KERNEL-VERSION +CONTAINER-RUNTIME$/,
    );
    expect(
      wideRows.map((row) =>
        row
          .split(/ {2,}/)
          .at(-1)
          ?.replace(/\/\/.*/, "//"),
      ),
    ).toEqual(["containerd://", "docker://", "cri-o://"]);
  });

  test("show in the IDs of their containers which runtime made them", async () => {
    const names = ["node-1", "node-2", "node-3"];
    await Promise.all(names.map((node) => start(kubectl, `on-${node}`, node)));
    const path = "jsonpath={.items[*].status.containerStatuses[0].containerID}";
    const ids = (await kubectl.output(["get", "pods", "-o", path])).split(" ");

    expect(ids.map((id) => id.replace(/[0-9a-f]{64}$/, "…"))).toEqual([
      "containerd://…",
      "docker://…",
      "cri-o://…",
    ]);
  });

  test("are described: lease, conditions, capacity, what runs there and what happened", async () => {
    const text = await kubectl.output("describe node node-2");

    expect(text).toMatch(/^Name: +node-2$/m);
    expect(text).toMatch(/^Labels: +beta\.kubernetes\.io\/arch=amd64$/m);
    expect(text).toMatch(/^ +kubernetes\.io\/hostname=node-2$/m);
    expect(text).toMatch(/^Taints: +<none>\nUnschedulable: +false$/m);
    expect(text).toMatch(/^Lease:\n {2}HolderIdentity: +node-2\n.*\n {2}RenewTime: +\w{3}, \d\d /m);
    const kinds = ["MemoryPressure", "DiskPressure", "PIDPressure"];
    for (const kind of kinds) expect(text).toMatch(new RegExp(`^ {2}${kind} +False +`, "m"));
    expect(text).toMatch(/^ {2}Ready +True .* KubeletReady +kubelet is posting ready status$/m);
    expect(text).toMatch(/^Addresses:\n {2}InternalIP: +172\.18\.0\.3\n {2}Hostname: +node-2\n/m);
    const resources = " +cpu: +8\n +ephemeral-storage: +100Gi\n +memory: +32Gi\n +pods: +110\n";
    expect(text).toMatch(new RegExp(`^Capacity:\n${resources}Allocatable:\n${resources}`, "m"));
    expect(text).toMatch(/^ {2}Container Runtime Version: +docker:\/\/\d/m);
    expect(text).toMatch(/^ {2}Kubelet Version: +v1\.36\.0$/m);
    expect(text).toMatch(/^PodCIDR: +10\.244\.\d\.0\/24$/m);
    expect(text).toMatch(/^Non-terminated Pods: +\(1 in total\)$/m);
    expect(text).toMatch(
      /^ {2}default +on-node-2 +100m \(1%\) +0 \(0%\) +64Mi \(0%\) +0 \(0%\) +\d+s$/m,
    );
    expect(text).toMatch(/^ {2}cpu +100m \(1%\) +0 \(0%\)\n {2}memory +64Mi \(0%\) +0 \(0%\)$/m);
    expect(text).toMatch(/^ {2}Normal +Starting +\d+s +kubelet +Starting kubelet\.$/m);
    expect(text).toMatch(/^ {2}Normal +NodeReady .* Node node-2 status is now: NodeReady$/m);
  });

  test("have leases that they renew", async () => {
    const lease = "get lease node-1 -n kube-node-lease -o jsonpath={.spec.renewTime}";
    const [header, ...rows] = linesOf(await kubectl.output("get leases -n kube-node-lease"));

    expect(header).toMatch(/^NAME +HOLDER +AGE$/);
    expect(rows).toHaveLength(3);
    expect(await kubectl.output(lease)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  });
});

describe.each(kubectlVersions)("work on nodes, with kubectl %s", (version) => {
  const kubectl = liveKubectl(version, { nodes: 2 });

  test("a taint keeps pods off, and the scheduler says why, until it is gone", async () => {
    expect(await kubectl.output("taint nodes node-1 node-2 only=some:NoSchedule")).toBe(
      "node/node-1 tainted\nnode/node-2 tainted\n",
    );
    expect((await kubectl("taint nodes node-1 only=some:NoSchedule")).stderr).toBe(
      "error: node node-1 already has only taint(s) with same effect(s) and --overwrite is false\n",
    );
    await kubectl.output("run waiting --image nginx");
    const refused = "wait --for=condition=PodScheduled=False pod/waiting --timeout=20s";
    await kubectl.output(refused);
    const message = "{.status.conditions[?(@.type=='PodScheduled')].message}";

    expect(await kubectl.output(["get", "pod", "waiting", "-o", `jsonpath=${message}`])).toMatch(
      /^0\/2 nodes are available: 2 node\(s\) had untolerated taint\(s\)\./,
    );
    expect(await kubectl.output("get events --field-selector reason=FailedScheduling")).toMatch(
      /Warning +FailedScheduling +pod\/waiting +0\/2 nodes are available: /,
    );
    expect(await kubectl.output("taint nodes node-2 only-")).toBe("node/node-2 untainted\n");
    await kubectl.output("wait --for=condition=Ready pod/waiting --timeout=20s");
    expect(await kubectl.output("get pod waiting -o jsonpath={.spec.nodeName}")).toBe("node-2");
    await kubectl.output("taint nodes node-1 only-");
  });

  test("a cordoned node takes no new pods", async () => {
    expect(await kubectl.output("cordon node-2")).toBe("node/node-2 cordoned\n");
    expect(await kubectl.output("cordon node-2")).toBe("node/node-2 already cordoned\n");
    expect(await kubectl.output("get node node-2 --no-headers")).toMatch(
      /^node-2 +Ready,SchedulingDisabled +<none> /,
    );
    for (const name of ["one", "two", "three"]) await kubectl.output(`run ${name} --image nginx`);
    await kubectl.output("wait --for=condition=Ready pod/one pod/two pod/three --timeout=20s");
    expect(await kubectl.output("get pods --field-selector spec.nodeName=node-1 -o name")).toBe(
      "pod/one\npod/three\npod/two\n",
    );
    const { spec } = await nodeOf(kubectl, "node-2");
    expect(spec.taints).toMatchObject([
      { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" },
    ]);
    expect(await kubectl.output("uncordon node-2")).toBe("node/node-2 uncordoned\n");
    expect((await nodeOf(kubectl, "node-2")).spec.unschedulable).toBeUndefined();
  });

  test("drain does not touch what nobody would bring back, unless it is made to", async () => {
    const { exitCode, stdout, stderr } = await kubectl("drain node-1");
    const pods = "default/one, default/three, default/two";

    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "node/node-1 cordoned\n" });
    expect(stderr).toContain(`declare no controller (use --force to override): ${pods}`);
    const forced = await kubectl("drain node-1 --force --ignore-daemonsets");
    expect(forced.exitCode).toBe(0);
    expect(forced.stderr).toBe(`Warning: deleting Pods that declare no controller: ${pods}\n`);
    expect(linesOf(forced.stdout).toSorted()).toEqual([
      "evicting pod default/one",
      "evicting pod default/three",
      "evicting pod default/two",
      "node/node-1 already cordoned",
      "node/node-1 drained",
      "pod/one evicted",
      "pod/three evicted",
      "pod/two evicted",
    ]);
    expect(await kubectl.output("get pods -o name")).toBe("pod/waiting\n");
  });
});

async function start(kubectl: LiveKubectl, name: string, nodeName: string): Promise<void> {
  const resources = { requests: { cpu: "100m", memory: "64Mi" } };
  const spec = { nodeName, containers: [{ name: "c", image: "nginx", resources }] };
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name }, spec };
  await kubectl.output("create -f -", manifest(pod));
  await kubectl.output(`wait --for=condition=Ready pod/${name} --timeout=20s`);
}

async function nodeOf(kubectl: LiveKubectl, name: string): Promise<Node> {
  return JSON.parse(await kubectl.output(`get node ${name} -o json`)) as Node;
}

function linesOf(text: string): string[] {
  return text.trimEnd().split("\n");
}
