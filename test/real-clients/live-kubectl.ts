import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { renderKubeconfig } from "../../src/cli/kubeconfig.ts";
import {
  type LiveCluster,
  type LiveClusterOptions,
  startLiveCluster,
} from "../../src/cluster/live-cluster.ts";
import { type KubectlResult, type KubectlRun, type KubectlVersion, runKubectl } from "./kubectl.ts";

/** A live cluster, and a kubectl whose only context it is. */
export interface LiveKubectl {
  /** What follows `kubectl`: a line that is split at its spaces, or the arguments as they are. */
  (command: string | readonly string[], options?: KubectlOptions): Promise<KubectlResult>;
  /** All that a command prints that is to go well. @throws {Error} If its exit code is not 0. */
  readonly output: (command: string | readonly string[], input?: string) => Promise<string>;
  readonly cluster: () => LiveCluster;
  /** 35 for kubectl 1.35: what it says differs by version, and another may be what there is. */
  readonly minor: () => number;
}

export type KubectlOptions = Pick<KubectlRun, "input" | "folder" | "stopWhen" | "timeoutMs">;

/**
 * Gives the tests of one `describe` a cluster of their own: one worker thread, nodes ready.
 *
 * @param options Time passes 20 times as fast as the clock, unless they say otherwise.
 */
export function liveKubectl(
  version: KubectlVersion,
  options: LiveClusterOptions = {},
): LiveKubectl {
  let cluster: LiveCluster;
  let folder: string;
  let minor: number;

  beforeAll(async () => {
    minor = await minorOf(version);
    cluster = await startLiveCluster({ threads: 1, speed: 20, ...options });
    folder = await mkdtemp(join(tmpdir(), "podrace-live-"));
    await writeFile(join(folder, "config"), renderKubeconfig("live", cluster.address));
  });

  afterAll(async () => {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const kubectl = (command: string | readonly string[], given: KubectlOptions = {}) =>
    runKubectl({
      version,
      kubeconfig: join(folder, "config"),
      args: argumentsOf(command),
      ...given,
    });

  return Object.assign(kubectl, {
    output: async (command: string | readonly string[], input = "") => {
      const { exitCode, stdout, stderr } = await kubectl(command, { input });
      if (exitCode === 0) return stdout + stderr;
      throw new Error(
        `kubectl ${argumentsOf(command).join(" ")} ended with ${exitCode}: ${stderr}`,
      );
    },
    cluster: () => cluster,
    minor: () => minor,
  });
}

/** A manifest, as JSON, which is YAML too. */
export function manifest(object: object): string {
  return `${JSON.stringify(object, undefined, 2)}\n`;
}

/** Since 1.34 kubectl says which namespace it has deleted from. */
export function deleted(minor: number, what: string, how = "deleted"): string {
  return minor >= 34 ? `${what} ${how} from default namespace\n` : `${what} ${how}\n`;
}

function argumentsOf(command: string | readonly string[]): readonly string[] {
  return typeof command === "string" ? command.split(" ") : command;
}

async function minorOf(version: KubectlVersion): Promise<number> {
  const args = ["version", "--client", "-o", "json"];
  const { stdout } = await runKubectl({ version, args });
  const { clientVersion } = JSON.parse(stdout) as { clientVersion: { minor: string } };
  return Number.parseInt(clientVersion.minor, 10);
}
