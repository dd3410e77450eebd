import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type LiveCluster, startLiveCluster } from "../../../src/cluster/live-cluster.ts";
import { LiveClient } from "../../cluster/live-client.ts";
import { etcdctlAt, etcdctlSkipReason } from "./etcdctl.ts";

const title = etcdctlSkipReason === undefined ? "" : ` (skipped: ${etcdctlSkipReason})`;

describe.skipIf(etcdctlSkipReason !== undefined)(`etcdctl and a live cluster${title}`, () => {
  let live: LiveCluster;
  let client: LiveClient;
  let etcdctl: ReturnType<typeof etcdctlAt>;
  const pods = "/api/v1/namespaces/default/pods";
  const aPod = (name: string) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: { containers: [{ name, image: "nginx" }] },
  });

  beforeAll(async () => {
    live = await startLiveCluster({
      nodes: 1,
      threads: 0,
      plainHttp: true,
      etcdPort: 0,
      speed: 50,
    });
    client = new LiveClient(live.address.server);
    etcdctl = etcdctlAt((live.address.etcd as string).replace("http://", ""));
  });
  afterAll(async () => live?.stop());

  const valueOf = async (key: string): Promise<string> =>
    (await etcdctl.run(["get", key, "--print-value-only"])).stdout;

  test("people see a pod as JSON, as it comes to run", async () => {
    const watch = etcdctl.start("watch", "--prefix", "/registry/pods/", "--rev=1");
    await client.send("POST", pods, aPod("my-nginx"));
    const key = "/registry/pods/default/my-nginx";
    await vi.waitFor(async () => expect(await valueOf(key)).toContain('"phase":"Running"'), 20_000);
    const stored = JSON.parse(await valueOf(key)) as { readonly metadata: object };
    await vi.waitFor(() => expect(watch.stdout.split("PUT\n").length).toBeGreaterThan(3), 20_000);
    await watch.interrupt();

    expect(stored).toMatchObject({ apiVersion: "v1", kind: "Pod", spec: { nodeName: "node-1" } });
    expect(stored.metadata).not.toHaveProperty("resourceVersion");
  });

  test("what is changed in etcd is seen by everybody", async () => {
    await client.send("POST", pods, aPod("changed"));
    const key = "/registry/pods/default/changed";
    await vi.waitFor(async () => expect(await valueOf(key)).toContain('"phase":"Running"'), 20_000);
    const stored = JSON.parse(await valueOf(key)) as { readonly metadata: object };
    const labelled = { ...stored, metadata: { ...stored.metadata, labels: { by: "etcdctl" } } };
    expect((await etcdctl.run(["put", key, JSON.stringify(labelled)])).stdout).toBe("OK\n");

    const { text } = await client.send("GET", `${pods}?labelSelector=by%3Detcdctl`);
    expect(JSON.parse(text)).toMatchObject({ items: [{ metadata: { name: "changed" } }] });
    expect((await etcdctl.run(["del", key])).stdout).toBe("1\n");
    expect((await client.send("GET", `${pods}/changed`)).code).toBe(404);
  });

  test.each([
    ["/registry/pods/default/x", "no JSON", "the value of /registry/pods/default/x:"],
    ["/registry/pods/default/x", "{}", "Object 'Kind' is missing"],
    [
      "/registry/pods/default/x",
      '{"apiVersion":"v1","kind":"Node"}',
      "expected v1 Pod, not v1 Node",
    ],
    ["/registry/pods/default/x", JSON.stringify(aPod("y")), "it belongs to /registry/pods//y"],
    ["/registry/elsewhere/x", "{}", "no kind is served under this key"],
    ["elsewhere", "{}", "no kind is served under this key"],
  ])("%s cannot be %s", async (key, value, why) => {
    const { code, stderr } = await etcdctl.run(["put", key, value]);

    expect(code).not.toBe(0);
    expect(stderr).toContain("InvalidArgument");
    expect(stderr).toContain(why);
  });

  test("a lease ends by the cluster's clock", async () => {
    expect((await etcdctl.run(["lease", "grant", "30"])).stdout).toContain("TTL(30s)");
    await vi.waitFor(
      async () => expect((await etcdctl.run(["lease", "list"])).stdout).toContain("found 0 leases"),
      5_000,
    );
  });
});
