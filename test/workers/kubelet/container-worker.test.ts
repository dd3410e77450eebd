import { describe, expect, test } from "vitest";
import {
  aContainer,
  aScript,
  aSpec,
  KubeletDriver,
  type SeenStatus,
  second,
} from "./kubelet-driver.ts";

const pod = "default";

/** How long after the end of each container its successor was begun, s. */
function waitsOf(kubelet: KubeletDriver, name: string): readonly number[] {
  const ends = new Map<number, number>();
  for (const { containers } of kubelet.statuses(name)) {
    const { last } = containers[0] ?? {};
    if (last !== undefined) ends.set(last.serial, last.finishedAtUs);
  }
  const begins = kubelet
    .events(name)
    .filter(({ text }) => text.startsWith("Pulling") || text.includes("already present"));
  return begins.slice(1).map(({ atUs }, serial) => (atUs - (ends.get(serial) ?? NaN)) / second);
}

const textIs =
  (text: string) =>
  ({ containers }: SeenStatus): boolean =>
    containers[0]?.text === text;

describe("a container that ends", () => {
  test("under restart policy Always is started at once, then after 10 s, 20 s and so on to 5 min", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("job", aSpec({ containers: [aScript("exit 3")] }));
    kubelet.run(1_300 * second);

    expect(waitsOf(kubelet, "job")).toEqual([1, 10, 20, 40, 80, 160, 300, 300, 300]);
    expect(kubelet.status("job").containers[0]?.restarts).toBe(9);
  });

  test.each([
    ["Always", "exit 0", true],
    ["OnFailure", "exit 1", true],
    ["OnFailure", "exit 0", false],
    ["Never", "exit 1", false],
  ] as const)(
    "under restart policy %s with %s: started again %j",
    (restartPolicy, script, isRestarted) => {
      const kubelet = new KubeletDriver();
      kubelet.bind("job", aSpec({ restartPolicy, containers: [aScript(script)] }));
      kubelet.run(6 * second);

      expect(kubelet.status("job").containers[0]?.restarts).toBe(isRestarted ? 1 : 0);
    },
  );

  test("waits in CrashLoopBackOff and says for how long", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("job", aSpec({ containers: [aScript("exit 3")] }));
    kubelet.runUntil("job", textIs("waiting CrashLoopBackOff"));

    expect(kubelet.status("job").containers[0]).toMatchObject({
      message: `back-off 10s restarting failed container=c pod=job_${pod}(uid-of-job)`,
      last: { exitCode: 3, reason: "Error", serial: 1 },
    });
    expect(kubelet.events("job").at(-1)?.text).toBe(
      `BackOff: Back-off restarting failed container c in pod job_${pod}(uid-of-job)`,
    );
    kubelet.runUntil("job", ({ containers }) => containers[0]?.message.includes("20s") === true);
  });

  test("after more than 10 min is started at once, and its restarts are still counted", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("job", aSpec({ containers: [aScript("sleep 700; exit 1")] }));
    kubelet.run(3_600 * second);

    expect(waitsOf(kubelet, "job")).toEqual([1, 1, 1, 1, 1]);
    expect(kubelet.status("job").containers[0]?.restarts).toBe(5);
  });

  test("tells when it started and ended, and which container it was", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("job", aSpec({ containers: [aScript("sleep 5; exit 3")] }));
    kubelet.run(15 * second);
    const statuses = kubelet.statuses("job").map(({ containers }) => containers[0]);
    const first = statuses.find((seen) => seen?.text === "running");
    const second_ = statuses.findLast((seen) => seen?.text === "running");

    expect(first).toMatchObject({ serial: 0, restarts: 0, last: undefined });
    expect(second_).toMatchObject({ serial: 1, restarts: 1, last: { serial: 0, exitCode: 3 } });
    expect(second_?.last?.startedAtUs).toBe(first?.startedAtUs);
    expect(second_?.last?.finishedAtUs).toBe((first?.startedAtUs ?? 0) + 5 * second);
  });

  test("is not told of as another container before that one is there", () => {
    const kubelet = new KubeletDriver();
    const crashing = aScript("exit 1", { name: "a" });
    const chatty = aScript("exit 1", { name: "b" });
    kubelet.bind("job", aSpec({ containers: [crashing, chatty] }));
    kubelet.run(100 * second);

    for (const { containers } of kubelet.statuses("job")) {
      for (const { text, serial, restarts, last } of containers) {
        if (text !== "running" && last !== undefined) expect(serial).toBe(last.serial);
        expect(restarts).toBe(Math.max(serial, 0));
      }
    }
  });
});

describe("a container that cannot be started", () => {
  const containers = [aContainer({ image: "busybox", command: ["nonesuch"] })];

  test("is a RunContainerError, then in CrashLoopBackOff, its last state a StartError", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("job", aSpec({ containers }));
    kubelet.runUntil("job", textIs("waiting CrashLoopBackOff"));

    expect(kubelet.history("job")).toEqual([
      "Pending: waiting ContainerCreating",
      "Running: waiting RunContainerError",
      "Running: waiting CrashLoopBackOff",
    ]);
    expect(kubelet.status("job").containers[0]?.last).toMatchObject({
      exitCode: 128,
      reason: "StartError",
      startedAtUs: 0,
    });
    expect(kubelet.reasons("job").slice(0, 4)).toEqual(["Pulling", "Pulled", "Created", "Failed"]);
    expect(kubelet.events("job")[3]?.text).toMatch(
      /^Failed: Error: failed to create containerd task: .* executable file not found in \$PATH$/,
    );
  });

  test("fails a pod that never restarts", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("job", aSpec({ containers, restartPolicy: "Never" }));
    kubelet.run(10 * second);

    expect(kubelet.history("job").at(-1)).toBe("Failed: terminated 128 StartError");
  });
});

describe("a container whose image cannot be had", () => {
  test("waits in ErrImagePull and ImagePullBackOff by turns, longer each time", () => {
    const kubelet = new KubeletDriver({ absentImages: ["gone"] });
    kubelet.bind("web", aSpec({ containers: [aContainer({ image: "gone" })] }));
    kubelet.run(120 * second);

    expect(kubelet.history("web").slice(0, 5)).toEqual([
      "Pending: waiting ContainerCreating",
      "Pending: waiting ErrImagePull",
      "Pending: waiting ImagePullBackOff",
      "Pending: waiting ErrImagePull",
      "Pending: waiting ImagePullBackOff",
    ]);
    const failed = kubelet
      .events("web")
      .filter(({ text }) => text === "Failed: Error: ErrImagePull");
    const pulls = kubelet
      .events("web")
      .filter(({ text }) => text === 'Pulling: Pulling image "gone"');
    const waits = pulls.slice(1).map(({ atUs }, index) => atUs - (failed[index]?.atUs ?? 0));
    expect(waits.map((us) => us / second)).toEqual([10, 20, 40]);
  });

  test("says why in its status and in its events, in upstream's words", () => {
    const kubelet = new KubeletDriver({ absentImages: ["gone"] });
    kubelet.bind("web", aSpec({ containers: [aContainer({ image: "gone" })] }));
    kubelet.runUntil("web", textIs("waiting ErrImagePull"));
    const why = kubelet.status("web").containers[0]?.message ?? "";
    expect(why).toMatch(/^failed to pull and unpack image "docker.io\/library\/gone:latest": /);
    kubelet.runUntil("web", textIs("waiting ImagePullBackOff"));

    expect(kubelet.status("web").containers[0]?.message).toBe(
      `Back-off pulling image "gone": ErrImagePull: ${why}`,
    );
    expect(kubelet.events("web").map(({ text }) => text)).toEqual([
      'Pulling: Pulling image "gone"',
      `Failed: Failed to pull image "gone": ${why}`,
      "Failed: Error: ErrImagePull",
      'BackOff: Back-off pulling image "gone"',
      "Failed: Error: ImagePullBackOff",
    ]);
  });

  test("because it may not be pulled says so", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("web", aSpec({ containers: [aContainer({ imagePullPolicy: "Never" })] }));
    kubelet.run(30 * second);

    expect(new Set(kubelet.history("web").slice(1))).toEqual(
      new Set(["Pending: waiting ErrImageNeverPull"]),
    );
    expect(
      kubelet
        .events("web")
        .slice(0, 2)
        .map(({ text }) => text),
    ).toEqual([
      'ErrImageNeverPull: Container image "nginx" is not present with pull policy of Never',
      "Failed: Error: ErrImageNeverPull",
    ]);
  });

  test("because it has no name says so", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("web", aSpec({ containers: [aContainer({ image: "Web!" })] }));
    kubelet.run(5 * second);

    expect(kubelet.history("web").at(-1)).toBe("Pending: waiting InvalidImageName");
    expect(kubelet.reasons("web")).toEqual(["InspectFailed", "Failed"]);
  });

  test("is asked for again when another pod has pulled it, and runs", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("waits", aSpec({ containers: [aContainer({ imagePullPolicy: "Never" })] }));
    kubelet.run(5 * second);
    kubelet.bind("pulls", aSpec());
    kubelet.run(20 * second);

    expect(kubelet.status("waits").phase).toBe("Running");
  });
});

describe("an image that is there", () => {
  test("is not pulled again, unless the policy is Always", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("first", aSpec());
    kubelet.run(10 * second);
    kubelet.bind("next", aSpec());
    kubelet.bind("fresh", aSpec({ containers: [aContainer({ imagePullPolicy: "Always" })] }));
    kubelet.run(10 * second);

    expect(kubelet.events("next")[0]?.text).toBe(
      'Pulled: Container image "nginx" already present on machine and can be accessed by the pod',
    );
    expect(kubelet.reasons("fresh").slice(0, 2)).toEqual(["Pulling", "Pulled"]);
  });
});

describe("a container whose image is changed", () => {
  const withImage = (image: string, change = {}) =>
    aSpec({ containers: [aContainer({ image, ...change })] });

  test("is stopped and makes room for another one, with the new image", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("web", withImage("nginx:1"));
    kubelet.run(10 * second);
    kubelet.update("web", withImage("nginx:2"));
    kubelet.run(10 * second);

    expect(
      kubelet
        .events("web")
        .slice(4)
        .map(({ text }) => text),
    ).toEqual([
      "Killing: Container c definition changed, will be restarted",
      'Pulling: Pulling image "nginx:2"',
      expect.stringMatching(/^Pulled: Successfully pulled image "nginx:2" in /),
      "Created: Container created",
      "Started: Container started",
    ]);
    expect(kubelet.status("web")).toMatchObject({
      phase: "Running",
      containers: [{ text: "running", restarts: 1, last: { exitCode: 0, serial: 0 } }],
    });
  });

  test.each(["OnFailure", "Never"] as const)(
    "is started again under restart policy %s, too",
    (restartPolicy) => {
      const kubelet = new KubeletDriver();
      const containers = [aScript("sleep 3600", { image: "busybox:1" })];
      kubelet.bind("web", aSpec({ restartPolicy, containers, terminationGracePeriodSeconds: 5 }));
      kubelet.run(10 * second);
      const changed = [aScript("sleep 3600", { image: "busybox:2" })];
      kubelet.update(
        "web",
        aSpec({ restartPolicy, containers: changed, terminationGracePeriodSeconds: 5 }),
      );
      kubelet.run(20 * second);

      expect(kubelet.status("web")).toMatchObject({
        phase: "Running",
        containers: [{ restarts: 1 }],
      });
    },
  );

  test("is not waited for with a back-off, however often it changes", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("web", withImage("nginx:0"));
    for (let version = 1; version < 5; version++) {
      kubelet.run(5 * second);
      kubelet.update("web", withImage(`nginx:${version}`));
    }
    kubelet.run(5 * second);

    expect(kubelet.status("web").containers[0]).toMatchObject({ text: "running", restarts: 4 });
    expect(kubelet.reasons("web")).not.toContain("BackOff");
  });

  test("is pulled at once when the image before could not be had", () => {
    const kubelet = new KubeletDriver({ absentImages: ["ngnix"] });
    kubelet.bind("web", withImage("ngnix"));
    kubelet.run(100 * second);
    expect(kubelet.history("web").at(-1)).toBe("Pending: waiting ImagePullBackOff");
    const fixedAtUs = kubelet.nowUs;
    kubelet.update("web", withImage("nginx"));
    kubelet.runUntil("web", ({ phase }) => phase === "Running");

    expect(kubelet.nowUs - fixedAtUs).toBeLessThan(3 * second);
    expect(kubelet.status("web").containers[0]?.restarts).toBe(0);
  });

  test("is started at once when the one before kept crashing", () => {
    const kubelet = new KubeletDriver();
    const script = (image: string) => aSpec({ containers: [aScript("exit 1", { image })] });
    kubelet.bind("job", script("busybox:1"));
    kubelet.run(100 * second);
    expect(kubelet.history("job").at(-1)).toBe("Running: waiting CrashLoopBackOff");
    const changedAtUs = kubelet.nowUs;
    kubelet.update("job", script("busybox:2"));
    kubelet.run(1);
    expect(kubelet.events("job").at(-1)).toMatchObject({
      text: 'Pulling: Pulling image "busybox:2"',
      atUs: changedAtUs,
    });
    kubelet.run(100 * second);
    // Nothing is left of the wait that was cut short.
    expect(waitsOf(kubelet, "job").slice(-4)).toEqual([1, 10, 20, 40]);
  });

  test("while the old one is pulled runs the old one first, then the new one, both pulled", () => {
    const kubelet = new KubeletDriver();
    kubelet.bind("web", withImage("nginx:1"));
    kubelet.run(600_000);
    expect(kubelet.reasons("web")).toEqual(["Pulling"]);
    kubelet.update("web", withImage("nginx:2"));
    kubelet.run(20 * second);

    expect(
      kubelet
        .events("web")
        .filter(({ text }) => text.startsWith("Pulling"))
        .map(({ text }) => text),
    ).toEqual(['Pulling: Pulling image "nginx:1"', 'Pulling: Pulling image "nginx:2"']);
    expect(kubelet.status("web").containers[0]).toMatchObject({ text: "running", restarts: 1 });
  });

  test("while the old one is pulled in vain is pulled soon after", () => {
    const kubelet = new KubeletDriver({ absentImages: ["gone"] });
    kubelet.bind("web", withImage("gone"));
    kubelet.run(300_000);
    kubelet.update("web", withImage("nginx"));
    kubelet.run(6 * second);

    expect(kubelet.status("web").phase).toBe("Running");
    expect(kubelet.reasons("web")).not.toContain("BackOff");
  });

  test("when it has ended for good stays ended", () => {
    const kubelet = new KubeletDriver();
    const script = (image: string) =>
      aSpec({ restartPolicy: "Never", containers: [aScript("true", { image })] });
    kubelet.bind("job", script("busybox:1"));
    kubelet.run(10 * second);
    kubelet.update("job", script("busybox:2"));
    kubelet.run(10 * second);

    expect(kubelet.history("job").at(-1)).toBe("Succeeded: terminated 0 Completed");
    expect(kubelet.reasons("job").filter((reason) => reason === "Started")).toHaveLength(1);
  });

  test("and deleted while it makes room is gone", () => {
    const kubelet = new KubeletDriver();
    const script = (image: string) => aSpec({ containers: [aScript("sleep 3600", { image })] });
    kubelet.bind("job", script("busybox:1"));
    kubelet.run(10 * second);
    kubelet.update("job", script("busybox:2"));
    kubelet.run(2 * second);
    kubelet.delete("job", 4);
    kubelet.run(10 * second);

    expect(kubelet.removedAtUs("job")).toBeDefined();
    expect(kubelet.history("job").at(-1)).toBe("Failed: terminated 137 Error");
  });
});
