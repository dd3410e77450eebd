import { describe, expect, test } from "vitest";
import { aContainer, aScript, aSpec, KubeletDriver, second, startUs } from "./kubelet-driver.ts";

/** The only container of a pod. */
function containerOf(kubelet: KubeletDriver, pod: string) {
  const [only] = kubelet.inspectPod(pod)?.containers ?? [];
  if (only === undefined) throw new Error(`${pod} has no container`);
  return only;
}

describe("an inspected node", () => {
  test("shows its machine's state, what it waits for, and what is due", () => {
    const kubelet = new KubeletDriver({ podCidr: "" });
    const { node } = kubelet.inspection;

    expect(node).toMatchObject({
      machine: { id: "node", initial: "booting" },
      value: "notReady",
      status: "active",
      tags: [],
      context: { runtime: "containerd", network: false },
      waitsFor: "a range of pod addresses for its network",
      reactsTo: ["networkReady"],
    });
    const [lease, status] = node.timers;
    expect([lease?.name, status?.name]).toEqual(["leaseRenewal", "statusReport"]);
    expect((status?.dueUs ?? 0) - (lease?.dueUs ?? 0)).toBe(300 * second);
  });

  test("shows each lease renewal when it is due, one after another", () => {
    const kubelet = new KubeletDriver();
    const dueUs = (): number => kubelet.inspection.node.timers[0]?.dueUs ?? 0;
    const firstUs = dueUs();
    kubelet.run(firstUs - kubelet.nowUs);
    expect(dueUs()).toBe(firstUs);
    kubelet.run(1);

    expect(dueUs()).toBe(firstUs + 10 * second);
  });

  test("shows its pods and their containers with their states", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("web", aSpec({ containers: [aContainer(), aContainer({ name: "d" })] }));
    kubelet.run(10 * second);

    expect(kubelet.inspection.pods).toEqual([
      {
        namespace: "default",
        name: "web",
        uid: "uid-of-web",
        state: "running",
        containers: [
          { name: "c", state: "running" },
          // Both want port 80 of the one sandbox.
          { name: "d", state: "crashLoopBackOff" },
        ],
      },
    ]);
  });
});

describe("an inspected pod", () => {
  test("shows its machine and its containers'", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("web", aSpec());
    kubelet.run(10 * second);

    expect(kubelet.inspectPod("web")).toMatchObject({
      identity: { namespace: "default", name: "web", uid: "uid-of-web" },
      pod: {
        machine: { id: "pod" },
        value: "running",
        context: { phase: "Running", sandbox: true, ip: "10.244.0.2" },
        reactsTo: ["succeeded", "failed", "deleted"],
        timers: [],
      },
      containers: [
        {
          name: "c",
          image: "nginx",
          isInit: false,
          container: {
            machine: { id: "container" },
            value: "running",
            context: { shown: "running", restarts: 0 },
            waitsFor: "its process to end",
            timers: [],
          },
        },
      ],
    });
  });

  test("shows when a container that crashed is tried again, and then it is", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("crash", aSpec({ containers: [aScript("exit 3")] }));
    kubelet.runUntil("crash", ({ containers }) => {
      return containers[0]?.text === "waiting CrashLoopBackOff";
    });
    const { container } = containerOf(kubelet, "crash");
    const [timer] = container.timers;

    expect(container).toMatchObject({
      context: { shown: "waiting", reason: "CrashLoopBackOff", lastExitCode: 3 },
      waitsFor: "its back-off to be over",
      timers: [{ name: "nextTry" }],
    });
    kubelet.run((timer?.dueUs ?? startUs) - kubelet.nowUs);
    expect(containerOf(kubelet, "crash").container.value).toBe("crashLoopBackOff");
    kubelet.run(1);
    expect(containerOf(kubelet, "crash").container.value).not.toBe("crashLoopBackOff");
    expect(containerOf(kubelet, "crash").container.timers).toEqual([]);
  });

  test("that is over waits for no next try", () => {
    const kubelet = new KubeletDriver();
    const once = { restartPolicy: "Never", containers: [aScript("exit 3")] } as const;
    kubelet.bind("once", aSpec(once));
    kubelet.run(20 * second);

    expect(kubelet.inspectPod("once")?.pod.value).toBe("failed");
    expect(containerOf(kubelet, "once").container).toMatchObject({ value: "exited", timers: [] });
  });

  test("that is stopping says how long it has", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("slow", aSpec({ containers: [aScript("sleep 3600")] }));
    kubelet.run(10 * second);
    kubelet.delete("slow", 30);
    kubelet.run(1);

    expect(kubelet.inspectPod("slow")?.pod).toMatchObject({
      value: "stopping",
      context: { graceSeconds: 30, objectIsGone: false },
      waitsFor: "its containers and its sandbox to stop",
    });
  });

  test("that the kubelet does not know is nothing", () => {
    expect(new KubeletDriver().inspectPod("nobody")).toBeUndefined();
  });
});
