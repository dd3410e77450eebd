import { describe, expect, test } from "vitest";
import type { Lease } from "../../src/api/objects.ts";
import type { Fault } from "../../src/kernel/faults.ts";
import { aPod, DrivenCluster, second } from "./driven-cluster.ts";

/** When a node's lease was last renewed, s after the start of the run. */
function renewedAt(driven: DrivenCluster, node: string): number {
  const { server, options } = driven.cluster;
  const leases = [...server.objects("coordination.k8s.io", "leases")] as unknown as Lease[];
  const lease = leases.find(({ metadata }) => metadata.name === node);
  return (Date.parse(lease?.spec?.renewTime ?? "") - options.startUs / 1_000) / 1_000;
}

const elapsed = ({ cluster }: DrivenCluster): number =>
  (cluster.nowUs - cluster.options.startUs) / second;

/** Lets the cluster go on to so many seconds after its start. */
const until = async (driven: DrivenCluster, seconds: number): Promise<void> =>
  driven.run(Math.round((seconds - elapsed(driven)) * second));

const isRunning = (driven: DrivenCluster, name: string) => (): boolean =>
  driven.phase(name) === "Running";

const oneNode = { nodes: 1, threads: 0 };

describe("a node that is cut off", () => {
  const faults: readonly Fault[] = [
    {
      atUs: 30 * second,
      kind: "partition",
      between: ["kubelet:node-1", "api-1"],
      forUs: 100 * second,
    },
  ];

  test("renews its lease no more, and starts pods only after it is back", async () => {
    await using driven = await DrivenCluster.start({ ...oneNode, faults });
    await until(driven, 40);
    driven.create(aPod("web"));
    await until(driven, 129);
    expect(renewedAt(driven, "node-1")).toBeLessThan(31);
    expect(driven.pod("web")?.spec.nodeName).toBe("node-1");
    expect(driven.phase("web")).toBe("Pending");

    await driven.until(isRunning(driven, "web"), 60 * second);
    expect(elapsed(driven)).toBeGreaterThan(130);
    expect(renewedAt(driven, "node-1")).toBeGreaterThan(130);
  });

  test("lets go of pods that were deleted meanwhile once it hears of it", async () => {
    await using driven = await DrivenCluster.start({ ...oneNode, faults });
    driven.create(aPod("web"));
    await driven.until(isRunning(driven, "web"));
    await until(driven, 60);
    driven.remove("web", 0);
    await until(driven, 129);
    expect(driven.pod("web")).toBeUndefined();
    expect(driven.facts("web").map(({ kind }) => kind)).not.toContain("podStopped");
    await until(driven, 220);
    expect(driven.facts("web").map(({ kind }) => kind)).toContain("podStopped");
  });

  test("tells how its pods are as soon as it can", async () => {
    const script = { name: "c", image: "busybox", command: ["sh", "-c", "sleep 50"] };
    await using driven = await DrivenCluster.start({ ...oneNode, faults });
    driven.create(aPod("job", { containers: [script], restartPolicy: "Never" }));
    await driven.until(isRunning(driven, "job"));
    await until(driven, 129);
    expect(driven.phase("job")).toBe("Running");
    await driven.until(() => driven.phase("job") === "Succeeded", 30 * second);
  });

  test("that hears but is not heard runs pods that nobody knows to run", async () => {
    await using driven = await DrivenCluster.start({
      ...oneNode,
      faults: [{ ...(faults[0] as Fault & { kind: "partition" }), oneWay: true }],
    });
    await until(driven, 40);
    driven.create(aPod("web"));
    await until(driven, 100);
    expect(driven.phase("web")).toBe("Pending");
    expect(driven.facts("web").map(({ kind }) => kind)).toContain("podRunning");
    await driven.until(isRunning(driven, "web"), 60 * second);
  });
});

describe("a cluster whose messages are", () => {
  test("lost, is whole again after a while", async () => {
    await using driven = await DrivenCluster.start({
      ...oneNode,
      decisions: {
        // The pod's way to its kubelet, and what that says of it.
        "loss/api-1→kubelet:node-1/pods/#1": 1,
        "loss/kubelet:node-1→api-1/pods/status/#1": 1,
        "loss/kubelet:node-1→api-1/pods/status/#3": 1,
      },
    });
    driven.create(aPod("web"));
    await driven.until(isRunning(driven, "web"), 120 * second);
    expect(await driven.cluster.decisions()).toEqual(driven.cluster.options.decisions);
  });

  test("held, sees late what the scheduler decided", async () => {
    await using driven = await DrivenCluster.start({
      ...oneNode,
      faults: [
        { atUs: 20 * second, kind: "hold", between: ["api-1", "kubelet:*"], oneWay: true },
        { atUs: 60 * second, kind: "release", between: ["*", "*"] },
      ],
    });
    await until(driven, 20);
    driven.create(aPod("web"));
    await until(driven, 59);
    expect(driven.facts("web").map(({ kind }) => kind)).not.toContain("podSeen");
    await driven.until(isRunning(driven, "web"), 30 * second);
  });
});

describe("a kubelet that crashes", () => {
  const crash = (at: number, seconds: number): readonly Fault[] => [
    { atUs: at * second, kind: "crash", actor: "kubelet:node-1", forUs: seconds * second },
  ];

  test("finds its pods running when it is back: none is started again", async () => {
    await using driven = await DrivenCluster.start({ ...oneNode, faults: crash(30, 20) });
    driven.create(aPod("web"));
    await driven.until(isRunning(driven, "web"));
    const before = driven.pod("web")?.status;
    await until(driven, 120);
    expect(driven.phase("web")).toBe("Running");
    expect(driven.pod("web")?.status?.containerStatuses).toEqual(before?.containerStatuses);
    expect(driven.pod("web")?.status?.podIP).toEqual(before?.podIP);
    const kinds = driven.facts("web").map(({ kind }) => kind);
    expect(kinds).toContain("podFound");
    expect(renewedAt(driven, "node-1")).toBeGreaterThan(100);
  });

  test("learns what ended while it was down, and starts it again if it should", async () => {
    const script = { name: "c", image: "busybox", command: ["sh", "-c", "sleep 40; exit 3"] };
    await using driven = await DrivenCluster.start({ ...oneNode, faults: crash(30, 60) });
    driven.create(aPod("once", { containers: [script], restartPolicy: "Never" }));
    driven.create(aPod("again", { containers: [script] }));
    await until(driven, 89);
    expect([driven.phase("once"), driven.phase("again")]).toEqual(["Running", "Running"]);
    await driven.until(() => driven.phase("once") === "Failed", 30 * second);
    const restarts = (): number | undefined =>
      driven.pod("again")?.status?.containerStatuses?.[0]?.restartCount;
    await driven.until(() => restarts() === 1 && driven.phase("again") === "Running", 30 * second);
  });

  test("takes down what was deleted while it was down", async () => {
    await using driven = await DrivenCluster.start({ ...oneNode, faults: crash(30, 60) });
    for (const name of ["asked", "forced"]) driven.create(aPod(name));
    await driven.until(() => isRunning(driven, "asked")() && isRunning(driven, "forced")());
    await until(driven, 40);
    driven.remove("asked", 5);
    driven.remove("forced", 0);
    await until(driven, 89);
    expect(driven.pod("asked")?.metadata.deletionTimestamp).toBeDefined();
    expect(driven.pod("forced")).toBeUndefined();
    await driven.until(() => driven.pod("asked") === undefined, 30 * second);
    await driven.run(60 * second);
    const stops = driven.facts("forced").filter(({ data }) => data["call"] === "StopPodSandbox");
    expect(stops).toHaveLength(1);
  });

  test("starts pods that were bound to it while it was down", async () => {
    await using driven = await DrivenCluster.start({ ...oneNode, faults: crash(30, 20) });
    await until(driven, 35);
    driven.create(aPod("web"));
    await driven.until(isRunning(driven, "web"), 60 * second);
    expect(elapsed(driven)).toBeGreaterThan(50);
  });

  test.each([100, 700, 1_500, 2_500, 4_000, 8_000])(
    "%d ms after it was given a pod, and comes back at once, runs that pod once",
    async (ms) => {
      await using driven = await DrivenCluster.start({
        ...oneNode,
        faults: [
          { atUs: 30 * second + ms * 1_000, kind: "crash", actor: "kubelet:node-1", forUs: 50_000 },
        ],
      });
      await until(driven, 30);
      driven.create(aPod("web"));
      await until(driven, 120);
      expect(driven.phase("web")).toBe("Running");
      const status = driven.pod("web")?.status?.containerStatuses?.[0];
      expect([status?.restartCount, status?.ready]).toEqual([0, true]);
      const calls = driven.facts("web").map(({ data }) => data["call"]);
      expect(calls.filter((call) => call === "RunPodSandbox")).toHaveLength(1);
      expect(calls.filter((call) => call === "StartContainer")).toHaveLength(1);
    },
  );
});

describe("a scheduler that crashes", () => {
  test("decides about the pods that came meanwhile when it is back", async () => {
    await using driven = await DrivenCluster.start({
      ...oneNode,
      faults: [{ atUs: 30 * second, kind: "crash", actor: "scheduler", forUs: 20 * second }],
    });
    await until(driven, 31);
    for (const name of ["a", "b"]) driven.create(aPod(name));
    await until(driven, 49);
    expect(driven.pod("a")?.spec.nodeName).toBeUndefined();
    await driven.until(() => isRunning(driven, "a")() && isRunning(driven, "b")());
    expect(driven.refusals).toEqual([]);
  });
});

describe("controllers that crash", () => {
  test("do what was left undone when they are back", async () => {
    await using driven = await DrivenCluster.start({
      ...oneNode,
      faults: [{ atUs: 0, kind: "crash", actor: "kcm:*", forUs: 60 * second }],
    });
    driven.create(aPod("web"));
    await driven.until(isRunning(driven, "web"), 60 * second);
    expect(elapsed(driven)).toBeGreaterThan(60);
  });
});

describe("an actor that is", () => {
  test("paused goes on with what came meanwhile", async () => {
    await using driven = await DrivenCluster.start({
      ...oneNode,
      faults: [
        { atUs: 30 * second, kind: "pause", actor: "kubelet:node-1", forUs: 30 * second },
        { atUs: 30 * second, kind: "pause", actor: "scheduler", forUs: 10 * second },
      ],
    });
    await until(driven, 31);
    driven.create(aPod("web"));
    await until(driven, 39);
    expect(driven.pod("web")?.spec.nodeName).toBeUndefined();
    await until(driven, 59);
    expect(driven.pod("web")?.spec.nodeName).toBe("node-1");
    expect(driven.phase("web")).toBe("Pending");
    await driven.until(isRunning(driven, "web"));
  });

  test("paused, when it is the API server, answers when it goes on", async () => {
    await using driven = await DrivenCluster.start({
      ...oneNode,
      faults: [{ atUs: 30 * second, kind: "pause", actor: "api-1", forUs: 60 * second }],
    });
    await until(driven, 31);
    driven.create(aPod("web"));
    await until(driven, 89);
    expect(driven.pod("web")).toBeUndefined();
    await driven.until(isRunning(driven, "web"), 120 * second);
  });

  test("slow takes its time for each pod", async () => {
    await using driven = await DrivenCluster.start({
      ...oneNode,
      faults: [{ atUs: 30 * second, kind: "slow", actor: "scheduler", extraUs: 2 * second }],
    });
    await until(driven, 30);
    for (const name of ["a", "b", "c"]) driven.create(aPod(name));
    await until(driven, 33);
    expect(driven.pod("c")?.spec.nodeName).toBeUndefined();
    await driven.until(
      () => ["a", "b", "c"].every((name) => isRunning(driven, name)()),
      90 * second,
    );
  });

  test("wrong about the time says so in what it writes", async () => {
    await using driven = await DrivenCluster.start({
      ...oneNode,
      faults: [
        { atUs: 30 * second, kind: "clock", actor: "kubelet:node-1", offsetUs: -300 * second },
      ],
    });
    await until(driven, 60);
    expect(renewedAt(driven, "node-1")).toBeLessThan(-200);
    driven.create(aPod("web"));
    await driven.until(isRunning(driven, "web"));
    const started = Date.parse(driven.pod("web")?.status?.startTime ?? "");
    expect(started - driven.cluster.options.startUs / 1_000).toBeLessThan(-200_000);
  });
});
