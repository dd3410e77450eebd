import { expect, test } from "vitest";
import type { ClusterOptions } from "../../src/cluster/cluster-options.ts";
import type { Fault } from "../../src/kernel/faults.ts";
import { aPod, DrivenCluster, second } from "../cluster/driven-cluster.ts";
import {
  crashingServers,
  type StoryOfCrashes,
  storyOfCrashes,
} from "../cluster/server-crash-stories.ts";

const faults: readonly Fault[] = [
  { atUs: 20 * second, kind: "hold", between: ["etcd", "api-2"], forUs: 20 * second },
  { atUs: 30 * second, kind: "partition", between: ["etcd", "api-3"], forUs: 5 * second },
  { atUs: 40 * second, kind: "partition", between: ["kubelet:*", "api-1"], forUs: 60 * second },
  { atUs: 60 * second, kind: "crash", actor: "kubelet:node-2", forUs: 5 * second },
];
const explore = {
  loss: { perMillion: 500 },
  delay: { perMillion: 10_000, maxUs: second },
  apiServer: { perMillion: 500_000 },
};

test("several API servers that crash have one history, explored or by their map, on any number of threads", async () => {
  const run = (threads: number, how: ClusterOptions): Promise<StoryOfCrashes> =>
    storyOfCrashes({ threads, seed: 5, ...how });
  const explored = { explore: crashingServers };
  const inline = await run(0, explored);
  const { decisions } = inline;

  expect(inline.crashes).toBeGreaterThan(5);
  for (const threads of [1, 2, 4]) expect(await run(threads, explored)).toEqual(inline);
  expect(await run(2, { decisions })).toEqual(inline);
}, 60_000);

test("several API servers under faults have one history, inline and over 1, 2 and 4 threads", async () => {
  const hashOf = async (threads: number): Promise<string> => {
    await using driven = await DrivenCluster.start({
      nodes: 4,
      threads,
      apiServers: 3,
      faults,
      explore,
    });
    for (const name of ["a", "b", "c", "d", "e", "f"]) driven.create(aPod(name));
    for (const name of ["a", "b"]) driven.remove(name, 1, 35 * second);
    await driven.run(180 * second);
    return await driven.cluster.traceHash();
  };
  const inline = await hashOf(0);

  expect(await Promise.all([1, 2, 4].map(hashOf))).toEqual([inline, inline, inline]);
});
