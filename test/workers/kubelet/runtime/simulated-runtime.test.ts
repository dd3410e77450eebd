import { describe, expect, test } from "vitest";
import { dottedIp } from "../../../../src/api/ip.ts";
import { runtimeProfiles } from "../../../../src/data-plane/runtime-profiles.ts";
import { Chance } from "../../../../src/kernel/chance.ts";
import { Timeline } from "../../../../src/kernel/timeline.ts";
import { PodSubject } from "../../../../workers/kubelet/pod-subject.ts";
import {
  isRunning,
  portHolder,
  type PullResult,
  type RuntimeContainer,
  type Sandbox,
  type Termination,
} from "../../../../workers/kubelet/runtime/container-runtime.ts";
import { PodAddresses } from "../../../../workers/kubelet/runtime/pod-addresses.ts";
import { SimulatedRuntime } from "../../../../workers/kubelet/runtime/simulated-runtime.ts";
import { aContainer, aScript, second } from "../kubelet-driver.ts";

function aPod(name = "web") {
  return new PodSubject("default", name, `uid-of-${name}`);
}

/** A runtime, its clock, and its answers as values. */
function aRuntime(
  options: {
    readonly absentImages?: readonly string[];
    readonly cidr?: string | undefined;
    readonly seed?: number;
  } = {},
) {
  const timeline = new Timeline();
  const calls: string[] = [];
  const runtime = new SimulatedRuntime({
    actor: { id: 1_000, name: "kubelet:node-1" },
    timeline,
    chance: new Chance(options.seed ?? 1),
    profile: runtimeProfiles.containerd,
    absentImages: options.absentImages ?? [],
    onCall: ({ name }, call, target) => calls.push(`${call} ${name} ${target}`.trim()),
  });
  runtime.joinNetwork(new PodAddresses(options.cidr ?? "10.244.0.0/24"));

  /** Runs the clock until an answer is there. */
  function answer<T>(ask: (done: (value: T) => void) => void): T {
    const answers: T[] = [];
    ask((value) => void answers.push(value));
    while (answers.length === 0) {
      if (timeline.pending === 0) throw new Error("there is no answer");
      timeline.runBefore(timeline.nextDueUs + 1);
    }
    return answers[0] as T;
  }

  function sandbox(name = "web", hostNetwork = false): Sandbox {
    const result = answer<Parameters<Parameters<typeof runtime.runPodSandbox>[2]>[0]>((done) =>
      runtime.runPodSandbox(aPod(name), hostNetwork, done),
    );
    if (!result.ok) throw new Error(result.message);
    return result.sandbox;
  }

  function start(
    inSandbox: Sandbox,
    spec = aContainer(),
  ): {
    readonly container: RuntimeContainer;
    readonly error: Termination | undefined;
    readonly ends: Termination[];
  } {
    const ends: Termination[] = [];
    const container = answer<RuntimeContainer>((done) =>
      runtime.createContainer(inSandbox, spec, 0, done),
    );
    const error = answer<Termination | undefined>((done) =>
      runtime.startContainer(container, {
        started: done,
        exited: (termination) => ends.push(termination),
      }),
    );
    return { container, error, ends };
  }

  const run = (us: number): void => {
    const endUs = timeline.nowUs + us;
    timeline.runBefore(endUs + 1);
    timeline.moveTo(endUs);
  };
  const pull = (image: string, done: (result: PullResult, atUs: number) => void): void =>
    runtime.pullImage(aPod(), image, (result) => done(result, timeline.nowUs));
  return { runtime, timeline, calls, sandbox, start, run, pull };
}

describe("a sandbox", () => {
  test("has an address of the node's range, which comes back when it is stopped", () => {
    const { runtime, sandbox, run } = aRuntime({ cidr: "10.244.7.0/29" });
    const addresses = ["a", "b", "c", "d", "e"].map((name) => sandbox(name));
    expect(addresses.map(({ ip }) => dottedIp(ip))).toEqual([
      "10.244.7.2",
      "10.244.7.3",
      "10.244.7.4",
      "10.244.7.5",
      "10.244.7.6",
    ]);
    let isStopped = false;
    runtime.stopPodSandbox(addresses[2] as Sandbox, () => (isStopped = true));
    run(second);

    expect(isStopped).toBe(true);
    expect(dottedIp(sandbox("f").ip)).toBe("10.244.7.4");
    expect(runtime.sandboxes).toHaveLength(5);
  });

  test("cannot be made when no address is left", () => {
    const { sandbox } = aRuntime({ cidr: "10.244.7.0/30" });
    sandbox("a");
    expect(() => sandbox("b")).toThrow(
      "failed to allocate for range 0: no IP addresses available in range set: 10.244.7.1-10.244.7.2",
    );
  });

  test("on the host's network takes no address", () => {
    const { sandbox } = aRuntime({ cidr: "10.244.7.0/30" });
    expect(sandbox("a", true).ip).toBe(0);
    expect(dottedIp(sandbox("b").ip)).toBe("10.244.7.2");
  });
});

describe("a pull", () => {
  test("takes the time of its size, and then the image is there, however its name is written", () => {
    const { runtime, run, pull } = aRuntime();
    const results: PullResult[] = [];
    pull("nginx", (result) => results.push(result));
    expect(runtime.hasImage("nginx")).toBe(false);
    run(10 * second);

    expect(results).toEqual([
      { ok: true, tookUs: expect.any(Number), waitedUs: expect.any(Number), sizeBytes: 59_795_293 },
    ]);
    for (const name of ["nginx", "nginx:latest", "docker.io/library/nginx"]) {
      expect(runtime.hasImage(name)).toBe(true);
    }
    expect(runtime.hasImage("nginx:1.27")).toBe(false);
  });

  test("waits for the one before, and says how long", () => {
    const { run, pull } = aRuntime();
    const pulls: { readonly result: PullResult; readonly atUs: number }[] = [];
    for (const image of ["nginx", "busybox"])
      pull(image, (result, atUs) => pulls.push({ result, atUs }));
    run(10 * second);
    const [first, next] = pulls.map(({ result, atUs }) => {
      if (!result.ok) throw new Error(result.message);
      return { ...result, atUs };
    });

    expect(first?.waitedUs).toBe(first?.tookUs);
    expect(next?.waitedUs).toBe((first?.tookUs ?? 0) + (next?.tookUs ?? 0));
    expect(next?.atUs).toBe(next?.waitedUs);
  });

  test("of an image that is there, or on its way, only asks the registry", () => {
    const { run, pull } = aRuntime();
    const took: number[] = [];
    const note = (result: PullResult): void => void took.push(result.ok ? result.tookUs : -1);
    for (let pod = 0; pod < 2; pod++) pull("nginx", note);
    run(10 * second);
    pull("docker.io/library/nginx:latest", note);
    run(10 * second);

    const [first = 0, second_ = 0, third = 0] = took;
    expect(first).toBeGreaterThan(1_000_000);
    expect(second_).toBeLessThan(700_000);
    expect(third).toBeLessThan(700_000);
  });

  test.each([
    [
      "gone:1",
      'failed to resolve reference "docker.io/library/gone:1": pull access denied, repository does not exist',
    ],
    ["registry.invalid/team/web:1", "dial tcp: lookup registry.invalid: no such host"],
    ["registry.invalid:5000/web", "dial tcp: lookup registry.invalid:5000: no such host"],
  ])("of %s fails, and leaves no image", (image, words) => {
    const { runtime, run, pull } = aRuntime({ absentImages: ["gone:1"] });
    const results: PullResult[] = [];
    pull(image, (result) => results.push(result));
    run(10 * second);

    expect(results).toEqual([{ ok: false, message: expect.stringContaining(words) }]);
    expect(runtime.hasImage(image)).toBe(false);
  });

  test("of an absent image fails under its full name, too", () => {
    const { run, pull } = aRuntime({ absentImages: ["docker.io/library/gone:latest"] });
    const results: PullResult[] = [];
    pull("gone", (result) => results.push(result));
    run(10 * second);

    expect(results).toMatchObject([{ ok: false }]);
  });
});

describe("a container", () => {
  test("runs until its process ends", () => {
    const { sandbox, start, run } = aRuntime();
    const { container, error, ends } = start(sandbox(), aScript("sleep 5; exit 3"));
    expect(error).toBeUndefined();
    run(5 * second - 1);
    expect(isRunning(container)).toBe(true);
    run(1);

    expect(ends).toEqual([{ exitCode: 3, reason: "Error", message: "" }]);
    expect(isRunning(container)).toBe(false);
  });

  test("that ends with 0 is completed", () => {
    const { sandbox, start, run } = aRuntime();
    const { ends } = start(sandbox(), aScript("true"));
    run(second);

    expect(ends).toEqual([{ exitCode: 0, reason: "Completed", message: "" }]);
  });

  test("whose command is not in the image cannot be started", () => {
    const { sandbox, start, run } = aRuntime();
    const { container, error, ends } = start(
      sandbox(),
      aContainer({ image: "busybox", command: ["nonesuch"] }),
    );
    run(60 * second);

    expect(error).toMatchObject({ exitCode: 128, reason: "StartError" });
    expect(error?.message).toContain('exec: "nonesuch": executable file not found in $PATH');
    expect(isRunning(container)).toBe(false);
    expect(ends).toEqual([]);
  });

  test("runs its arguments when it has no command, and both when it has both", () => {
    const { sandbox, start, run } = aRuntime();
    const inSandbox = sandbox();
    const onlyArgs = start(inSandbox, aContainer({ image: "busybox", args: ["sleep", "1"] }));
    const both = start(
      inSandbox,
      aContainer({ name: "d", image: "busybox", command: ["sh", "-c"], args: ["exit 4"] }),
    );
    run(2 * second);

    expect(onlyArgs.ends).toMatchObject([{ exitCode: 0 }]);
    expect(both.ends).toMatchObject([{ exitCode: 4 }]);
  });

  test("that binds a port another of its pod has bound gives up after a while", () => {
    const { sandbox, start, run } = aRuntime();
    const inSandbox = sandbox();
    const first = start(inSandbox, aContainer({ name: "first" }));
    const second_ = start(inSandbox, aContainer({ name: "second" }));
    expect(second_.error).toBeUndefined();
    expect(isRunning(second_.container)).toBe(true);
    run(10 * second);

    expect(second_.ends).toMatchObject([{ exitCode: 1, reason: "Error" }]);
    expect(isRunning(first.container)).toBe(true);
    expect(portHolder(inSandbox, 80)).toBe(first.container);
  });

  test("binds the port once the other has ended", () => {
    const { runtime, sandbox, start, run } = aRuntime();
    const inSandbox = sandbox();
    const first = start(inSandbox, aContainer({ name: "first" }));
    runtime.stopContainer(first.container, 30);
    run(second);
    const next = start(inSandbox, aContainer({ name: "second" }));
    run(60 * second);

    expect(isRunning(next.container)).toBe(true);
    expect(portHolder(inSandbox, 80)).toBe(next.container);
  });

  test("of another pod may bind the same port", () => {
    const { sandbox, start, run } = aRuntime();
    const pods = ["a", "b"].map((name) => start(sandbox(name)));
    run(60 * second);

    expect(pods.map(({ container }) => isRunning(container))).toEqual([true, true]);
  });

  test("is kept after its end until the next one of its name is made", () => {
    const { sandbox, start, run } = aRuntime();
    const inSandbox = sandbox();
    for (let life = 0; life < 5; life++) {
      start(inSandbox, aScript("true"));
      run(second);
    }
    start(inSandbox, aScript("true", { name: "other" }));

    expect([...inSandbox.containers].map(({ spec }) => spec.name)).toEqual(["c", "other"]);
  });
});

describe("stopping a container", () => {
  test("lets a process that handles SIGTERM end by itself", () => {
    const { runtime, sandbox, start, run } = aRuntime();
    const { container, ends } = start(sandbox());
    runtime.stopContainer(container, 30);
    run(second);

    expect(ends).toEqual([{ exitCode: 0, reason: "Completed", message: "" }]);
  });

  test("kills a process that ignores SIGTERM when its grace is over", () => {
    const { runtime, sandbox, start, run } = aRuntime();
    const { container, ends } = start(sandbox(), aScript("sleep 3600"));
    runtime.stopContainer(container, 10);
    run(10 * second - 1);
    expect(ends).toEqual([]);
    run(1);

    expect(ends).toEqual([{ exitCode: 137, reason: "Error", message: "" }]);
  });

  test("kills it sooner when asked again with less grace, never later", () => {
    const { runtime, sandbox, start, run } = aRuntime();
    const { container, ends } = start(sandbox(), aScript("sleep 3600"));
    runtime.stopContainer(container, 30);
    run(5 * second);
    runtime.stopContainer(container, 60);
    runtime.stopContainer(container, 2);
    run(2 * second);

    expect(ends).toMatchObject([{ exitCode: 137 }]);
  });

  test("lets a process that would end before that end as it would have", () => {
    const { runtime, sandbox, start, run } = aRuntime();
    const { container, ends } = start(sandbox(), aScript("sleep 4; exit 6"));
    runtime.stopContainer(container, 30);
    run(60 * second);

    expect(ends).toMatchObject([{ exitCode: 6 }]);
  });

  test("that has ended does nothing", () => {
    const { runtime, sandbox, start, run } = aRuntime();
    const { container, ends } = start(sandbox(), aScript("exit 3"));
    run(second);
    runtime.stopContainer(container, 30);
    run(60 * second);

    expect(ends).toHaveLength(1);
  });
});

describe("the runtime", () => {
  test("tells of each call that is over", () => {
    const { runtime, calls, sandbox, start, run, pull } = aRuntime();
    pull("nginx", () => {});
    run(10 * second);
    const inSandbox = sandbox();
    start(inSandbox);
    runtime.stopPodSandbox(inSandbox, () => {});
    run(second);

    expect(calls).toEqual([
      "PullImage web nginx",
      "RunPodSandbox web",
      "CreateContainer web c",
      "StartContainer web c",
      "StopPodSandbox web",
    ]);
  });

  test("takes as long for a pod whatever other pods do, and another time with another seed", () => {
    const timeOf = (others: readonly string[], seed?: number): number => {
      const { timeline, sandbox } = aRuntime(seed === undefined ? {} : { seed });
      for (const other of others) sandbox(other);
      const beforeUs = timeline.nowUs;
      sandbox("web");
      return timeline.nowUs - beforeUs;
    };
    expect(timeOf(["a", "b", "c"])).toBe(timeOf([]));
    expect(timeOf([], 2)).not.toBe(timeOf([]));
  });
});
