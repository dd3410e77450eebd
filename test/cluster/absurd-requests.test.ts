import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LiveCluster, startLiveCluster } from "../../src/cluster/live-cluster.ts";
import { LiveClient } from "./live-client.ts";

const namespaced = "/api/v1/namespaces/default";
const pods = `${namespaced}/pods`;
const container = { name: "c", image: "nginx" };
const sleeper = (seconds: string): object => ({
  restartPolicy: "Never",
  containers: [{ name: "c", image: "busybox", command: ["sleep", seconds] }],
});

let live: LiveCluster;
let client: LiveClient;
let failure: Error | undefined;
beforeAll(async () => {
  live = await startLiveCluster({ nodes: 1, threads: 0, plainHttp: true, speed: 0 });
  void live.failed.then((error) => (failure = error));
  client = new LiveClient(live.address.server);
});
afterAll(async () => {
  client.close();
  await live.stop();
});

/** Lets everything come of it that may within ten minutes. */
async function expectToGoOn(): Promise<void> {
  const { code } = await client.send("POST", "/podrace/v1/time/step?for=10m");
  expect([code, failure]).toEqual([200, undefined]);
}

describe("no client brings down the cluster, and least of all with a number:", () => {
  const numbers = [
    "9007199254740991",
    "9223372036854775807",
    "99999999999999999999999",
    "1e300",
    "-1",
    "-9223372036854775808",
    "0.5",
    "NaN",
  ];

  test.each(numbers)("a watch that is to last %s seconds", async (seconds) => {
    const watch = await client.watch(`${pods}?watch=true&timeoutSeconds=${seconds}`);
    await expectToGoOn();
    watch.cut();
  });

  test.each(numbers)("a pod that has %s seconds to stop", async (seconds) => {
    const spec = { containers: [container] };
    await client.send("POST", pods, { metadata: { name: "asked" }, spec });
    const written = JSON.stringify({ ...spec, terminationGracePeriodSeconds: 0 }).replace(
      '"terminationGracePeriodSeconds":0',
      `"terminationGracePeriodSeconds":${seconds}`,
    );
    await client.send("POST", pods, `{"metadata":{"name":"written"},"spec":${written}}`);
    await expectToGoOn();
    await client.send("DELETE", `${pods}/asked?gracePeriodSeconds=${seconds}`);
    await client.send("DELETE", `${pods}/written`);
    await expectToGoOn();
    for (const name of ["asked", "written"])
      await client.send("DELETE", `${pods}/${name}?gracePeriodSeconds=0`);
  });

  test.each(numbers)("a container that sleeps %s seconds", async (seconds) => {
    await client.send("POST", pods, { metadata: { name: "sleeper" }, spec: sleeper(seconds) });
    await expectToGoOn();
    await client.send("DELETE", `${pods}/sleeper`);
    await expectToGoOn();
    await client.send("DELETE", `${pods}/sleeper?gracePeriodSeconds=0`);
  });
});

describe("no client brings down the cluster by taking away what it stands on:", () => {
  test.each([
    ["a node", "DELETE", "/api/v1/nodes/node-1"],
    ["the leases", "DELETE", "/api/v1/namespaces/kube-node-lease"],
    ["a lease", "DELETE", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-1"],
    ["the default namespace", "DELETE", "/api/v1/namespaces/default"],
    ["all events", "DELETE", `${namespaced}/events`],
  ])("%s", async (_what, method, path) => {
    await client.send("POST", pods, { metadata: { name: "a" }, spec: { containers: [container] } });
    await client.send(method, path);
    await expectToGoOn();
  });

  test("a node comes back under its name, and one that nobody is comes in its place", async () => {
    await client.send("DELETE", "/api/v1/nodes/node-1");
    await client.send("POST", "/api/v1/nodes", { metadata: { name: "node-1" } });
    await client.send("POST", "/api/v1/nodes", { metadata: { name: "nobody" } });
    for (const nodeName of ["node-1", "nobody", "nowhere"]) {
      const spec = { nodeName, containers: [container] };
      await client.send("POST", pods, { metadata: { name: `on-${nodeName}` }, spec });
    }
    await expectToGoOn();
  });
});
