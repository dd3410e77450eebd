import { afterEach, describe, expect, test } from "vitest";
import type {
  Event as CoreEvent,
  KubeObject,
  Node,
  Pod,
  PodSpec,
} from "../../../src/api/objects.ts";
import { type Cluster, createCluster } from "../../../src/cluster/cluster.ts";
import { type ClusterDriver, driving } from "../cluster-driver.ts";

const second = 1_000_000;

let cluster: Cluster | undefined;
afterEach(() => cluster?.close());

describe("a pod that fits nowhere", () => {
  test("is told why, in an event and in its condition, and stays pending", async () => {
    const { api, settle } = await aCluster();
    api.create("pods", bigPod("big", "9"));
    await settle();

    expect(failuresOf(api, "big")).toEqual([
      ["Warning", "0/3 nodes are available: 3 Insufficient cpu."],
    ]);
    const pod = podNamed(api, "big");
    expect(pod.spec.nodeName).toBeUndefined();
    expect(pod.status?.phase).toBe("Pending");
    expect(pod.status?.conditions).toEqual([
      {
        type: "PodScheduled",
        status: "False",
        reason: "Unschedulable",
        message: "0/3 nodes are available: 3 Insufficient cpu.",
        lastProbeTime: null,
        lastTransitionTime: expect.stringMatching(/^\d{4}-/),
      },
    ]);
  });

  test("is scheduled as soon as room is made", async () => {
    const { api, settle, pass } = await aCluster();
    for (const name of ["a", "b", "c"]) api.create("pods", bigPod(name, "8"));
    await settle();
    api.create("pods", bigPod("late", "8"));
    await pass(60);
    expect(podNamed(api, "late").spec.nodeName).toBeUndefined();

    const { nodeName } = podNamed(api, "a").spec;
    api.remove("pods", "a", { gracePeriodSeconds: 0 });
    await pass(1);

    const late = podNamed(api, "late");
    expect(late.spec.nodeName).toBe(nodeName);
    expect(late.status?.conditions?.find(({ type }) => type === "PodScheduled")).toMatchObject({
      status: "True",
    });
    expect(eventsOf(api, "late", "Scheduled").map(({ message }) => message)).toEqual([
      `Successfully assigned default/late to ${nodeName}`,
    ]);
  });

  test("counts the reasons of all nodes", async () => {
    const { api, settle } = await aCluster();
    changeNode(api, "node-1", { unschedulable: true });
    changeNode(api, "node-2", { taints: [{ key: "gpu", effect: "NoSchedule" }] });
    await settle();
    api.create("pods", bigPod("big", "9", { nodeSelector: { "kubernetes.io/os": "linux" } }));
    await settle();

    expect(failuresOf(api, "big")).toEqual([
      [
        "Warning",
        "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable.",
      ],
    ]);
  });

  test("has its event counted up, and its condition keeps since when", async () => {
    const { api, settle, pass } = await aCluster();
    api.create("pods", bigPod("big", "9"));
    await settle();
    const [before] = podNamed(api, "big").status?.conditions ?? [];

    await pass(400);

    const [event, ...others] = eventsOf(api, "big", "FailedScheduling");
    expect(others).toEqual([]);
    expect(event?.count).toBeGreaterThan(1);
    expect(podNamed(api, "big").status?.conditions).toEqual([before]);
  });

  test("is not tried again because nodes say that they are alive", async () => {
    const { api, pass } = await aCluster();
    api.create("pods", bigPod("big", "9"));
    await pass(2);
    const attempts = (): number =>
      cluster?.facts("pods/default/big").filter(({ kind }) => kind === "foundNoNode").length ?? 0;
    expect(attempts()).toBe(1);

    for (let beat = 1; beat <= 5; beat++) {
      api.update("nodes", "node-1", (stored) => withHeartbeat(stored, beat), {
        subresource: "status",
      });
      await pass(20);
    }

    expect(attempts()).toBe(1);
  });

  test("is tried again at once when it tolerates more than before", async () => {
    const { api, settle, pass } = await aCluster();
    for (const name of ["node-1", "node-2", "node-3"]) {
      changeNode(api, name, { taints: [{ key: "gpu", effect: "NoSchedule" }] });
    }
    await settle();
    api.create("pods", bigPod("picky", "1"));
    await pass(30);
    expect(podNamed(api, "picky").spec.nodeName).toBeUndefined();

    api.update("pods", "picky", (stored) => {
      const { spec } = stored as unknown as Pod;
      const tolerations = [...(spec.tolerations ?? []), { key: "gpu", operator: "Exists" }];
      return { ...stored, spec: { ...spec, tolerations } };
    });
    await pass(1);

    expect(podNamed(api, "picky").spec.nodeName).toBeDefined();
  });

  test("is no concern any more when it is deleted", async () => {
    const { api, settle, pass } = await aCluster();
    api.create("pods", bigPod("big", "9"));
    await settle();
    api.remove("pods", "big");
    await pass(400);

    expect(eventsOf(api, "big", "FailedScheduling")).toHaveLength(1);
  });
});

describe("a node", () => {
  test("that is cordoned takes no pods until it is uncordoned", async () => {
    const { api, settle, pass } = await aCluster();
    for (const name of ["node-1", "node-2", "node-3"])
      changeNode(api, name, { unschedulable: true });
    await settle();
    api.create("pods", bigPod("web", "1"));
    await pass(30);
    expect(failuresOf(api, "web")).toEqual([
      ["Warning", "0/3 nodes are available: 3 node(s) were unschedulable."],
    ]);

    api.update("nodes", "node-2", (stored) => {
      const { unschedulable: _unschedulable, ...spec } = (stored as unknown as Node).spec;
      return { ...stored, spec };
    });
    // Once for the mark, once more for the taint that a controller takes away after it.
    await pass(5);

    expect(podNamed(api, "web").spec.nodeName).toBe("node-2");
  });

  test("with a taint takes the pods that tolerate it", async () => {
    const { api, settle } = await aCluster();
    for (const name of ["node-1", "node-3"]) {
      changeNode(api, name, { taints: [{ key: "gpu", value: "yes", effect: "NoSchedule" }] });
    }
    await settle();
    const tolerations = [{ key: "gpu", operator: "Exists" }] as const;
    api.create("pods", bigPod("plain", "8"));
    api.create("pods", bigPod("gpu-1", "8", { tolerations }));
    api.create("pods", bigPod("gpu-2", "8", { tolerations }));
    api.create("pods", bigPod("none-left", "8"));
    await settle();

    expect(podNamed(api, "plain").spec.nodeName).toBe("node-2");
    const gpus = ["gpu-1", "gpu-2"].map((name) => podNamed(api, name).spec.nodeName ?? "");
    expect(gpus.toSorted()).toEqual(["node-1", "node-3"]);
    expect(failuresOf(api, "none-left")).toEqual([
      [
        "Warning",
        "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s).",
      ],
    ]);
  });

  test("is filled from the emptiest on", async () => {
    const { api, settle } = await aCluster();
    for (const name of ["a", "b", "c"]) {
      api.create("pods", bigPod(name, "2"));
      await settle();
    }

    const nodes = ["a", "b", "c"].map((name) => podNamed(api, name).spec.nodeName);
    expect(new Set(nodes).size).toBe(3);
  });

  test("is chosen by its labels", async () => {
    const { api, settle } = await aCluster();
    const nodeSelector = { "kubernetes.io/hostname": "node-3" };
    api.create("pods", bigPod("here", "1", { nodeSelector }));
    api.create("pods", bigPod("nowhere", "1", { nodeSelector: { disk: "ssd" } }));
    await settle();

    expect(podNamed(api, "here").spec.nodeName).toBe("node-3");
    expect(failuresOf(api, "nowhere")).toEqual([
      ["Warning", "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector."],
    ]);

    api.update("nodes", "node-1", (stored) => ({
      ...stored,
      metadata: { ...stored.metadata, labels: { ...stored.metadata.labels, disk: "ssd" } },
    }));
    await cluster?.advance(2 * second);
    expect(podNamed(api, "nowhere").spec.nodeName).toBe("node-1");
  });

  test("is named by a pod that wants no other, as daemons are", async () => {
    const { api, settle } = await aCluster();
    const named = { key: "metadata.name", operator: "In", values: ["node-2"] } as const;
    const affinity = {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchFields: [named] }],
        },
      },
    };
    api.create("pods", bigPod("daemon", "1", { affinity }));
    api.create("pods", bigPod("too-big", "8", { affinity }));
    await settle();

    expect(podNamed(api, "daemon").spec.nodeName).toBe("node-2");
    expect(failuresOf(api, "too-big")).toEqual([
      [
        "Warning",
        "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity].",
      ],
    ]);
  });
});

describe("a pod that has a node already", () => {
  test("is left alone, and counts", async () => {
    const { api, settle } = await aCluster();
    api.create("pods", bigPod("own", "8", { nodeName: "node-2" }));
    api.create("pods", bigPod("a", "8"));
    api.create("pods", bigPod("b", "8"));
    await settle();

    expect(eventsOf(api, "own", "Scheduled")).toEqual([]);
    const others = ["a", "b"].map((name) => podNamed(api, name).spec.nodeName ?? "");
    expect(others.toSorted()).toEqual(["node-1", "node-3"]);
  });

  test("since somebody else was faster counts where it is", async () => {
    const { api, settle, cluster: running } = await aCluster();
    api.create("pods", bigPod("raced", "8"));
    // The scheduler has seen the pod by now, and its binding is on its way.
    await running.advance(700);
    const chosen = running.facts("pods/default/raced").find(({ kind }) => kind === "choseNode")
      ?.data["node"];
    const elsewhere = ["node-1", "node-2", "node-3"].find((name) => name !== chosen) as string;
    api.bind("raced", {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name: "raced", namespace: "default" },
      target: { kind: "Node", name: elsewhere },
    });
    // It has heard of both by now, the other's binding and its own failure; the kubelet has not.
    await running.advance(1_500);
    for (const name of ["a", "b", "c"]) api.create("pods", bigPod(name, "8"));
    await settle();

    expect(chosen).toBeDefined();
    expect(podNamed(api, "raced").spec.nodeName).toBe(elsewhere);
    const others = ["a", "b", "c"].map((name) => podNamed(api, name).spec.nodeName ?? "");
    expect(others).not.toContain(elsewhere);
    expect(others.filter((name) => name === "")).toHaveLength(1);
  });

  test("of another scheduler waits for that one", async () => {
    const { api, pass } = await aCluster();
    api.create("pods", bigPod("other", "1", { schedulerName: "mine" }));
    await pass(10);

    expect(podNamed(api, "other").spec.nodeName).toBeUndefined();
    expect(eventsOf(api, "other", "FailedScheduling")).toEqual([]);
  });

  test("gives its room back when it is over", async () => {
    const { api, settle, pass } = await aCluster();
    for (const name of ["a", "b", "c"]) api.create("pods", bigPod(name, "8"));
    await settle();
    api.create("pods", bigPod("late", "8"));
    await pass(20);
    const over = (stored: KubeObject): KubeObject => ({ ...stored, status: { phase: "Failed" } });
    api.update("pods", "b", over, { subresource: "status" });
    await pass(2);

    expect(podNamed(api, "late").spec.nodeName).toBe(podNamed(api, "b").spec.nodeName);
  });
});

describe("pods that wait together", () => {
  test("go by their priority", async () => {
    const { api, settle } = await aCluster();
    for (const name of ["a", "b", "c"]) api.create("pods", bigPod(name, "8"));
    await settle();
    api.create("pods", bigPod("plain", "8"));
    api.create("pods", bigPod("vital", "8", { priorityClassName: "system-node-critical" }));
    await cluster?.advance(20 * second);
    api.remove("pods", "a", { gracePeriodSeconds: 0 });
    await cluster?.advance(2 * second);

    expect(podNamed(api, "vital").spec.nodeName).toBeDefined();
    expect(podNamed(api, "plain").spec.nodeName).toBeUndefined();
  });
});

async function aCluster(): Promise<ClusterDriver> {
  cluster = await createCluster({ nodes: 3, threads: 0 });
  await cluster.advanceUntil(() => cluster?.isReady === true, 60 * second);
  return driving(cluster);
}

/** All nodes have eight CPUs. */
function bigPod(name: string, cpu: string, spec: Partial<PodSpec> = {}): KubeObject {
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      containers: [{ name: "main", image: "nginx", resources: { requests: { cpu } } }],
      ...spec,
    },
  };
  return pod;
}

function podNamed(api: ClusterDriver["api"], name: string): Pod {
  return api.get("pods", name) as unknown as Pod;
}

function eventsOf(api: ClusterDriver["api"], pod: string, reason: string): readonly CoreEvent[] {
  const fieldSelector = `involvedObject.name=${pod},reason=${reason}`;
  return api.list("events", { fieldSelector }).items as unknown as readonly CoreEvent[];
}

function failuresOf(api: ClusterDriver["api"], pod: string): unknown {
  return eventsOf(api, pod, "FailedScheduling").map(({ type, message }) => [type, message]);
}

function changeNode(api: ClusterDriver["api"], name: string, change: Node["spec"]): void {
  api.update("nodes", name, (stored) => {
    const { spec } = stored as unknown as Node;
    return { ...stored, spec: { ...spec, ...change } };
  });
}

function withHeartbeat(stored: KubeObject, beat: number): KubeObject {
  const { status } = stored as unknown as Node;
  const conditions = status?.conditions?.map((condition) => ({
    ...condition,
    lastHeartbeatTime: `2026-02-01T00:00:0${beat}Z`,
  }));
  return { ...stored, status: { ...status, conditions } };
}
