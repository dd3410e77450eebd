import { describe, expect, test } from "vitest";
import type { Node, Pod } from "../../src/api/objects.ts";
import { liveKubectl, manifest } from "./live-kubectl.ts";
import { kubectlVersions } from "./kubectl.ts";

const newest = kubectlVersions.at(-1) as (typeof kubectlVersions)[number];

describe("containers, as kubectl shows them", () => {
  const kubectl = liveKubectl(newest, { absentImages: ["gone:1"] });

  async function create(name: string, spec: object, labels = {}): Promise<void> {
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name, labels }, spec };
    await kubectl.output("create -f -", manifest(pod));
  }

  function busybox(command: readonly string[], restartPolicy: string, image = "busybox"): object {
    return { restartPolicy, containers: [{ name: "c", image, command }] };
  }

  async function podOf(name: string): Promise<Pod> {
    return JSON.parse(await kubectl.output(`get pod ${name} -o json`)) as Pod;
  }

  async function listOf<T>(type: string): Promise<T[]> {
    return (JSON.parse(await kubectl.output(`get ${type} -o json`)) as { items: T[] }).items;
  }

  /** Creates a pod; what `get pods` shows of it, one change after another, until that is there. */
  async function createAndWatch(name: string, spec: object, last: RegExp): Promise<string[]> {
    const labels = { watched: name };
    // Nobody schedules this one: once it is listed, nothing that follows can be missed.
    const decoy = { containers: [{ name: "c", image: "nginx" }], schedulerName: "nobody" };
    await create(`decoy-of-${name}`, decoy, labels);
    let isListed = (): void => {};
    const listed = new Promise<void>((settle) => void (isListed = settle));
    const watching = kubectl(`get pods -w -l watched=${name}`, {
      stopWhen: (out) => {
        if (out.includes("decoy")) isListed();
        return last.test(out);
      },
    });
    await listed;
    await create(name, spec, labels);
    const { stdout } = await watching;
    const rows = stdout.split("\n").filter((row) => row.startsWith(`${name} `));
    const statuses = rows.map((row) => row.split(/ {2,}/).slice(1, 3).join(" "));
    return statuses.filter((status, index) => status !== statuses[index - 1]);
  }

  test.each([
    ["true", ["true"], "Succeeded", 0],
    ["false", ["false"], "Failed", 1],
    ["sleep N", ["sleep", "5"], "Succeeded", 0],
    ["exit N in a shell", ["sh", "-c", "exit 3"], "Failed", 3],
    ["a shell script", ["sh", "-c", "sleep 2 && false || sleep 1; exit 42"], "Failed", 42],
  ])(
    "%s is a process that ends, for good if never restarted",
    async (_what, command, phase, code) => {
      const name = `ends-${command.join("").replaceAll(/[^a-z\d]/g, "")}`;
      await create(name, busybox(command, "Never"));
      await kubectl.output(
        `wait --for=jsonpath={.status.phase}=${phase} pod/${name} --timeout=20s`,
      );
      const { status } = await podOf(name);

      expect(status?.containerStatuses).toMatchObject([
        {
          ready: false,
          started: false,
          restartCount: 0,
          state: { terminated: { exitCode: code, reason: code === 0 ? "Completed" : "Error" } },
        },
      ]);
      const shown = await kubectl.output(`get pod ${name} --no-headers`);
      expect(shown).toMatch(code === 0 ? / 0\/1 +Completed +0 / : / 0\/1 +Error +0 /);
    },
  );

  test("what ends well is not run again on failure, what fails is", async () => {
    await create("well", busybox(["true"], "OnFailure"));
    await kubectl.output("wait --for=jsonpath={.status.phase}=Succeeded pod/well --timeout=20s");
    const failing = busybox(["false"], "OnFailure", "alpine");
    const statuses = await createAndWatch("ill", failing, /CrashLoopBackOff/);

    expect(statuses.slice(-2)).toEqual(["0/1 Error", "0/1 CrashLoopBackOff"]);
    expect((await podOf("well")).status?.containerStatuses?.[0]?.restartCount).toBe(0);
  });

  test("what keeps ending is restarted ever later, and says why it waits", async () => {
    await create("crashing", busybox(["sh", "-c", "exit 3"], "Always"));
    await kubectl("get pod crashing -w", { stopWhen: (out) => /CrashLoopBackOff +3 /.test(out) });
    const [status] = (await podOf("crashing")).status?.containerStatuses ?? [];
    const description = await kubectl.output("describe pod crashing");

    expect(status).toMatchObject({
      restartCount: 3,
      state: {
        waiting: {
          reason: "CrashLoopBackOff",
          message: expect.stringMatching(
            /^back-off 40s restarting failed container=c pod=crashing_default\([-0-9a-f]+\)$/,
          ),
        },
      },
      lastState: { terminated: { exitCode: 3, reason: "Error" } },
    });
    expect(description).toMatch(
      /Warning +BackOff .* Back-off restarting failed container c in pod crashing_default\([-0-9a-f]+\)$/m,
    );
  });

  test("an image of a registry that is not there backs off, and the message names it", async () => {
    const lost = busybox(["x"], "Always", "registry.invalid/x");
    const statuses = await createAndWatch("lost", lost, /ImagePullBackOff/);
    const { status } = await podOf("lost");
    const description = await kubectl.output("describe pod lost");

    expect(statuses.slice(-2)).toEqual(["0/1 ErrImagePull", "0/1 ImagePullBackOff"]);
    expect(status?.phase).toBe("Pending");
    expect(status?.containerStatuses?.[0]?.state?.waiting).toEqual({
      reason: "ImagePullBackOff",
      message: `Back-off pulling image "registry.invalid/x": ErrImagePull: ${unresolved}`,
    });
    expect(description).toContain(`Failed to pull image "registry.invalid/x": ${unresolved}\n`);
    expect(description).toMatch(/Warning +Failed .* Error: ErrImagePull$/m);
    expect(description).toMatch(
      /Normal +BackOff .* Back-off pulling image "registry.invalid\/x"$/m,
    );
    expect(description).toMatch(/Warning +Failed .* Error: ImagePullBackOff$/m);
  });

  test("an image that was declared absent cannot be pulled either", async () => {
    const absent = { containers: [{ name: "c", image: "gone:1" }] };
    const statuses = await createAndWatch("absent", absent, /ImagePullBackOff/);

    expect(statuses.slice(-2)).toEqual(["0/1 ErrImagePull", "0/1 ImagePullBackOff"]);
  });

  test("a program that is not in the image cannot be started", async () => {
    await create("typo", busybox(["slep", "1"], "Never"));
    await kubectl.output("wait --for=jsonpath={.status.phase}=Failed pod/typo --timeout=20s");
    const { status } = await podOf("typo");

    expect(status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 128,
      reason: "StartError",
      message: expect.stringContaining('exec: "slep": executable file not found in $PATH'),
    });
  });

  test("containers of a pod share its ports: the second to bind one gives up, again and again", async () => {
    const two = [
      { name: "first", image: "nginx" },
      { name: "second", image: "nginx" },
    ];
    await createAndWatch("clash", { containers: two }, /1\/2 +CrashLoopBackOff/);
    const { containerStatuses } = (await podOf("clash")).status ?? {};

    expect(containerStatuses?.[0]).toMatchObject({ name: "first", ready: true, restartCount: 0 });
    expect(containerStatuses?.[1]).toMatchObject({
      name: "second",
      ready: false,
      state: { waiting: { reason: "CrashLoopBackOff" } },
      lastState: { terminated: { exitCode: 1, reason: "Error" } },
    });
  });

  test("a pod has one address for all its containers, out of its node's range and its own", async () => {
    const twins = [
      { name: "web", image: "nginx" },
      { name: "side", image: "busybox", command: ["sleep", "3600"] },
    ];
    for (const name of ["twins-1", "twins-2", "twins-3", "twins-4"]) {
      await create(name, { containers: twins });
    }
    await kubectl.output(
      "wait --for=condition=Ready pod/twins-1 pod/twins-2 pod/twins-3 pod/twins-4 --timeout=20s",
    );
    const items = await listOf<Pod>("pods");
    const nodes = await listOf<Node>("nodes");
    const ranges = new Map(nodes.map(({ metadata, spec }) => [metadata.name, spec.podCIDR]));
    const alive = items.filter(({ status }) => status?.phase === "Running");
    const addresses = alive.map(({ status }) => status?.podIP);

    expect(alive.length).toBeGreaterThanOrEqual(4);
    expect(new Set(addresses).size).toBe(alive.length);
    for (const { spec, status } of alive) {
      const range = ranges.get(spec.nodeName ?? "") ?? "";
      expect(range).toMatch(/^10\.244\.\d+\.0\/24$/);
      expect(status?.podIP?.replace(/\d+$/, "0/24")).toBe(range);
      expect(status?.podIPs).toEqual([{ ip: status?.podIP }]);
    }
  });
});

const unresolved =
  'failed to pull and unpack image "registry.invalid/x:latest": failed to resolve reference "registry.invalid/x:latest": ' +
  'failed to do request: Head "https://registry.invalid/v2/x/manifests/latest": dial tcp: lookup registry.invalid: no such host';
