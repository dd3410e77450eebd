import { expect, test } from "vitest";
import type { Fault } from "../../src/kernel/faults.ts";
import { aPod, DrivenCluster, second } from "../cluster/driven-cluster.ts";

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
