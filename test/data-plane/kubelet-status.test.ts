import { describe, expect, test } from "vitest";
import type { ContainerStatus, Pod, PodCondition, PodStatus } from "../../src/api/objects.ts";
import {
  type ContainerReport,
  type PodReport,
  podStatus,
  type TerminationReport,
} from "../../src/data-plane/kubelet-status.ts";
import { conditionBits, unknownTime } from "../../src/data-plane/protocol.ts";
import { type RuntimeName, runtimeProfiles } from "../../src/data-plane/runtime-profiles.ts";
import { Chance } from "../../src/kernel/chance.ts";

const startUs = 1_767_225_600_000_000;
const second = 1_000_000;
const allReady =
  conditionBits.podReadyToStartContainers |
  conditionBits.initialized |
  conditionBits.containersReady |
  conditionBits.ready;

function aPod(spec: Partial<Pod["spec"]> = {}, status: Partial<PodStatus> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "default", uid: "u-1", generation: 1 },
    spec: { containers: [{ name: "c", image: "nginx" }], nodeName: "node-1", ...spec },
    status: { phase: "Pending", qosClass: "BestEffort", ...status },
  };
}

function aContainer(change: Partial<ContainerReport> = {}): ContainerReport {
  return {
    state: "running",
    reason: "",
    message: "",
    restarts: 0,
    startedAtUs: startUs + 3 * second,
    serial: 0,
    last: undefined,
    ...change,
  };
}

function anEnd(change: Partial<TerminationReport> = {}): TerminationReport {
  return {
    exitCode: 1,
    reason: "Error",
    message: "",
    startedAtUs: startUs + 3 * second,
    finishedAtUs: startUs + 5 * second,
    serial: 0,
    ...change,
  };
}

const waiting = {
  state: "waiting",
  reason: "ContainerCreating",
  serial: -1,
  startedAtUs: 0,
} as const;

function aReport(change: Partial<PodReport> = {}): PodReport {
  return {
    phase: "Running",
    conditions: allReady,
    startedAtUs: startUs + second,
    ip: 10 * 2 ** 24 + 244 * 2 ** 16 + 2,
    containers: [aContainer()],
    ...change,
  };
}

function statusOf(
  pod: Pod,
  report: PodReport,
  change: { readonly nowUs?: number; readonly runtime?: RuntimeName } = {},
): PodStatus {
  return podStatus(pod, report, {
    nowUs: change.nowUs ?? startUs + 10 * second,
    hostIp: "172.18.0.2",
    runtime: runtimeProfiles[change.runtime ?? "containerd"],
    chance: new Chance(1),
  });
}

function conditionOf({ conditions = [] }: PodStatus, type: string): PodCondition | undefined {
  return conditions.find((condition) => condition.type === type);
}

function containerOf({ containerStatuses = [] }: PodStatus, index = 0): ContainerStatus {
  return containerStatuses[index] as ContainerStatus;
}

describe("the status of a pod that runs", () => {
  test("has its addresses, its start and what the API server knew", () => {
    expect(statusOf(aPod(), aReport())).toMatchObject({
      observedGeneration: 1,
      phase: "Running",
      hostIP: "172.18.0.2",
      hostIPs: [{ ip: "172.18.0.2" }],
      podIP: "10.244.0.2",
      podIPs: [{ ip: "10.244.0.2" }],
      startTime: "2026-01-01T00:00:01Z",
      qosClass: "BestEffort",
    });
  });

  test("has the host's address for its own on the host's network", () => {
    const status = statusOf(aPod({ hostNetwork: true }), aReport({ ip: 0 }));
    expect(status).toMatchObject({ podIP: "172.18.0.2", podIPs: [{ ip: "172.18.0.2" }] });
  });

  test("has no address before its sandbox is there", () => {
    const status = statusOf(
      aPod(),
      aReport({ phase: "Pending", ip: 0, containers: [aContainer(waiting)] }),
    );
    expect(status).not.toHaveProperty("podIP");
    expect(status).not.toHaveProperty("podIPs");
  });

  test("lists its conditions in the kubelet's order, before those of others", () => {
    const scheduled = {
      type: "PodScheduled",
      status: "True",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    };
    const status = statusOf(aPod({}, { conditions: [scheduled] }), aReport());

    expect(status.conditions?.map(({ type }) => type)).toEqual([
      "PodReadyToStartContainers",
      "Initialized",
      "Ready",
      "ContainersReady",
      "PodScheduled",
    ]);
    expect(conditionOf(status, "PodScheduled")).toBe(scheduled);
    expect(conditionOf(status, "Ready")).toEqual({
      type: "Ready",
      status: "True",
      lastProbeTime: null,
      lastTransitionTime: "2026-01-01T00:00:10Z",
    });
  });
});

describe("a condition", () => {
  test("keeps the time of its last change, and gets a new one when it changes", () => {
    const unready = aReport({ phase: "Pending", conditions: conditionBits.initialized });
    const first = statusOf(aPod(), unready, { nowUs: startUs + second });
    const same = statusOf(aPod({}, first), unready, { nowUs: startUs + 2 * second });
    const changed = statusOf(aPod({}, same), aReport(), { nowUs: startUs + 3 * second });
    const times = [first, same, changed].map((status) =>
      ["Initialized", "Ready"].map((type) => conditionOf(status, type)?.lastTransitionTime),
    );

    expect(times).toEqual([
      ["2026-01-01T00:00:01Z", "2026-01-01T00:00:01Z"],
      ["2026-01-01T00:00:01Z", "2026-01-01T00:00:01Z"],
      ["2026-01-01T00:00:01Z", "2026-01-01T00:00:03Z"],
    ]);
  });

  test("says which containers are not ready", () => {
    const pod = aPod({
      containers: [
        { name: "a", image: "nginx" },
        { name: "b", image: "nginx" },
        { name: "c", image: "nginx" },
      ],
    });
    const containers = [aContainer(waiting), aContainer(), aContainer(waiting)];
    const status = statusOf(pod, aReport({ phase: "Pending", conditions: 3, containers }));

    for (const type of ["Ready", "ContainersReady"]) {
      expect(conditionOf(status, type)).toMatchObject({
        status: "False",
        reason: "ContainersNotReady",
        message: "containers with unready status: [a c]",
      });
    }
  });

  test("says which init containers are not done", () => {
    const pod = aPod({
      initContainers: [
        { name: "one", image: "busybox" },
        { name: "two", image: "busybox" },
      ],
    });
    const done = aContainer({
      state: "terminated",
      last: anEnd({ exitCode: 0, reason: "Completed" }),
    });
    const containers = [done, aContainer(), aContainer(waiting)];
    const status = statusOf(pod, aReport({ phase: "Pending", conditions: 1, containers }));

    expect(conditionOf(status, "Initialized")).toMatchObject({
      status: "False",
      reason: "ContainersNotInitialized",
      message: "containers with incomplete status: [two]",
    });
    expect(conditionOf(status, "PodReadyToStartContainers")).toMatchObject({ status: "True" });
  });

  test("names a sidecar that is not ready", () => {
    const pod = aPod({
      initContainers: [{ name: "proxy", image: "envoy", restartPolicy: "Always" }],
    });
    const containers = [
      aContainer({ ...waiting, reason: "CrashLoopBackOff", serial: 0, last: anEnd() }),
      aContainer(),
    ];
    const status = statusOf(pod, aReport({ conditions: 3, containers }));

    expect(conditionOf(status, "Ready")?.message).toBe("containers with unready status: [proxy]");
  });

  test.each([
    ["Succeeded", "PodCompleted", "PodCompleted"],
    ["Failed", "PodFailed", undefined],
  ] as const)("of a pod that has %s says so", (phase, unready, initialized) => {
    const containers = [aContainer({ state: "terminated", last: anEnd() })];
    const status = statusOf(aPod(), aReport({ phase, conditions: 2 | 1, containers }));

    expect(conditionOf(status, "Ready")).toMatchObject({ status: "False", reason: unready });
    expect(conditionOf(status, "ContainersReady")).toMatchObject({
      status: "False",
      reason: unready,
    });
    expect(conditionOf(status, "Ready")).not.toHaveProperty("message");
    expect(conditionOf(status, "Initialized")?.reason).toBe(initialized);
    expect(conditionOf(status, "Initialized")?.status).toBe("True");
    expect(conditionOf(status, "PodReadyToStartContainers")?.status).toBe("False");
  });
});

describe("a container's status", () => {
  test("while it waits for its image says why, and names no container", () => {
    const report = aReport({
      phase: "Pending",
      containers: [aContainer({ ...waiting, reason: "ErrImagePull", message: "not found" })],
    });
    expect(containerOf(statusOf(aPod(), report))).toEqual({
      name: "c",
      state: { waiting: { reason: "ErrImagePull", message: "not found" } },
      lastState: {},
      ready: false,
      restartCount: 0,
      image: "nginx",
      imageID: "",
      started: false,
    });
  });

  test("while it runs names it, its image in full, and when it started", () => {
    expect(containerOf(statusOf(aPod(), aReport()))).toEqual({
      name: "c",
      state: { running: { startedAt: "2026-01-01T00:00:03Z" } },
      lastState: {},
      ready: true,
      restartCount: 0,
      image: "docker.io/library/nginx:latest",
      imageID: expect.stringMatching(/^docker\.io\/library\/nginx@sha256:[0-9a-f]{64}$/),
      containerID: expect.stringMatching(/^containerd:\/\/[0-9a-f]{64}$/),
      started: true,
    });
  });

  test.each([
    [
      "docker",
      /^docker:\/\//,
      "nginx:latest",
      /^docker-pullable:\/\/docker\.io\/library\/nginx@sha256:/,
    ],
    [
      "containerd",
      /^containerd:\/\//,
      "docker.io/library/nginx:latest",
      /^docker\.io\/library\/nginx@sha256:/,
    ],
    [
      "cri-o",
      /^cri-o:\/\//,
      "docker.io/library/nginx:latest",
      /^docker\.io\/library\/nginx@sha256:/,
    ],
  ] as const)("names it as %s does", (runtime, containerId, image, imageId) => {
    const status = containerOf(statusOf(aPod(), aReport(), { runtime }));
    expect(status.containerID).toMatch(containerId);
    expect(status.image).toBe(image);
    expect(status.imageID).toMatch(imageId);
  });

  test("after its end tells how it ended", () => {
    const containers = [aContainer({ state: "terminated", last: anEnd({ exitCode: 3 }) })];
    const status = containerOf(statusOf(aPod(), aReport({ containers })));

    expect(status).toMatchObject({ ready: false, started: false, lastState: {} });
    expect(status.state).toEqual({
      terminated: {
        exitCode: 3,
        reason: "Error",
        startedAt: "2026-01-01T00:00:03Z",
        finishedAt: "2026-01-01T00:00:05Z",
        containerID: status.containerID,
      },
    });
  });

  test("after a restart tells how the one before ended, which was another container", () => {
    const containers = [aContainer({ serial: 1, restarts: 1, last: anEnd() })];
    const status = containerOf(statusOf(aPod(), aReport({ containers })));

    expect(status.restartCount).toBe(1);
    expect(status.state).toHaveProperty("running");
    expect(status.lastState).toMatchObject({ terminated: { exitCode: 1 } });
    expect(status.lastState?.terminated?.containerID).not.toBe(status.containerID);
  });

  test("in CrashLoopBackOff has the container that crashed", () => {
    const crashed = { ...waiting, reason: "CrashLoopBackOff", message: "back-off 10s", serial: 0 };
    const status = containerOf(
      statusOf(aPod(), aReport({ containers: [aContainer({ ...crashed, last: anEnd() })] })),
    );

    expect(status.state).toEqual({
      waiting: { reason: "CrashLoopBackOff", message: "back-off 10s" },
    });
    expect(status.lastState?.terminated?.containerID).toBe(status.containerID);
  });

  test("of one nobody knows anything of has no times and no container", () => {
    const last = anEnd({
      exitCode: 137,
      reason: "ContainerStatusUnknown",
      message: "gone",
      startedAtUs: unknownTime,
      finishedAtUs: unknownTime,
      serial: -1,
    });
    const containers = [aContainer({ state: "terminated", serial: -1, last })];
    const status = containerOf(statusOf(aPod(), aReport({ phase: "Failed", containers })));

    expect(status).not.toHaveProperty("containerID");
    expect(status.state).toEqual({
      terminated: {
        exitCode: 137,
        reason: "ContainerStatusUnknown",
        message: "gone",
        startedAt: null,
        finishedAt: null,
      },
    });
  });

  test("of one that never ran says it started when the epoch began, as runtimes do", () => {
    const last = anEnd({ exitCode: 128, reason: "StartError", startedAtUs: 0 });
    const containers = [aContainer({ state: "terminated", last })];

    expect(containerOf(statusOf(aPod(), aReport({ containers }))).state).toMatchObject({
      terminated: { startedAt: "1970-01-01T00:00:00Z" },
    });
  });

  test("of an init container is ready when it is done, of a sidecar while it runs", () => {
    const pod = aPod({
      initContainers: [
        { name: "done", image: "busybox" },
        { name: "runs", image: "busybox" },
        { name: "proxy", image: "envoy", restartPolicy: "Always" },
      ],
    });
    const done = aContainer({
      state: "terminated",
      last: anEnd({ exitCode: 0, reason: "Completed" }),
    });
    const containers = [done, aContainer(), aContainer(), aContainer(waiting)];
    const { initContainerStatuses = [] } = statusOf(pod, aReport({ containers }));

    expect(initContainerStatuses.map(({ name, ready }) => [name, ready])).toEqual([
      ["done", true],
      ["runs", false],
      ["proxy", true],
    ]);
  });

  test("comes in the order of names, as upstream sorts them", () => {
    const pod = aPod({
      containers: [
        { name: "web", image: "nginx" },
        { name: "log", image: "busybox" },
      ],
    });
    const containers = [aContainer({ restarts: 1 }), aContainer({ restarts: 2 })];
    const { containerStatuses = [] } = statusOf(pod, aReport({ containers }));

    expect(containerStatuses.map(({ name, restartCount }) => [name, restartCount])).toEqual([
      ["log", 2],
      ["web", 1],
    ]);
  });

  test("has the same container ID every time it is told", () => {
    const ids = [1, 2].map(() => containerOf(statusOf(aPod(), aReport())).containerID);
    expect(ids[0]).toBe(ids[1]);
  });
});
