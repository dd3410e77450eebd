import { describe, expect, test } from "vitest";
import { createCluster } from "../../src/cluster/cluster.ts";
import { type ClusterOptions, ClusterOptionsError } from "../../src/cluster/cluster-options.ts";

const between = ["api-1", "kubelet:*"];
const crash = { atUs: 0, kind: "crash", actor: "scheduler" };

describe("fault options that make no sense are refused", () => {
  test.each([
    [{ faults: "all" }, 'faults must be a list of faults, not "all"'],
    [{ faults: [1] }, "faults[0] must be a fault, not 1"],
    [
      { faults: [crash, { ...crash, kind: "explode" }] },
      /^faults\[1\]\.kind must be one of partition, repair, .*, clock, .*compact, not "explode"$/,
    ],
    [{ faults: [{ ...crash, atUs: -1 }] }, /^faults\[0\]\.atUs must be an integer from 0 to/],
    [{ faults: [{ ...crash, forUs: 0.5 }] }, /^faults\[0\]\.forUs must be an integer from 1 to/],
    [
      { faults: [{ ...crash, extraUs: 5 }] },
      "faults[0].extraUs must be absent: a crash has atUs, kind, actor, forUs, not 5",
    ],
    [
      { faults: [{ atUs: 0, kind: "slow", actor: "*" }] },
      /^faults\[0\]\.extraUs must be an integer/,
    ],
    [
      { faults: [{ atUs: 0, kind: "hold", between: ["api-1"] }] },
      'faults[0].between must be two patterns of actor names, not ["api-1"]',
    ],
    [
      { faults: [{ atUs: 0, kind: "hold", between, oneWay: 1 }] },
      "faults[0].oneWay must be true or false, not 1",
    ],
    [
      { faults: [{ atUs: 0, kind: "crash", actor: "kubelet:node-9" }] },
      /^faults\[0\]\.actor must be about actors of this cluster, which are api-1, scheduler, .*, not "kubelet:node-9"$/,
    ],
    [
      { faults: [{ atUs: 0, kind: "crash", actor: "etcd" }] },
      /^faults\[0\]\.actor must be an actor: etcd is one by simulatedEtcd, not "etcd"$/,
    ],
    [
      { explore: { gremlins: { perMillion: 1, maxUs: 1 } } },
      /^explore\.gremlins must be absent: what can be explored is loss, delay, /,
    ],
    [
      { explore: { delay: { perMillion: 2_000_000, maxUs: 1 } } },
      "explore.delay.perMillion must be an integer from 0 to 1000000, not 2000000",
    ],
    [{ explore: { delay: { perMillion: 1 } } }, /^explore\.delay\.maxUs must be an integer/],
    [{ explore: 7 }, "explore must be odds by kind of fault, not 7"],
    [{ decisions: null }, "decisions must be numbers by site key, not null"],
    [{ explore: { loss: null } }, /^explore\.loss\.perMillion must be an integer/],
    [{ explore: { loss: 5 } }, /^explore\.loss\.perMillion must be an integer/],
    [{ explore: { swarm: "yes" } }, 'explore.swarm must be true or false, not "yes"'],
    [{ decisions: { "luck/me": 1 } }, /^decisions\["luck\/me"\] must be a decision about loss, /],
    [
      { decisions: { "loss/a→b/c/#1": -1 } },
      /^decisions\["loss\/a→b\/c\/#1"\] must be an integer from 0 to/,
    ],
  ])("%j", async (options, message) => {
    const created = createCluster({ threads: 0, ...(options as ClusterOptions) });
    await expect(created).rejects.toThrow(message);
    await expect(created).rejects.toBeInstanceOf(ClusterOptionsError);
  });
});

test("fault options of a cluster are kept as they were given", async () => {
  const options = {
    faults: [{ atUs: 5, kind: "repair", between: ["*", "api-1"] }],
    explore: { seed: 4, untilUs: 9, loss: { perMillion: 7 } },
    decisions: { "loss/api-1→scheduler/pods/#1": 1 },
  } as const;
  const cluster = await createCluster({ threads: 0, nodes: 1, ...options });
  expect(cluster.options).toMatchObject(options);
  await cluster.close();
});
