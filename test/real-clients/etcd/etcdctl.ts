import { spawn } from "node:child_process";
import { findBinary } from "./etcd-server.ts";

/** Where a real etcdctl is: `ETCDCTL_BIN`, the first on PATH, or where Debian puts it. */
const etcdctlBinary = findBinary("etcdctl", process.env["ETCDCTL_BIN"]);

/** Why tests with a real etcdctl are skipped; `undefined` when they are not. */
export const etcdctlSkipReason =
  etcdctlBinary === undefined
    ? "there is no etcdctl: install etcd-client, or set ETCDCTL_BIN to the binary"
    : undefined;

export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningEtcdctl {
  /** What it has printed so far. */
  readonly stdout: string;
  /** Writes to its standard input. */
  type(text: string): void;
  /** Asks it to stop, and settles when it has. */
  interrupt(): Promise<Said>;
  readonly finished: Promise<Said>;
}

/** `etcdctl` bound to one endpoint. */
export function etcdctlAt(url: string, flags: readonly string[] = []) {
  const start = (...args: readonly string[]): RunningEtcdctl => {
    const child = spawn(etcdctlBinary as string, [`--endpoints=${url}`, ...flags, ...args], {
      env: { ...process.env, ETCDCTL_API: "3" },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const finished = new Promise<Said>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, stdout, stderr }));
    });
    return {
      get stdout() {
        return stdout;
      },
      type: (text) => void child.stdin.write(text),
      interrupt: async () => {
        child.kill("SIGINT");
        return finished;
      },
      finished,
    };
  };
  return {
    start,
    /** Runs to the end, with `input` as all of its standard input. */
    run: async (args: readonly string[], input = ""): Promise<Said> => {
      const running = start(...args);
      running.type(input);
      return running.finished;
    },
  };
}
