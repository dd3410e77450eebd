import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll } from "vitest";

const main = resolve(import.meta.dirname, "../../dist/src/cli/main.js");

export interface PodraceOptions {
  /** Besides PATH, a HOME of the test file's own, and that stores are checked: no more otherwise. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads on standard input. */
  readonly input?: string;
  /** Where it runs; default: its HOME. */
  readonly folder?: string;
}

export interface PodraceResult {
  /** `null` if a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A podrace that runs: the compiled one, as a process of its own. */
export interface RunningPodrace {
  /** Settles when what it has printed so far, on both streams, matches. @throws {Error} If it ends before. */
  printed(pattern: RegExp): Promise<string>;
  interrupt(signal?: NodeJS.Signals): void;
  readonly ended: Promise<PodraceResult>;
}

/** Runs podrace to its end. */
export async function podrace(
  args: readonly string[],
  options: PodraceOptions = {},
): Promise<PodraceResult> {
  return (await startPodrace(args, options)).ended;
}

/** Starts podrace; what is still running when the tests of the file are over is killed. */
export async function startPodrace(
  args: readonly string[],
  { env = {}, input = "", folder }: PodraceOptions = {},
): Promise<RunningPodrace> {
  const home = await privateHome();
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder ?? home,
    env: { PATH: process.env["PATH"], HOME: home, PODRACE_CHECK_STORE: "1", ...env },
  });
  running.add(child);
  child.stdin.on("error", () => {
    // It may end without reading its input.
  });
  child.stdin.end(input);
  return new Running(child);
}

class Running implements RunningPodrace {
  readonly ended: Promise<PodraceResult>;
  readonly #child: ChildProcess;
  #stdout = "";
  #stderr = "";
  #look: () => void = () => {};

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      this.#look();
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#look();
    });
    this.ended = new Promise((fulfil, reject) => {
      child.once("error", reject);
      child.once("close", (exitCode, signal) => {
        running.delete(child);
        fulfil({ exitCode, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  printed(pattern: RegExp): Promise<string> {
    return new Promise((fulfil, reject) => {
      this.#look = () => {
        const [found] = pattern.exec(this.#stdout + this.#stderr) ?? [];
        if (found !== undefined) fulfil(found);
      };
      void this.ended.then(({ exitCode, stderr }) =>
        reject(new Error(`podrace ended with ${exitCode} before it printed ${pattern}: ${stderr}`)),
      );
      this.#look();
    });
  }

  interrupt(signal: NodeJS.Signals = "SIGINT"): void {
    this.#child.kill(signal);
  }
}

const running = new Set<ChildProcess>();
let home: Promise<string> | undefined;

/** A folder for the test file, which is also podrace's HOME. */
export function privateHome(): Promise<string> {
  home ??= mkdtemp(join(tmpdir(), "podrace-home-"));
  return home;
}

afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  if (home) await rm(await home, { recursive: true, force: true });
});
