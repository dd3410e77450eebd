import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { traceOf } from "../../cluster/admin-handler.ts";
import type { LiveCluster } from "../../cluster/live-cluster.ts";
import { wallClock } from "../../kernel/wall-clock.ts";
import { PodStoryTeller } from "../../report/pod-story-teller.ts";
import { CliError, exitCode } from "../cli-error.ts";
import { renderKubeconfig } from "../kubeconfig.ts";
import { kubectl } from "../kubectl/kubectl.ts";
import type { Terminal } from "../terminal.ts";
import type { CommandEnvironment } from "./commands.ts";

const pod = "my-nginx";
const subject = `pods/default/${pod}`;

/** How often the story is looked at while it happens, ms. */
const lookEveryMs = 25;
/** The story takes about two seconds; when this is over, something is wrong, ms. */
const patienceMs = 60_000;

/** `podrace story`: one pod from a request to running containers, as it happens. */
export function addStory(program: Command, environment: CommandEnvironment): void {
  program
    .command("story")
    .description("start a cluster of 3 nodes, run a pod, tell its story, delete it, and end")
    .action(async () => environment.finish(await story(environment.terminal)));
}

async function story(terminal: Terminal): Promise<number> {
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  const { startLiveCluster } = await import("../../cluster/live-cluster.ts");
  terminal.progress("Starting a cluster of 3 nodes, their kubelets on worker threads …\n");
  const cluster = await startLiveCluster({ nodes: 3 });
  let failure: Error | undefined;
  void cluster.failed.then((error) => {
    failure = error;
    interrupt.abort();
  });
  const folder = await mkdtemp(join(tmpdir(), "podrace-story-"));
  try {
    const kubeconfig = join(folder, "kubeconfig");
    await writeFile(kubeconfig, renderKubeconfig("story", cluster.address), { mode: 0o600 });
    const shell = (args: readonly string[]): Promise<void> =>
      runKubectl(terminal, interrupt.signal, kubeconfig, args);
    await shell(["get", "nodes", "-o", "wide"]);
    await shell(["run", pod, "--image", "nginx"]);
    await tell(terminal, cluster, interrupt.signal);
    await shell(["get", "pods"]);
    await shell(["delete", "pod", pod]);
    return exitCode.ok;
  } catch (error) {
    if (failure !== undefined) throw failure;
    if (interrupt.signal.aborted) return exitCode.interrupted;
    throw error;
  } finally {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Prints each step when it happens, until the containers run. */
async function tell(
  terminal: Terminal,
  cluster: LiveCluster,
  interrupted: AbortSignal,
): Promise<void> {
  const teller = new PodStoryTeller();
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += lookEveryMs) {
    const { facts } = traceOf(cluster.cluster, subject);
    for (const line of teller.newLines(facts)) terminal.result(`${line}\n`);
    if (facts.some(({ kind, data }) => kind === "stored" && data["phase"] === "Running")) {
      terminal.result("\n");
      return;
    }
    await sleep(lookEveryMs, undefined, { signal: interrupted });
  }
  throw new CliError(`${pod} does not run after ${patienceMs / 1_000} s`, {
    exitCode: exitCode.timedOut,
  });
}

async function runKubectl(
  terminal: Terminal,
  interrupted: AbortSignal,
  kubeconfig: string,
  args: readonly string[],
): Promise<void> {
  terminal.result(`$ kubectl ${args.join(" ")}\n`);
  const code = await kubectl(args, {
    out: (text) => terminal.result(text),
    err: (text) => terminal.warning(text.trimEnd()),
    readStdin: () => Promise.resolve(""),
    env: { ...process.env, KUBECONFIG: kubeconfig },
    interrupted,
    nowUs: () => wallClock.nowUs(),
  });
  interrupted.throwIfAborted();
  if (code !== 0) throw new CliError(`kubectl ${args.join(" ")} ended with exit code ${code}`);
  terminal.result("\n");
}
