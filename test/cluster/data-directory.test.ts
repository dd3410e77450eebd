import { chmodSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Node } from "../../src/api/objects.ts";
import { type DataDirectory, openDataDirectory } from "../../src/cluster/data-directory.ts";
import { dataDirectory } from "../control-plane/store/file/data-directory.ts";
import { aPod, DrivenCluster, type Outcome, second } from "./driven-cluster.ts";

const options = { nodes: 2, threads: 0 };

/** A cluster that goes on from a directory; it is closed in any case. */
async function startFrom(directory: string, more = {}): Promise<DrivenCluster> {
  const data = openDataDirectory(directory);
  const driven = await DrivenCluster.start({ ...options, ...more }, { data });
  onTestFinished(() => driven.cluster.close());
  return driven;
}

/** What of its objects may not change by a restart alone. */
function identities({ objects }: Outcome): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(objects).map(([key, { metadata }]) => [key, metadata.uid ?? ""]),
  );
}

function containerOf(driven: DrivenCluster, pod: string) {
  return driven.pod(pod)?.status?.containerStatuses?.[0];
}

describe("a cluster that keeps its state in a directory", () => {
  test("goes on where another one was: its objects, its revision, its time", async () => {
    const directory = dataDirectory();
    const before = await startFrom(directory);
    before.create(aPod("web"));
    await before.until(() => before.phase("web") === "Running");
    const old = await before.outcome();
    await before.cluster.close();

    const data = openDataDirectory(directory);
    expect(data.report).toMatchObject({ revision: old.revision, damage: undefined });
    const kept: string[] = [];
    data.store.range({ key: "/registry/", rangeEnd: "/registry0" }, (_error, { items }) => {
      for (const { key, value } of items) kept.push(`${key} ${JSON.stringify(value.toObject())}`);
    });
    await data.close();
    // The address of its only service is kept besides.
    expect(kept.filter((line) => !line.startsWith("/registry/ipaddresses/")).length).toBe(
      Object.keys(old.objects).length,
    );
    for (const object of Object.values(old.objects)) {
      expect(kept.some((line) => line.endsWith(JSON.stringify(object)))).toBe(true);
    }

    const after = await startFrom(directory);
    expect(after.cluster.nowUs).toBeGreaterThan(old.nowUs - second);
    expect(after.cluster.server.revision).toBeGreaterThan(old.revision);
    expect(identities(await after.outcome())).toMatchObject(identities(old));
  });

  test("has the history of one in memory until the disk answers, and its nodes are as ready", async () => {
    const driven = await startFrom(dataDirectory());
    const inMemory = await DrivenCluster.start(options);
    onTestFinished(() => inMemory.cluster.close());

    const names = async (one: DrivenCluster) => Object.keys((await one.outcome()).objects);
    await driven.run(5 * second);
    await inMemory.run(5 * second);

    const kinds = (keys: readonly string[]) => keys.filter((key) => !key.startsWith("events/"));
    expect(kinds(await names(driven))).toEqual(kinds(await names(inMemory)));
  });

  test("starts the containers of its pods again, as after a reboot of their nodes", async () => {
    const directory = dataDirectory();
    const before = await startFrom(directory);
    before.create(aPod("web"));
    await before.until(() => before.phase("web") === "Running");
    const startTime = before.pod("web")?.status?.startTime;
    await before.cluster.close();

    const after = await startFrom(directory);
    await after.until(
      () =>
        containerOf(after, "web")?.state?.running !== undefined &&
        containerOf(after, "web")?.restartCount === 1,
    );

    expect(after.phase("web")).toBe("Running");
    expect(after.pod("web")?.status?.startTime).toBe(startTime);
    expect(containerOf(after, "web")?.lastState?.terminated).toMatchObject({
      exitCode: 255,
      reason: "Unknown",
    });
    expect(containerOf(after, "web")?.containerID).not.toBe(
      containerOf(after, "web")?.lastState?.terminated?.containerID,
    );
  });

  test("does so, too, where kubelets can fail", async () => {
    const directory = dataDirectory();
    const before = await startFrom(directory, { recordDecisions: true });
    before.create(aPod("web"));
    await before.until(() => before.phase("web") === "Running");
    await before.cluster.close();

    const after = await startFrom(directory, { recordDecisions: true });
    await after.until(() => containerOf(after, "web")?.restartCount === 1);

    expect(containerOf(after, "web")?.lastState?.terminated).toMatchObject({ exitCode: 255 });
  });

  test("does not run again what is not to be restarted, and leaves alone what is over", async () => {
    const directory = dataDirectory();
    const before = await startFrom(directory);
    before.create(aPod("once", { restartPolicy: "Never" }));
    before.create(
      aPod("done", {
        restartPolicy: "Never",
        containers: [{ name: "c", image: "busybox", command: ["true"] }],
      } as never),
    );
    await before.until(
      () => before.phase("once") === "Running" && before.phase("done") === "Succeeded",
    );
    const done = before.pod("done");
    await before.cluster.close();

    const after = await startFrom(directory);
    await after.until(() => after.phase("once") === "Failed");
    await after.run(30 * second);

    expect(containerOf(after, "once")).toMatchObject({
      restartCount: 0,
      state: { terminated: { exitCode: 255, reason: "Unknown" } },
    });
    expect(after.pod("done")).toEqual(done);
  });

  test("finishes the deletions that were under way", async () => {
    const directory = dataDirectory();
    const before = await startFrom(directory);
    before.create(
      aPod("web", {
        terminationGracePeriodSeconds: 600,
        containers: [{ name: "c", image: "busybox", command: ["sleep", "3600"] }],
      }),
    );
    await before.until(() => before.phase("web") === "Running");
    before.remove("web", 600);
    await before.until(() => before.pod("web")?.metadata.deletionTimestamp !== undefined);
    await before.cluster.close();

    const after = await startFrom(directory);
    await after.until(() => after.pod("web") === undefined);

    after.create(aPod("web"));
    await after.until(() => after.phase("web") === "Running");
    expect(containerOf(after, "web")?.restartCount).toBe(0);
  });

  test("takes up a node that is new, and one with another runtime", async () => {
    const directory = dataDirectory();
    await (await startFrom(directory, { nodes: 1 })).cluster.close();

    const after = await startFrom(directory, { nodes: 2, runtime: "docker" });
    const { objects } = await after.outcome();
    const runtimeOf = (name: string) =>
      (objects[`nodes//${name}`] as Node | undefined)?.status?.nodeInfo?.containerRuntimeVersion;

    expect(runtimeOf("node-1")).toMatch(/^docker:/);
    expect(runtimeOf("node-2")).toMatch(/^docker:/);
  });

  test("gives its pods the certificate authority of now", async () => {
    const directory = dataDirectory();
    const dataOf = async (driven: DrivenCluster) =>
      (await driven.outcome()).objects["configmaps/default/kube-root-ca.crt"]?.["data"];
    const before = await startFrom(directory, { caPem: "old" });
    await before.run(second);
    expect(await dataOf(before)).toEqual({ "ca.crt": "old" });
    await before.cluster.close();

    const after = await startFrom(directory, { caPem: "new" });
    await after.run(second);
    expect(await dataOf(after)).toEqual({ "ca.crt": "new" });
  });

  test("survives several restarts, each time one restart of its containers later", async () => {
    const directory = dataDirectory();
    for (let restarts = 0; restarts < 3; restarts++) {
      const driven = await startFrom(directory);
      if (restarts === 0) driven.create(aPod("web"));
      await driven.until(() => {
        const container = containerOf(driven, "web");
        return container?.state?.running !== undefined && container.restartCount === restarts;
      });
      await driven.cluster.close();
    }
  });
});

describe("a directory for a cluster's state", () => {
  const opened = (directory: string, repairs = false): DataDirectory => {
    const data = openDataDirectory(directory, { repairs });
    onTestFinished(() => data.close());
    return data;
  };
  const logOf = (directory: string): string =>
    join(directory, readdirSync(directory).find((name) => name.startsWith("log-")) as string);

  test("is refused while another cluster has it, and free when that is closed", async () => {
    const directory = dataDirectory();
    const data = openDataDirectory(directory);

    expect(() => openDataDirectory(directory)).toThrow(
      `${directory} is in use by process ${process.pid}`,
    );
    await data.close();
    opened(directory);
  });

  test("whose log was torn off has all that was whole, and says what it lost", async () => {
    const directory = dataDirectory();
    const { cluster } = await startFrom(directory);
    await cluster.close();
    const { revision } = await reportOf(directory);
    truncateSync(logOf(directory), 4_000);

    const report = await reportOf(directory);

    expect(report.damage).toMatchObject({ file: logOf(directory), why: "no whole frame" });
    expect(report.revision).toBeLessThan(revision);
  });

  test("that is no directory, or not to be written, is an error that names it", () => {
    const file = join(dataDirectory(), "file");
    writeFileSync(file, "");

    expect(() => openDataDirectory(file)).toThrow(`${file} cannot be used: EEXIST`);
    expect(() => openDataDirectory(join(file, "below"))).toThrow(/below cannot be used: ENOTDIR/);
  });

  test.skipIf(process.getuid?.() === 0)("that is read-only is an error that names it", () => {
    const directory = dataDirectory();
    chmodSync(directory, 0o500);

    expect(() => openDataDirectory(directory)).toThrow(`${directory} cannot be used: EACCES`);
  });

  async function reportOf(directory: string): Promise<DataDirectory["report"]> {
    const data = openDataDirectory(directory);
    await data.close();
    return data.report;
  }
});
