/**
 * A live cluster under load from another process, in real time, over HTTP/2 and TLS: nodes become
 * ready, pods are posted, run and are deleted, and all the while one pod is read again and again.
 *
 * Run: npm run bench:live -- --nodes 5000 --pods 10000 [--streams 64]
 * Prints one JSON object. The load is that of KWOK's own benchmark; this process is the client.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { type ClientHttp2Session, connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadKubeconfig } from "../../src/cli/load-kubeconfig.ts";

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "5000" },
    pods: { type: "string", default: "10000" },
    streams: { type: "string", default: "64" },
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

  const counts = watchPods(openSession());
  const probe = startProbe(openSession());
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
  const loaded = loadKubeconfig([kubeconfig]);
  const connection = loaded.connection(loaded.currentContext);
  return connect(connection.server, {
    ca: connection.authorityPem,
    cert: connection.clientCertificatePem,
    key: connection.clientKeyPem,
  });
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

/** What a watch of all pods has told so far; one that the server ends goes on where it was. */
function watchPods(session: ClientHttp2Session): {
  readonly running: number;
  readonly gone: number;
} {
  const running = new Set<string>();
  const counts = { running: 0, gone: 0 };
  let revision = "";
  const take = (line: string): void => {
    const { type, object } = JSON.parse(line) as {
      readonly type: string;
      readonly object: PodVersion;
    };
    revision = object.metadata.resourceVersion;
    if (object.status.phase === "Running") running.add(object.metadata.name);
    if (type === "DELETED") counts.gone++;
    counts.running = running.size;
  };
  const watch = (): void => {
    const stream = session.request({
      ":path": `${podsPath}?watch=true&resourceVersion=${revision}`,
    });
    let rest = "";
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) take(line);
    });
    stream.on("error", () => {});
    stream.on("close", watch);
  };
  watch();
  return counts;
}

/** Reads one pod all the time; `stop` answers with how long each read took, ms. */
function startProbe(session: ClientHttp2Session): { stop(): Promise<readonly number[]> } {
  const latencies: number[] = [];
  let stopped = false;
  const reading = (async (): Promise<void> => {
    while (!stopped) {
      const at = performance.now();
      await request(session, "GET", `${podsPath}/p-0`);
      latencies.push(performance.now() - at);
      await sleep(probeIntervalMs);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await reading;
      return latencies;
    },
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
