import { describe, expect, test } from "vitest";
import type { ClusterOptions } from "../../src/cluster/cluster-options.ts";
import { startLiveCluster } from "../../src/cluster/live-cluster.ts";
import { guardAmbientSources } from "../../src/kernel/ambient-guard.ts";
import { aPod, DrivenCluster, second } from "../cluster/driven-cluster.ts";

/** What the kubelets of three nodes show every 700 ms of a few lives. */
async function seen(options: ClusterOptions): Promise<readonly string[]> {
  await using driven = await DrivenCluster.start({ nodes: 3, ...options });
  const crash = [{ name: "c", image: "busybox", command: ["sh", "-c", "exit 1"] }];
  driven.create(aPod("web"));
  driven.create(aPod("crash", { containers: crash }));
  driven.remove("web", undefined, 8 * second);
  const views: string[] = [];
  for (let look = 0; look < 20; look++) {
    await driven.run(700_000);
    for (const node of ["node-1", "node-2", "node-3", "node-4"]) {
      views.push(JSON.stringify(await driven.cluster.inspectNode(node)) ?? "nothing");
    }
    for (const name of ["web", "crash"]) {
      const pod = driven.pod(name);
      const view = await driven.cluster.inspectPod(
        pod?.spec.nodeName ?? "",
        pod?.metadata.uid ?? "",
      );
      views.push(JSON.stringify(view) ?? "nothing");
    }
  }
  return views;
}

describe("what kubelets show of themselves", () => {
  test("is the same on this thread, on worker threads, and with one for each node", async () => {
    const inline = await seen({ threads: 0 });
    const distinct = new Set(inline).size;

    expect(distinct).toBeGreaterThan(20);
    expect(inline).toContain("nothing");
    for (const threads of [1, 2, "per-node"] as const) {
      expect(await seen({ threads })).toEqual(inline);
    }
  });

  test("does not change what happens", async () => {
    const run = async (looks: boolean): Promise<string> => {
      await using driven = await DrivenCluster.start({ nodes: 2, threads: 2 });
      driven.create(aPod("web"));
      for (let step = 0; step < 30; step++) {
        await driven.run(100_000);
        if (looks) await driven.cluster.inspectNode("node-1");
        if (looks) await driven.cluster.inspectPod("node-2", driven.pod("web")?.metadata.uid ?? "");
      }
      return await driven.cluster.traceHash();
    };

    expect(await run(true)).toBe(await run(false));
  });

  test("can be asked by a request while the machine's time and chance are guarded", async () => {
    guardAmbientSources();
    const live = await startLiveCluster({ nodes: 2, threads: 2, plainHttp: true, speed: 0 });
    const answer = await fetch(`${live.address.server}/podrace/v1/inspect/nodes/node-1`);

    expect(await answer.json()).toMatchObject({
      node: { value: "ready" },
      thread: "kubelet-thread-1",
    });
    await live.stop();
  });
});
