import { describe, expect, test } from "vitest";
import { aContainer, aScript, aSpec, KubeletDriver, second } from "./kubelet-driver.ts";

const isRunning = ({ phase }: { readonly phase: string }): boolean => phase === "Running";
const ready = ["podReadyToStartContainers", "initialized", "containersReady", "ready"];

describe("a pod", () => {
  test("is pending, then runs, and says each step in events", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("web", aSpec());
    kubelet.run(10 * second);

    expect(kubelet.history("web")).toEqual([
      "Pending: waiting ContainerCreating",
      "Running: running",
    ]);
    expect(kubelet.reasons("web")).toEqual(["Pulling", "Pulled", "Created", "Started"]);
    expect(kubelet.status("web")).toMatchObject({ conditions: ready, ip: "10.244.0.2" });
  });

  test("has an address and is ready to start containers once its sandbox is there", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("web", aSpec());
    kubelet.run(10 * second);
    const [accepted, withSandbox] = kubelet.statuses("web");

    expect(accepted).toMatchObject({ ip: "0.0.0.0", conditions: ["initialized"] });
    expect(withSandbox).toMatchObject({
      phase: "Pending",
      ip: "10.244.0.2",
      conditions: ["podReadyToStartContainers", "initialized"],
    });
  });

  test("says when it was accepted, always the same", () => {
    const kubelet = new KubeletDriver();
    kubelet.run(7 * second);
    const acceptedAtUs = kubelet.nowUs;
    kubelet.bind("web", aSpec());
    kubelet.run(20 * second);

    expect(new Set(kubelet.statuses("web").map(({ startedAtUs }) => startedAtUs))).toEqual(
      new Set([acceptedAtUs]),
    );
  });

  test("on its host's network has no address of its own", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("agent", aSpec({ hostNetwork: true }));
    kubelet.run(10 * second);

    expect(kubelet.status("agent")).toMatchObject({ phase: "Running", ip: "0.0.0.0" });
  });

  test("starts its containers one after another, and is ready when all run", () => {
    const kubelet = new KubeletDriver();
    const containers = [aContainer({ name: "web" }), aScript("sleep 3600", { name: "log" })];
    kubelet.bind("web", aSpec({ containers }));
    kubelet.run(10 * second);

    expect(kubelet.history("web")).toEqual([
      "Pending: waiting ContainerCreating | waiting ContainerCreating",
      "Pending: running | waiting ContainerCreating",
      "Running: running | running",
    ]);
    expect(kubelet.events("web").map(({ container }) => container)).toEqual([
      0, 0, 0, 0, 1, 1, 1, 1,
    ]);
    expect(kubelet.statuses("web").map(({ conditions }) => conditions.includes("ready"))).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  test("does not wait with its other containers for an image that cannot be had", () => {
    const kubelet = new KubeletDriver({ absentImages: ["gone"] });
    const containers = [aContainer({ name: "a", image: "gone" }), aContainer({ name: "b" })];
    kubelet.bind("web", aSpec({ containers }));
    kubelet.run(8 * second);

    expect(kubelet.history("web").at(-1)).toBe("Pending: waiting ImagePullBackOff | running");
  });

  test("of two containers that want one port keeps the first, and the second fails", () => {
    const kubelet = new KubeletDriver();
    const containers = [aContainer({ name: "a" }), aContainer({ name: "b" })];
    kubelet.bind("web", aSpec({ containers }));
    kubelet.runUntil("web", isRunning);
    kubelet.run(3 * second);

    expect(kubelet.history("web").at(-1)).toBe("Running: running | terminated 1 Error");
  });

  test("tries again when the node has no address left, and says so", () => {
    const kubelet = new KubeletDriver({ podCidr: "10.244.0.0/30" });
    kubelet.bind("first", aSpec());
    kubelet.run(5 * second);
    kubelet.bind("second", aSpec());
    kubelet.run(5 * second);
    expect(kubelet.history("second")).toEqual(["Pending: waiting ContainerCreating"]);
    expect(kubelet.events("second")[0]?.text).toMatch(
      /^FailedCreatePodSandBox: Failed to create pod sandbox: rpc error: .* no IP addresses available in range set: 10\.244\.0\.1-10\.244\.0\.2$/,
    );
    kubelet.delete("first");
    kubelet.run(20 * second);

    expect(kubelet.status("second")).toMatchObject({ phase: "Running", ip: "10.244.0.2" });
  });
});

describe("init containers", () => {
  const init = [
    aScript("sleep 2", { name: "one" }),
    aScript("sleep 3", { name: "two", image: "alpine" }),
  ];

  test("run in order, each to its end, before the containers", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("web", aSpec({ initContainers: init }));
    kubelet.run(20 * second);

    expect(kubelet.history("web")).toEqual([
      "Pending: waiting PodInitializing | waiting PodInitializing | waiting PodInitializing",
      "Pending: running | waiting PodInitializing | waiting PodInitializing",
      "Pending: terminated 0 Completed | waiting PodInitializing | waiting PodInitializing",
      "Pending: terminated 0 Completed | running | waiting PodInitializing",
      "Pending: terminated 0 Completed | terminated 0 Completed | waiting PodInitializing",
      "Running: terminated 0 Completed | terminated 0 Completed | running",
    ]);
    const initialized = kubelet
      .statuses("web")
      .findIndex(({ conditions }) => conditions.includes("initialized"));
    expect(kubelet.statuses("web")[initialized]?.containers[1]?.text).toBe(
      "terminated 0 Completed",
    );
  });

  test("that fail are tried again, and the rest waits", () => {
    const kubelet = new KubeletDriver();
    const initContainers = [aScript("exit 1", { name: "one" })];
    kubelet.bind("web", aSpec({ initContainers, restartPolicy: "OnFailure" }));
    kubelet.run(40 * second);

    expect(kubelet.history("web").at(-1)).toBe(
      "Pending: waiting CrashLoopBackOff | waiting PodInitializing",
    );
    expect(kubelet.status("web").containers[0]?.restarts).toBe(3);
    expect(kubelet.status("web").conditions).toEqual(["podReadyToStartContainers"]);
  });

  test("that fail in a pod that never restarts end it", () => {
    const kubelet = new KubeletDriver();
    const initContainers = [aScript("exit 4", { name: "one" })];
    kubelet.bind("web", aSpec({ initContainers, restartPolicy: "Never" }));
    kubelet.run(20 * second);

    expect(kubelet.history("web").at(-1)).toBe(
      "Failed: terminated 4 Error | waiting PodInitializing",
    );
    expect(kubelet.pods).toEqual(["web failed"]);
  });
});

describe("a sidecar", () => {
  const sidecar = aContainer({ name: "proxy", isSidecar: true });
  const work = aScript("sleep 5", { name: "work" });

  test("runs beside the containers, which wait for it to start", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("web", aSpec({ initContainers: [sidecar], containers: [work] }));
    kubelet.runUntil("web", isRunning);

    expect(kubelet.history("web")).toEqual([
      "Pending: waiting PodInitializing | waiting PodInitializing",
      "Pending: running | waiting PodInitializing",
      "Running: running | running",
    ]);
    expect(kubelet.status("web").conditions).toEqual(ready);
  });

  test("is stopped when the containers are done, and the pod has succeeded only then", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind(
      "job",
      aSpec({ initContainers: [sidecar], containers: [work], restartPolicy: "Never" }),
    );
    kubelet.run(20 * second);

    expect(kubelet.history("job").slice(-2)).toEqual([
      "Running: running | terminated 0 Completed",
      "Succeeded: terminated 0 Completed | terminated 0 Completed",
    ]);
    expect(kubelet.reasons("job").at(-1)).toBe("Killing");
  });

  test("that takes its time to stop keeps the pod running, and its sandbox", () => {
    const kubelet = new KubeletDriver();
    const stubborn = aScript("sleep 3600", { name: "proxy", isSidecar: true });
    const spec = {
      initContainers: [stubborn],
      containers: [work],
      terminationGracePeriodSeconds: 20,
    };
    kubelet.bind("job", aSpec({ ...spec, restartPolicy: "Never" }));
    kubelet.run(20 * second);
    expect(kubelet.pods).toEqual(["job running"]);
    expect(kubelet.status("job").phase).toBe("Running");
    kubelet.run(20 * second);

    expect(kubelet.history("job").at(-1)).toBe(
      "Succeeded: terminated 137 Error | terminated 0 Completed",
    );
    expect(kubelet.pods).toEqual(["job succeeded"]);
  });

  test("that crashes is started again and leaves the pod running", () => {
    const kubelet = new KubeletDriver();
    const crashing = aScript("sleep 4; exit 1", { name: "proxy", isSidecar: true });
    kubelet.bind("web", aSpec({ initContainers: [crashing], restartPolicy: "Never" }));
    kubelet.run(20 * second);

    const phases = kubelet.statuses("web").map(({ phase }) => phase);
    expect(phases.slice(phases.indexOf("Running"))).not.toContain("Pending");
    expect(kubelet.status("web").containers[0]?.restarts).toBeGreaterThan(0);
    expect(kubelet.status("web").conditions).toContain("initialized");
  });
});

describe("a pod whose containers end", () => {
  test.each([
    ["Never", "exit 0", "Succeeded: terminated 0 Completed"],
    ["Never", "exit 3", "Failed: terminated 3 Error"],
    ["OnFailure", "exit 0", "Succeeded: terminated 0 Completed"],
  ] as const)("under restart policy %s with %s is over: %s", (restartPolicy, script, last) => {
    const kubelet = new KubeletDriver();
    kubelet.bind("job", aSpec({ restartPolicy, containers: [aScript(script)] }));
    kubelet.run(120 * second);

    expect(kubelet.history("job").at(-1)).toBe(last);
    expect(kubelet.status("job").containers[0]?.restarts).toBe(0);
    expect(kubelet.removedAtUs("job")).toBeUndefined();
  });

  test("is not over while one of them is about to be started again", () => {
    const kubelet = new KubeletDriver();
    const containers = [
      aScript("sleep 3; exit 1", { name: "fails" }),
      aScript("sleep 3", { name: "works" }),
    ];
    kubelet.bind("job", aSpec({ restartPolicy: "OnFailure", containers }));
    kubelet.run(30 * second);

    expect(kubelet.statuses("job").map(({ phase }) => phase)).not.toContain("Failed");
    expect(kubelet.pods).toEqual(["job running"]);
    expect(kubelet.status("job").containers[0]?.restarts).toBeGreaterThan(0);
  });

  test("keeps its address in its status and gives it to others", () => {
    const kubelet = new KubeletDriver({ podCidr: "10.244.0.0/30" });
    kubelet.bind("job", aSpec({ restartPolicy: "Never", containers: [aScript("true")] }));
    kubelet.run(10 * second);
    kubelet.bind("web", aSpec());
    kubelet.run(10 * second);

    expect(kubelet.status("job").ip).toBe("10.244.0.2");
    expect(kubelet.status("web")).toMatchObject({ phase: "Running", ip: "10.244.0.2" });
  });
});

describe("a deleted pod", () => {
  test("stops its containers, then its sandbox, and only then its object goes", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("web", aSpec());
    kubelet.run(10 * second);
    const deletedAtUs = kubelet.nowUs;
    kubelet.delete("web");
    kubelet.run(60 * second);

    expect(kubelet.history("web").at(-1)).toBe("Succeeded: terminated 0 Completed");
    expect(kubelet.events("web").at(-1)).toMatchObject({
      text: "Killing: Stopping container c",
      atUs: deletedAtUs,
    });
    const removedAtUs = kubelet.removedAtUs("web") as number;
    expect(removedAtUs).toBeGreaterThan(
      kubelet.status("web").containers[0]?.last?.finishedAtUs ?? Infinity,
    );
    expect(removedAtUs - deletedAtUs).toBeLessThan(second);
    expect(kubelet.status("web")).toMatchObject({
      atUs: removedAtUs,
      ip: "10.244.0.2",
      conditions: ["initialized", "podCompleted"],
    });
    expect(kubelet.pods).toEqual([]);
  });

  test("kills what ignores SIGTERM when the grace is over", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("job", aSpec({ containers: [aScript("sleep 3600")] }));
    kubelet.run(10 * second);
    const deletedAtUs = kubelet.nowUs;
    kubelet.delete("job", 7);
    kubelet.run(60 * second);

    expect(kubelet.status("job").containers[0]?.last).toMatchObject({
      exitCode: 137,
      finishedAtUs: deletedAtUs + 7 * second,
    });
    expect(kubelet.history("job").at(-1)).toBe("Failed: terminated 137 Error");
  });

  test("gives its containers two seconds, however little was asked for", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("job", aSpec({ containers: [aScript("sleep 3600")] }));
    kubelet.run(10 * second);
    const deletedAtUs = kubelet.nowUs;
    kubelet.delete("job", 1);
    kubelet.run(60 * second);

    expect(kubelet.status("job").containers[0]?.last?.finishedAtUs).toBe(deletedAtUs + 2 * second);
  });

  test("that is deleted again with less grace goes sooner, and is not killed twice in its events", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("job", aSpec({ containers: [aScript("sleep 3600")] }));
    kubelet.run(10 * second);
    kubelet.delete("job", 600);
    kubelet.run(5 * second);
    const hurriedAtUs = kubelet.nowUs;
    kubelet.delete("job", 3);
    kubelet.run(60 * second);

    expect(kubelet.status("job").containers[0]?.last?.finishedAtUs).toBe(hurriedAtUs + 3 * second);
    expect(kubelet.reasons("job").filter((reason) => reason === "Killing")).toHaveLength(1);
  });

  test("waits for the slowest of its containers, and is running until then", () => {
    const kubelet = new KubeletDriver();
    const containers = [aContainer({ name: "quick" }), aScript("sleep 3600", { name: "slow" })];
    kubelet.bind("web", aSpec({ containers }));
    kubelet.run(10 * second);
    kubelet.delete("web", 10);
    kubelet.run(60 * second);

    expect(kubelet.history("web").slice(-2)).toEqual([
      "Running: terminated 0 Completed | running",
      "Failed: terminated 0 Completed | terminated 137 Error",
    ]);
  });

  test("whose object went by force stops all the same, in its own time, and says nothing", () => {
    const kubelet = new KubeletDriver({ podCidr: "10.244.0.0/30" });
    kubelet.bind(
      "job",
      aSpec({ containers: [aScript("sleep 3600")], terminationGracePeriodSeconds: 20 }),
    );
    kubelet.run(10 * second);
    const { length } = kubelet.statuses("job");
    kubelet.forget("job");
    kubelet.run(19 * second);
    expect(kubelet.pods).toEqual(["job stopping"]);
    kubelet.run(5 * second);

    expect(kubelet.pods).toEqual([]);
    expect(kubelet.statuses("job")).toHaveLength(length);
    expect(kubelet.removedAtUs("job")).toBeUndefined();
    kubelet.bind("next", aSpec());
    kubelet.run(10 * second);
    expect(kubelet.status("next").ip).toBe("10.244.0.2");
  });

  test("whose object goes by force meanwhile keeps the grace it was given", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("job", aSpec({ containers: [aScript("sleep 3600")] }));
    kubelet.run(10 * second);
    kubelet.delete("job", 10);
    kubelet.run(2 * second);
    kubelet.forget("job");
    kubelet.run(7 * second);
    expect(kubelet.pods).toEqual(["job stopping"]);
    kubelet.run(3 * second);
    expect(kubelet.pods).toEqual([]);
  });

  test("that has ended goes at once", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("job", aSpec({ restartPolicy: "Never", containers: [aScript("true")] }));
    kubelet.run(20 * second);
    kubelet.delete("job");
    kubelet.run(1);

    expect(kubelet.removedAtUs("job")).toBeDefined();
    expect(kubelet.history("job").at(-1)).toBe("Succeeded: terminated 0 Completed");
  });

  test("that has just ended waits for its sandbox to go", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("job", aSpec({ restartPolicy: "Never", containers: [aScript("true")] }));
    kubelet.runUntil("job", ({ phase }) => phase === "Succeeded");
    const endedAtUs = kubelet.status("job").atUs;
    kubelet.delete("job");
    kubelet.run(10 * second);

    expect((kubelet.removedAtUs("job") ?? 0) - endedAtUs).toBeGreaterThanOrEqual(40_000);
    expect(kubelet.history("job").at(-1)).toBe("Succeeded: terminated 0 Completed");
  });

  test("that is waiting to be started again is not, and shows how it ended", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("job", aSpec({ containers: [aScript("exit 3")] }));
    kubelet.runUntil("job", ({ containers }) => containers[0]?.text === "waiting CrashLoopBackOff");
    kubelet.delete("job");
    kubelet.run(60 * second);

    expect(kubelet.history("job").at(-1)).toBe("Failed: terminated 3 Error");
    expect(kubelet.status("job").containers[0]?.restarts).toBe(1);
    expect(kubelet.removedAtUs("job")).toBeDefined();
  });

  /** What a pod deleted at a moment of its start leaves behind. */
  const unknown = "Failed: terminated 137 ContainerStatusUnknown";

  test("while its sandbox is made leaves no sandbox", () => {
    const kubelet = new KubeletDriver({ podCidr: "10.244.0.0/30" });
    kubelet.bind("web", aSpec());
    kubelet.run(50_000);
    kubelet.delete("web");
    kubelet.run(1);
    expect(kubelet.pods).toEqual(["web stopping"]);
    kubelet.run(5 * second);

    expect(kubelet.history("web")).toEqual(["Pending: waiting ContainerCreating", unknown]);
    expect(kubelet.removedAtUs("web")).toBeDefined();
    expect(kubelet.pods).toEqual([]);
    kubelet.bind("next", aSpec());
    kubelet.run(5 * second);
    expect(kubelet.status("next").ip).toBe("10.244.0.2");
  });

  test("while it waits for another try at its sandbox goes at once", () => {
    const kubelet = new KubeletDriver({ podCidr: "10.244.0.0/30" });
    kubelet.bind("first", aSpec());
    kubelet.run(5 * second);
    kubelet.bind("second", aSpec());
    kubelet.run(5 * second);
    kubelet.delete("second");
    kubelet.run(1);

    expect(kubelet.removedAtUs("second")).toBeDefined();
    expect(kubelet.pods).toEqual(["first running"]);
  });

  test("whose sandbox fails meanwhile goes then", () => {
    const kubelet = new KubeletDriver({ podCidr: "10.244.0.0/30" });
    kubelet.bind("first", aSpec());
    kubelet.run(5 * second);
    kubelet.bind("second", aSpec());
    kubelet.run(50_000);
    kubelet.delete("second");
    kubelet.run(5 * second);

    expect(kubelet.removedAtUs("second")).toBeDefined();
    expect(kubelet.reasons("second")).toEqual([]);
  });

  test("while it pulls starts nothing", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("web", aSpec());
    kubelet.run(600_000);
    expect(kubelet.reasons("web")).toEqual(["Pulling"]);
    kubelet.delete("web");
    kubelet.run(10 * second);

    expect(kubelet.reasons("web")).toEqual(["Pulling"]);
    expect(kubelet.history("web").at(-1)).toBe(unknown);
    expect(kubelet.removedAtUs("web")).toBeDefined();
  });

  test("while its image cannot be had is gone at once, and stays gone", () => {
    const kubelet = new KubeletDriver({ absentImages: ["gone"] });
    kubelet.bind("web", aSpec({ containers: [aContainer({ image: "gone" })] }));
    kubelet.runUntil("web", ({ containers }) => containers[0]?.text === "waiting ImagePullBackOff");
    kubelet.delete("web");
    kubelet.run(second);
    expect(kubelet.removedAtUs("web")).toBeDefined();
    const { length } = kubelet.events("web");
    kubelet.run(600 * second);

    expect(kubelet.events("web")).toHaveLength(length);
    expect(kubelet.history("web").at(-1)).toBe(unknown);
  });

  test("while a container is created does not start it", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("web", aSpec());
    while (kubelet.reasons("web").at(-1) !== "Pulled") kubelet.run(1_000);
    kubelet.delete("web");
    kubelet.run(10 * second);

    expect(kubelet.reasons("web")).toEqual(["Pulling", "Pulled"]);
    expect(kubelet.history("web").at(-1)).toBe(unknown);
  });

  test("while a container starts stops it once it has started", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("job", aSpec({ containers: [aScript("sleep 3600")] }));
    while (kubelet.reasons("job").at(-1) !== "Created") kubelet.run(1_000);
    kubelet.delete("job", 10);
    kubelet.run(3 * second);
    expect(kubelet.pods).toEqual(["job stopping"]);
    kubelet.delete("job", 5);
    kubelet.run(20 * second);

    expect(kubelet.reasons("job").slice(-2)).toEqual(["Started", "Killing"]);
    const { last } = kubelet.status("job").containers[0] ?? {};
    expect(last).toMatchObject({ exitCode: 137 });
    expect((last?.finishedAtUs ?? 0) - (last?.startedAtUs ?? 0)).toBeLessThan(10 * second);
    expect(kubelet.removedAtUs("job")).toBeDefined();
  });

  test("before it was initialized leaves its containers waiting", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("web", aSpec({ initContainers: [aScript("sleep 60", { name: "one" })] }));
    kubelet.run(5 * second);
    kubelet.delete("web", 5);
    kubelet.run(20 * second);

    expect(kubelet.history("web").at(-1)).toBe(
      "Failed: terminated 137 Error | waiting PodInitializing",
    );
  });

  test("seen for the first time when it is being deleted is gone without having run", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("web", aSpec());
    kubelet.delete("web");
    kubelet.run(5 * second);

    expect(kubelet.reasons("web")).toEqual([]);
    expect(kubelet.removedAtUs("web")).toBeDefined();
  });
});
