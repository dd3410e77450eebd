import { request } from "node:http";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { serveCluster } from "../../src/cluster/live-cluster.ts";

/** What a client finds in a cluster whose time stands still. */
export interface ServedPods {
  /** Complete pods, as a list in pages of 500 has them, and how long that took, s. */
  readonly listed: number;
  readonly pages: number;
  readonly listSeconds: number;
  /** Reading one of them, ms. */
  readonly getMs: number;
  /** What a watch from the list's revision tells of a pod that is deleted then. */
  readonly watched: string;
}

interface PodJson {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec: { readonly nodeName: string; readonly containers: readonly unknown[] };
  readonly status: {
    readonly phase: string;
    readonly podIP: string;
    readonly conditions: readonly unknown[];
    readonly containerStatuses: readonly { readonly state: object }[];
  };
}

const path = "/api/v1/namespaces/default/pods";

/** Serves the cluster over HTTP, lists all its pods page by page, reads one and watches. */
export async function readServedPods(cluster: Cluster): Promise<ServedPods> {
  const live = await serveCluster(cluster, { plainHttp: true, speed: 0 });
  try {
    const { server } = live.address;
    const listedAt = performance.now();
    let listed = 0;
    let pages = 0;
    let next = "";
    let revision = "";
    do {
      const query = `?limit=500${next === "" ? "" : `&continue=${encodeURIComponent(next)}`}`;
      const list = JSON.parse(await read(server, "GET", path + query)) as {
        readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
        readonly items: readonly PodJson[];
      };
      listed += list.items.filter(isComplete).length;
      pages++;
      ({ resourceVersion: revision, continue: next = "" } = list.metadata);
    } while (next !== "");
    const listSeconds = (performance.now() - listedAt) / 1_000;
    const gotAt = performance.now();
    const one = JSON.parse(await read(server, "GET", `${path}/pod-0`)) as PodJson;
    const getMs = performance.now() - gotAt;
    if (!isComplete(one)) throw new Error("pod-0 is not complete");
    const watched = await watchDeletion(server, revision);
    return {
      listed,
      pages,
      listSeconds: Number(listSeconds.toFixed(2)),
      getMs: Number(getMs.toFixed(2)),
      watched,
    };
  } finally {
    await live.stop();
  }
}

function isComplete({ metadata, spec, status }: PodJson): boolean {
  const [container] = status.containerStatuses;
  return (
    metadata.uid.length === 36 &&
    spec.nodeName !== "" &&
    spec.containers.length === 1 &&
    status.phase === "Running" &&
    status.podIP !== "" &&
    status.conditions.length === 5 &&
    container !== undefined &&
    "running" in container.state
  );
}

async function watchDeletion(server: string, revision: string): Promise<string> {
  const watching = new Promise<string>((resolve, reject) => {
    const watch = request(`${server}${path}?watch=true&resourceVersion=${revision}`, (response) => {
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        const { type, object } = JSON.parse(chunk.split("\n")[0] ?? "") as {
          readonly type: string;
          readonly object: PodJson;
        };
        resolve(`${type} ${object.metadata.name}`);
        watch.destroy();
      });
    });
    watch.on("error", reject);
    watch.end();
  });
  await read(server, "DELETE", `${path}/pod-0?gracePeriodSeconds=0`);
  return watching;
}

function read(server: string, method: string, target: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(`${server}${target}`, { method }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => {
        if ((response.statusCode ?? 500) < 300) resolve(text);
        else reject(new Error(`${method} ${target}: ${response.statusCode} ${text}`));
      });
    });
    asked.on("error", reject);
    asked.end();
  });
}
