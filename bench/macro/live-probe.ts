/**
 * Reads one object again and again, on a thread of its own: how long that takes is the server's doing,
 * not that of a client that is busy with a load. Posts the times, ms, when it is told to stop.
 */
import { connect } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";

const { server, path, intervalMs, ...credentials } = workerData as {
  readonly server: string;
  readonly path: string;
  readonly intervalMs: number;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
};

const session = connect(server, credentials);
const latencies: number[] = [];
let stopped = false;
parentPort?.once("message", () => (stopped = true));
while (!stopped) {
  const at = performance.now();
  await read();
  latencies.push(performance.now() - at);
  await sleep(intervalMs);
}
session.close();
parentPort?.postMessage(latencies);

function read(): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":path": path });
    stream.on("data", () => {});
    stream.on("end", resolve);
    stream.on("error", reject);
    stream.end();
  });
}
