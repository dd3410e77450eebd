import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** Where a real etcd is: `ETCD_BIN`, the first on PATH, or where Debian puts it. */
export const etcdBinary = findBinary("etcd", process.env["ETCD_BIN"]);

/** Why tests with a real etcd are skipped; `undefined` when they are not. */
export const etcdSkipReason =
  etcdBinary === undefined
    ? "there is no etcd: install etcd-server, or set ETCD_BIN to the binary"
    : undefined;

export interface EtcdServerOptions {
  /** More arguments, e.g. of TLS. */
  readonly args?: readonly string[];
  readonly scheme?: "http" | "https";
  /** Whether what is written reaches the disk, so that a killed etcd has it. Default false. */
  readonly isDurable?: boolean;
}

/** A real etcd of one member in a directory of its own, which may die and come back. */
export class EtcdServer {
  readonly url: string;
  readonly port: number;
  readonly #directory = mkdtempSync(join(tmpdir(), "podrace-etcd-"));
  readonly #peerPort: number;
  readonly #options: EtcdServerOptions;
  #process: ChildProcess | undefined;

  constructor(port: number, peerPort: number, options: EtcdServerOptions) {
    this.port = port;
    this.#peerPort = peerPort;
    this.#options = options;
    this.url = `${options.scheme ?? "http"}://127.0.0.1:${port}`;
  }

  static async start(options: EtcdServerOptions = {}): Promise<EtcdServer> {
    const [port, peerPort] = await freePorts(2);
    const server = new EtcdServer(port as number, peerPort as number, options);
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    const peer = `http://127.0.0.1:${this.#peerPort}`;
    const settings = {
      "data-dir": this.#directory,
      name: "one",
      "listen-client-urls": this.url,
      "advertise-client-urls": this.url,
      "listen-peer-urls": peer,
      "initial-advertise-peer-urls": peer,
      "initial-cluster": `one=${peer}`,
      "heartbeat-interval": "10",
      "election-timeout": "100",
      logger: "zap",
      "log-outputs": "stderr",
      "log-level": "info",
    };
    const args = [
      ...Object.entries(settings).map(([name, setting]) => `--${name}=${setting}`),
      ...(this.#options.isDurable === true ? [] : ["--unsafe-no-fsync"]),
      ...(this.#options.args ?? []),
    ];
    const child = spawn(etcdBinary as string, args, { stdio: ["ignore", "ignore", "pipe"] });
    this.#process = child;
    let log = "";
    await new Promise<void>((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`etcd ended with ${code}: ${log}`)));
      child.once("error", reject);
      child.stderr.on("data", (chunk: Buffer) => {
        if (log.length < 100_000) log += chunk.toString();
        if (/serving (insecure )?client/.test(log)) resolve();
      });
    });
  }

  /** As the machine would, when it runs out of memory. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  /** Stops answering without dropping a connection, until `resume`. */
  pause(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
  }

  async close(): Promise<void> {
    this.resume();
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** A binary by its own variable, on PATH, or in a folder that PATH may lack. */
export function findBinary(name: string, given: string | undefined): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin", "/usr/local/bin"];
  const candidates = given ? [given] : folders.map((folder) => join(folder, name));
  return candidates.find((path) => existsSync(path) && runs(path));
}

/** Ports that are free now. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (typeof address === "object" && address !== null) ports.push(address.port);
  }
  for (const server of servers) {
    server.close();
    await once(server, "close");
  }
  return ports;
}

function runs(path: string): boolean {
  try {
    execFileSync(path, path.endsWith("ctl") ? ["version"] : ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
