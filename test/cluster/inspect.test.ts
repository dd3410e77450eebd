import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NodeInspectionBody, PodInspectionBody } from "../../src/cluster/inspect.ts";
import { type LiveCluster, startLiveCluster } from "../../src/cluster/live-cluster.ts";
import { rfc3339Micro } from "../../src/api/time.ts";
import { LiveClient } from "./live-client.ts";

let live: LiveCluster;
let client: LiveClient;
beforeAll(async () => {
  live = await startLiveCluster({ nodes: 2, threads: 0, plainHttp: true, speed: 0 });
  client = new LiveClient(live.address.server);
  const spec = { containers: [{ name: "c", image: "nginx" }] };
  await create("pods", { metadata: { name: "web" }, spec });
  const nowhere = { ...spec, nodeSelector: { nobody: "has-it" } };
  await create("pods", { metadata: { name: "waiting" }, spec: nowhere });
  await create("pods", { metadata: { name: "lost" }, spec: { ...spec, nodeName: "ghost" } });
  await client.send("POST", "/api/v1/nodes", { metadata: { name: "ghost" } });
  await client.send("POST", "/podrace/v1/time/until-settled");
});
afterAll(async () => {
  client.close();
  await live.stop();
});

async function create(plural: string, object: object): Promise<void> {
  const path = `/api/v1/namespaces/default/${plural}`;
  const { code, text } = await client.send("POST", path, object);
  if (code !== 201) throw new Error(text);
}

const pod = (name: string): string => `/podrace/v1/inspect/namespaces/default/pods/${name}`;

describe("GET /podrace/v1/inspect", () => {
  test("shows a node as its kubelet has it, with actor, thread and time", async () => {
    const body = await client.json<NodeInspectionBody>("/podrace/v1/inspect/nodes/node-1");

    expect(body).toMatchObject({
      kind: "node",
      name: "node-1",
      actor: "kubelet:node-1",
      thread: "main",
      now: rfc3339Micro(body.nowUs),
      node: { machine: { id: "node" }, value: "ready" },
    });
    expect(body.node.timers.map(({ dueUs }) => dueUs > body.nowUs)).toEqual([true, true]);
  });

  test("shows a pod as the kubelet of its node has it", async () => {
    const body = await client.json<PodInspectionBody>(pod("web"));
    const node = await client.json<NodeInspectionBody>(
      `/podrace/v1/inspect/nodes/${body.nodeName}`,
    );

    expect(body).toMatchObject({
      kind: "pod",
      identity: { namespace: "default", name: "web" },
      actor: `kubelet:${body.nodeName}`,
      pod: { value: "running" },
      containers: [{ name: "c", container: { value: "running" } }],
    });
    expect(node.pods.map(({ name }) => name)).toEqual(["web"]);
  });

  test.each([
    ["/podrace/v1/inspect/nodes/nope", 'nodes "nope" not found'],
    ["/podrace/v1/inspect/nodes/ghost", 'node "ghost" has no kubelet: it is an object only'],
    [pod("nope"), 'pods "nope" not found'],
    [pod("waiting"), 'pod "waiting" is not bound to a node yet: no kubelet has it'],
    [pod("lost"), 'the kubelet of node "ghost" does not know pod "lost"'],
    ["/podrace/v1/inspect/namespaces/other/pods/web", 'pods "web" not found'],
    ["/podrace/v1/inspect/", "the server could not find the requested resource"],
    ["/podrace/v1/inspect/nodes/node-1/pods", "the server could not find the requested resource"],
    ["/podrace/v1/inspect/nodes/%zz", "the server could not find the requested resource"],
    ["/podrace/v1/inspect/services/web", "the server could not find the requested resource"],
  ])("%s is a Status NotFound: %s", async (path, message) => {
    const { code, text } = await client.send("GET", path);

    expect(code).toBe(404);
    expect(JSON.parse(text)).toMatchObject({ kind: "Status", reason: "NotFound", message });
  });

  test("is read only", async () => {
    const { code, text } = await client.send("POST", "/podrace/v1/inspect/nodes/node-1");

    expect(code).toBe(405);
    expect(JSON.parse(text)).toMatchObject({ reason: "MethodNotAllowed" });
  });
});
