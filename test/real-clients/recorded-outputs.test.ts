import { readFileSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LiveKubectl, liveKubectl } from "./live-kubectl.ts";
import { kubectlVersions } from "./kubectl.ts";

interface Answer {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Recorded extends Answer {
  readonly command: string;
  /** What other versions answered. */
  readonly variants?: readonly (Answer & { readonly clients: readonly string[] })[];
}

const vectors = join(import.meta.dirname, "vectors");
const recorded = readFileSync(join(vectors, "recorded-outputs.jsonl"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Recorded);

/** Manifests are named by path in what kubectl says, so it has to run where they are. */
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "podrace-manifests-"));
  await cp(join(vectors, "manifests"), folder, { recursive: true });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(kubectlVersions)("kubectl %s", (version) => {
  const kubectl = liveKubectl(version, { nodes: 2 });

  test("says and exits as it did when it was recorded, one command after another", async () => {
    const told: object[] = [];
    const expected: object[] = [];
    for (const { command, ...answers } of recorded) {
      const answer = await kubectl(wordsOf(command), { folder });
      told.push({ command, ...evened(answer) });
      expected.push({ command, ...evened(answerOf(answers, kubectl.minor())) });
      await settle(kubectl, command);
    }

    expect(told).toEqual(expected);
  });
});

/** The words of a command line with quotes in it. */
function wordsOf(command: string): readonly string[] {
  const words = command.match(/(?:[^\s'"]+|'[^']*'|"[^"]*")+/g) ?? [];
  return words.map((word) => word.replaceAll(/['"]/g, ""));
}

function answerOf({ variants = [], ...answer }: Omit<Recorded, "command">, minor: number): Answer {
  return variants.find(({ clients }) => clients.includes(`1.${minor}`)) ?? answer;
}

/** Without what no two runs have in common: ages, addresses, nodes, times, revisions and UIDs. */
function evened({ exitCode, stdout, stderr }: Answer): Answer {
  return { exitCode, stdout: even(stdout), stderr: even(stderr) };
}

function even(text: string): string {
  return text
    .replaceAll(/\b\d+\.\d+\.\d+\.\d+(:\d+)?\b/g, "ADDRESS")
    .replaceAll(/\b\d{4}-\d\d-\d\dT[\d:]+Z/g, "TIME")
    .replaceAll(/\b(\d+h)?(\d+m)?\d+[smh]\b/g, "AGE")
    .replaceAll(/\bnode-\d\b/g, "NODE")
    .replaceAll(/(uid: |resourceVersion: ).*/g, "$1…")
    .replaceAll(/  +/g, "  ");
}

/** A recording was made at leisure: pods ran before the next command. */
async function settle(kubectl: LiveKubectl, command: string): Promise<void> {
  if (!/^(?:run my-nginx|apply -f pod)/.test(command)) return;
  await kubectl("wait --for=condition=Ready pods --all --timeout=20s");
}
