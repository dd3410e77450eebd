/**
 * Cold start of `podrace up --nodes 10`, from spawning the process to an answered
 * `GET /api/v1/nodes` in which every node is Ready, as a ratio to `node -e 0` on the same machine;
 * and the resident memory of the process then.
 *
 * Run: npm run bench:start. Prints one JSON object. Runs of both are interleaved, and the medians
 * compared, since machines are noisy.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadKubeconfig } from "../../src/cli/load-kubeconfig.ts";

const runs = Number(process.argv[2] ?? 9);
const nodes = 10;
const main = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "podrace-bench-"));

interface NodeList {
  readonly items: readonly { readonly status: { readonly conditions: readonly Condition[] } }[];
}

interface Condition {
  readonly type: string;
  readonly status: string;
}

const startMs: number[] = [];
const emptyMs: number[] = [];
const residentMb: number[] = [];
try {
  for (let run = 0; run < runs; run++) {
    emptyMs.push(timed(() => execFileSync(process.execPath, ["-e", "0"])));
    const { ms, mb } = await startOnce(join(folder, `kubeconfig-${run}`));
    startMs.push(ms);
    residentMb.push(mb);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const ratio = median(startMs) / median(emptyMs);
process.stdout.write(
  `${JSON.stringify({
    benchmark: "start",
    node: process.version,
    runs,
    nodes,
    startMs: Math.round(median(startMs)),
    emptyNodeMs: Math.round(median(emptyMs)),
    ratio: Number(ratio.toFixed(1)),
    ratioAim: 15,
    residentMb: Math.round(median(residentMb)),
    residentMbAim: 150,
  })}\n`,
);

async function startOnce(kubeconfig: string): Promise<{ ms: number; mb: number }> {
  const startedAt = performance.now();
  const args = ["up", "--nodes", String(nodes), "--port", "0", "--kubeconfig", kubeconfig];
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    await firstLine(child);
    const { items } = await listNodes(kubeconfig);
    const ready = items.filter(({ status }) =>
      status.conditions.some(({ type, status: value }) => type === "Ready" && value === "True"),
    );
    if (ready.length !== nodes) throw new Error(`${ready.length} of ${nodes} nodes are ready`);
    return { ms: performance.now() - startedAt, mb: residentMegabytes(child.pid as number) };
  } finally {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGINT");
    await ended;
  }
}

function firstLine(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.once("data", () => resolve());
    child.once("exit", (code) => reject(new Error(`podrace up ended with exit code ${code}`)));
  });
}

function listNodes(kubeconfig: string): Promise<NodeList> {
  const loaded = loadKubeconfig([kubeconfig]);
  const { server, authorityPem, clientCertificatePem, clientKeyPem } = loaded.connection(
    loaded.currentContext,
  );
  const credentials = { ca: authorityPem, cert: clientCertificatePem, key: clientKeyPem };
  return new Promise((resolve, reject) => {
    get(`${server}/api/v1/nodes`, { ...credentials, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve(JSON.parse(text) as NodeList));
    }).on("error", reject);
  });
}

function residentMegabytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  } catch {
    return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)]).toString()) / 1024;
  }
}

function timed(act: () => void): number {
  const startedAt = performance.now();
  act();
  return performance.now() - startedAt;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
