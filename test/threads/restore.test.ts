import { expect, test } from "vitest";
import { startLiveCluster } from "../../src/cluster/live-cluster.ts";
import { restoreLiveCluster } from "../../src/cluster/restore.ts";
import { decodeSnapshot, journalOf } from "../../src/cluster/snapshot.ts";
import { LiveClient } from "../cluster/live-client.ts";
import { twoFutures } from "../cluster/two-futures.ts";

test.each([
  [0, 2],
  [2, 0],
  [2, 1],
])(
  "a cluster with %d threads, restored with %d, has the future that the original had",
  { timeout: 60_000 },
  async (threads, restoredThreads) => {
    const { original, restored } = await twoFutures(threads, restoredThreads);

    expect(restored.inputs).toEqual(original.inputs);
    expect(restored.facts).toEqual(original.facts);
    expect(restored.end).toEqual(original.end);
  },
);

test(
  "a snapshot has nothing in it that came in while the threads were asked for it",
  { timeout: 60_000 },
  async () => {
    const live = await startLiveCluster({ nodes: 4, threads: 2, plainHttp: true, speed: 100 });
    const client = new LiveClient(live.address.server);
    let isOver = false;
    const flood = Array.from({ length: 8 }, async (_none, id) => {
      for (let number = 0; !isOver; number++) {
        const metadata = { name: `c-${id}-${number}` };
        await client.send("POST", "/api/v1/namespaces/default/configmaps", { metadata });
      }
    });
    const snapshots: Uint8Array[] = [];
    for (let moment = 0; moment < 20; moment++) snapshots.push(await live.snapshot());
    isOver = true;
    await Promise.all(flood);
    client.close();
    await live.stop();

    for (const bytes of snapshots.slice(-3)) {
      const restored = await restoreLiveCluster(bytes, { threads: 0, plainHttp: true, speed: 0 });
      await restored.stop();
      const { end, inputs } = journalOf(decodeSnapshot(bytes));
      expect(inputs.length).toBeGreaterThan(0);
      expect([...restored.cluster.server.objects("", "configmaps")].length).toBeGreaterThan(0);
      expect(restored.cluster.server.revision).toBe(end.revision);
    }
    for (const bytes of snapshots) expect(() => journalOf(decodeSnapshot(bytes))).not.toThrow();
  },
);
