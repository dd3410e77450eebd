/**
 * A live cluster under load from another process, in real time, over HTTP/2 and TLS: nodes become
 * ready, pods are posted, run and are deleted, and all the while one pod is read again and again.
 *
 * Run: npm run bench:live -- --nodes 5000 --pods 10000 [--streams 8]
 * Prints one JSON object. The load is that of KWOK's own benchmark; this process is the client.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { type ClientHttp2Session, connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { loadKubeconfig } from "../../src/cli/load-kubeconfig.ts";

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "5000" },
    pods: { type: "string", default: "10000" },
    streams: { type: "string", default: "8" },
  },
});
const [nodes, pods, streams] = [values.nodes, values.pods, values.streams].map(Number) as [
  number,
  number,
  number,
];

/** Between two reads of the one pod, ms. */
const probeIntervalMs = 20;
const podsPath = "/api/v1/namespaces/default/pods";

const main = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "podrace-bench-"));
const kubeconfig = join(folder, "kubeconfig");
const startedAt = performance.now();
const args = ["up", "--nodes", String(nodes), "--port", "0", "--kubeconfig", kubeconfig];
const server = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "inherit"] });
try {
  await firstLine(server);
  const session = openSession();
  const ready = await readyNodes(session);
  const nodesReadySeconds = secondsSince(startedAt);

  const counts = followPods(openSession());
  const probe = startProbe();
  const postedAt = performance.now();
  await inParallel(pods, (index) => expectOk(request(session, "POST", podsPath, pod(index))));
  const postSeconds = secondsSince(postedAt);
  await until(() => counts.running >= pods);
  const runningSeconds = secondsSince(postedAt);
  const deletedAt = performance.now();
  await inParallel(pods, (index) => expectOk(request(session, "DELETE", `${podsPath}/p-${index}`)));
  await until(() => counts.gone >= pods);
  const deletedSeconds = secondsSince(deletedAt);
  const latencies = (await probe.stop()).toSorted((left, right) => left - right);
  process.stdout.write(
    `${JSON.stringify({
      benchmark: "live",
      node: process.version,
      nodes,
      pods,
      streams,
      nodesReady: ready,
      nodesReadySeconds: round(nodesReadySeconds),
      postSeconds: round(postSeconds),
      runningSeconds: round(runningSeconds),
      deletedSeconds: round(deletedSeconds),
      reads: latencies.length,
      readMsP50: round(latencies[Math.floor(latencies.length * 0.5)] ?? 0),
      readMsP99: round(latencies[Math.floor(latencies.length * 0.99)] ?? 0),
      readMsMax: round(latencies.at(-1) ?? 0),
    })}\n`,
  );
} finally {
  const ended = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGINT");
  await ended;
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);

function openSession(): ClientHttp2Session {
  const { server: address, ...credentials } = credentialsOf();
  return connect(address, credentials);
}

function credentialsOf() {
  const loaded = loadKubeconfig([kubeconfig]);
  const connection = loaded.connection(loaded.currentContext);
  return {
    server: connection.server,
    ca: connection.authorityPem,
    cert: connection.clientCertificatePem,
    key: connection.clientKeyPem,
  };
}

interface Answer {
  readonly code: number;
  readonly text: string;
}

function request(
  session: ClientHttp2Session,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ":method": method,
      ":path": path,
      ...(body !== undefined && { "content-type": "application/json" }),
    });
    let code = 0;
    let text = "";
    stream.setEncoding("utf8");
    stream.on("response", (headers) => (code = headers[":status"] ?? 0));
    stream.on("data", (chunk: string) => (text += chunk));
    stream.on("end", () => resolve({ code, text }));
    stream.on("error", reject);
    stream.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function expectOk(answer: Promise<Answer>): Promise<void> {
  const { code, text } = await answer;
  if (code >= 300) throw new Error(`${code} ${text}`);
}

async function readyNodes(session: ClientHttp2Session): Promise<number> {
  const { text } = await request(session, "GET", "/api/v1/nodes");
  const { items } = JSON.parse(text) as {
    readonly items: readonly {
      readonly status: { readonly conditions: readonly { type: string; status: string }[] };
    }[];
  };
  return items.filter(({ status }) =>
    status.conditions.some(({ type, status: value }) => type === "Ready" && value === "True"),
  ).length;
}

interface PodVersion {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly status: { readonly phase: string };
}

/** What is known of all pods, as an informer knows it: listed, then watched, listed again when too slow. */
function followPods(session: ClientHttp2Session): {
  readonly running: number;
  readonly gone: number;
} {
  const running = new Set<string>();
  const alive = new Set<string>();
  const seen = new Set<string>();
  const note = ({ metadata: { name }, status }: PodVersion): void => {
    seen.add(name);
    alive.add(name);
    if (status.phase === "Running") running.add(name);
  };
  const list = async (): Promise<void> => {
    const { text } = await request(session, "GET", podsPath);
    const { items, metadata } = JSON.parse(text) as {
      readonly items: readonly PodVersion[];
      readonly metadata: { readonly resourceVersion: string };
    };
    alive.clear();
    for (const pod of items) note(pod);
    watch(metadata.resourceVersion);
  };
  const watch = (from: string): void => {
    let revision = from;
    let rest = "";
    const path = `${podsPath}?watch=true&resourceVersion=${from}`;
    const stream = session.request({ ":path": path });
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const { type, object } = JSON.parse(line) as { type: string; object: PodVersion };
        if (type === "ERROR") return void (revision = "");
        revision = object.metadata.resourceVersion;
        note(object);
        if (type === "DELETED") alive.delete(object.metadata.name);
      }
    });
    stream.on("error", () => {});
    stream.on("close", () => {
      if (session.closed || session.destroyed) return;
      if (revision === "") list().catch(fail);
      else watch(revision);
    });
  };
  list().catch(fail);
  return {
    get running() {
      return running.size;
    },
    get gone() {
      return seen.size - alive.size;
    },
  };
}

function fail(error: unknown): void {
  server.kill("SIGKILL");
  throw error;
}

/** Reads one pod all the time; `stop` answers with how long each read took, ms. */
function startProbe(): { stop(): Promise<readonly number[]> } {
  const probe = new Worker(new URL("live-probe.js", import.meta.url), {
    workerData: {
      ...credentialsOf(),
      path: `${podsPath}/p-0`,
      intervalMs: probeIntervalMs,
    },
  });
  probe.on("error", fail);
  return {
    stop: () =>
      new Promise((resolve) => {
        probe.once("message", resolve);
        probe.postMessage("stop");
      }),
  };
}

/** Calls `act` with 0 to `count` − 1, as many at a time as there are streams. */
async function inParallel(count: number, act: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const workers = Array.from({ length: streams }, async () => {
    while (next < count) await act(next++);
  });
  await Promise.all(workers);
}

function pod(index: number): unknown {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `p-${index}`, labels: { app: "bench" } },
    spec: { containers: [{ name: "main", image: "nginx:1.29" }] },
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(10);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function firstLine(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.once("data", () => resolve());
    child.once("exit", (code) => reject(new Error(`podrace up ended with exit code ${code}`)));
  });
}

function secondsSince(at: number): number {
  return (performance.now() - at) / 1_000;
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
