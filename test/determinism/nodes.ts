/**
 * Is a run the same on every supported Node.js? Runs the stories, inline and on threads, and verifies
 * a live session that this Node.js records, on each of them; anything that differs is an error.
 *
 * Run: npm run test:nodes
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { letChaosLoose } from "../cluster/chaotic-clients.ts";
import { recordSession } from "../cluster/recorded-session.ts";
import type { Histories } from "./histories.ts";
import { nodeBinaries } from "./node-binaries.ts";

const run = promisify(execFile);
const dist = join(import.meta.dirname, "../..");
const program = join(dist, "test/determinism/histories.js");
const podrace = join(dist, "src/cli/main.js");

const nodes = await nodeBinaries();
const folder = await mkdtemp(join(tmpdir(), "podrace-nodes-"));
try {
  const session = join(folder, "session");
  await writeFile(session, await recordedSession());
  const histories: Record<string, Histories> = {};
  for (const node of nodes) {
    const { stdout: version } = await run(node, ["--version"]);
    const { stdout: printed } = await run(node, [program, "0", "1", "2", "4"]);
    const { stdout: verified } = await run(node, [podrace, "verify", session]);
    histories[version.trim()] = JSON.parse(printed) as Histories;
    say(`${version.trim()}  ${verified.trim()}`);
  }
  requireEqual(histories);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function recordedSession(): Promise<string> {
  const options = { nodes: 5, threads: 2, speed: 20 };
  const { journal } = await recordSession(options, async (client) => {
    await letChaosLoose(client, { clients: 8, deeds: 15, seed: 21 });
  });
  return journal;
}

function requireEqual(histories: Readonly<Record<string, Histories>>): void {
  for (const story of Object.keys(Object.values(histories)[0] ?? {})) {
    const ofStory = Object.entries(histories).map(([version, { [story]: digests = {} }]) => ({
      version,
      digests,
    }));
    const distinct = new Set(ofStory.flatMap(({ digests }) => Object.values(digests)));
    if (distinct.size !== 1) {
      throw new Error(`${story} differs: ${JSON.stringify(ofStory, undefined, 2)}`);
    }
    say(`${story}: ${[...distinct].join()}, on each of them, inline and with 1, 2 and 4 threads`);
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
